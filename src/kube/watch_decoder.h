// The body of a WATCH: one JSON object {"type", "object"} after another, one per line, in pieces
// cut anywhere. Spec: Kubernetes API 1.36, metav1.WatchEvent.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "kube/client.h"
#include "kube/status.h"

namespace seaworthy::kube {

inline constexpr std::size_t kMaxWatchEventBytes = 8 << 20;  // etcd objects are below 1.5 MiB

// An event, or the Status of an ERROR event (after which the server says nothing more).
using WatchMessage = std::variant<WatchEvent, Status>;

// Parses one line. kMalformed: not JSON, not such an object, or an unknown type.
Result<WatchMessage> parse_watch_line(std::string_view line);

// Cuts the stream into lines. Keeps at most one unfinished line.
class WatchDecoder {
 public:
  using Sink = std::function<Result<http::Flow>(WatchMessage)>;

  // kStop if the sink said so. kMalformed: a line that is too long or does not parse; what the
  // sink failed with. Then the stream is of no use any more.
  Result<http::Flow> feed(std::string_view chunk, const Sink& sink);
  bool in_the_middle() const { return !rest_.empty(); }

 private:
  std::string rest_;
};

}  // namespace seaworthy::kube
