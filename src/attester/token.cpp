#include "attester/token.h"

#include <utility>

#include "attester/files.h"

namespace seaworthy::attester {

TokenSource token_file(std::string path) {
  return [path = std::move(path)]() -> Result<std::string> {
    const Bytes bytes = TRY(read_bounded(path, kMaxTokenBytes));
    std::string_view text = as_text(bytes);
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
      return malformed("the token file " + path + " is empty");
    }
    text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
    if (text.find_first_of(kSpace) != std::string_view::npos) {
      return malformed("the token file " + path + " holds more than a token");
    }
    return std::string(text);
  };
}

}  // namespace seaworthy::attester
