#include "files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace seaworthy::cli {

Result<Bytes> read_input(const std::string& path, std::size_t max_bytes) {
  using File = std::unique_ptr<std::FILE, void (*)(std::FILE*)>;
  const bool standard_input = path == "-";
  const File file(standard_input ? stdin : std::fopen(path.c_str(), "rbe"), [](std::FILE* f) {
    if (f != stdin) {
      std::fclose(f);
    }
  });
  const std::string shown = standard_input ? "standard input" : path;
  if (!file) {
    return not_found("cannot open " + shown + ": " + std::strerror(errno));
  }
  Bytes bytes;
  std::array<std::uint8_t, 65536> part{};
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), file.get())) {
    append(bytes, ByteSpan(part).first(n));
    if (bytes.size() > max_bytes) {
      return malformed(shown + " at byte " + std::to_string(max_bytes) +
                       ": larger than the limit of " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return not_found("cannot read " + shown + ": " + std::strerror(errno));
  }
  return bytes;
}

}  // namespace seaworthy::cli
