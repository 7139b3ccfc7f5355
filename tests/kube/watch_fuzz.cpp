// The body of a WATCH, cut where the input says: no crash, no unbounded memory, and the cuts make
// no difference.
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "kube/watch_decoder.h"

namespace {

using seaworthy::kube::WatchMessage;

// The number of messages, and whether the stream was refused.
std::pair<std::size_t, bool> decode(std::string_view text, std::size_t step) {
  seaworthy::kube::WatchDecoder decoder;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    auto flow = decoder.feed(piece, [&](WatchMessage) {
      ++count;
      return seaworthy::Result<seaworthy::http::Flow>(seaworthy::http::Flow::kContinue);
    });
    if (!flow) {
      return {count, true};
    }
  }
  return {count, false};
}

}  // namespace

void fuzz(seaworthy::ByteSpan input) {
  const std::string_view text = seaworthy::as_text(input);
  if (decode(text, 1) != decode(text, text.size() + 1)) {
    std::abort();
  }
}
