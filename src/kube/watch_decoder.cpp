#include "kube/watch_decoder.h"

namespace seaworthy::kube {

Result<WatchMessage> parse_watch_line(std::string_view line) {
  Json message = TRY(codec::parse_json(line, {.max_bytes = kMaxWatchEventBytes, .max_depth = 100}));
  if (!message.is_object()) {
    return malformed("watch event: not an object");
  }
  const auto type = message.find("type");
  const auto object = message.find("object");
  if (type == message.end() || !type->is_string() || object == message.end() ||
      !object->is_object()) {
    return malformed("watch event: needs a string `type` and an object `object`");
  }
  const auto& text = type->get_ref<const std::string&>();
  if (text == "ERROR") {
    return WatchMessage(status_of(*object));
  }
  WatchEvent event;
  if (text == "ADDED") {
    event.type = WatchEvent::Type::kAdded;
  } else if (text == "MODIFIED") {
    event.type = WatchEvent::Type::kModified;
  } else if (text == "DELETED") {
    event.type = WatchEvent::Type::kDeleted;
  } else if (text == "BOOKMARK") {
    event.type = WatchEvent::Type::kBookmark;
  } else {
    return malformed("watch event: unknown type " + codec::to_json_text(Json(text.substr(0, 64))));
  }
  event.object = std::move(*object);
  return WatchMessage(std::move(event));
}

Result<http::Flow> WatchDecoder::feed(std::string_view chunk, const Sink& sink) {
  while (!chunk.empty()) {
    const std::size_t end = chunk.find('\n');
    const std::string_view piece = chunk.substr(0, end);
    if (rest_.size() + piece.size() > kMaxWatchEventBytes) {
      return malformed("watch event: longer than " + std::to_string(kMaxWatchEventBytes) +
                       " bytes");
    }
    if (end == std::string_view::npos) {
      rest_.append(piece);
      return http::Flow::kContinue;
    }
    chunk.remove_prefix(end + 1);
    std::string whole;
    std::string_view line = piece;
    if (!rest_.empty()) {
      whole = std::move(rest_);
      rest_.clear();
      whole.append(piece);
      line = whole;
    }
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) {
      continue;
    }
    auto message = TRY(parse_watch_line(line));
    if (TRY(sink(std::move(message))) == http::Flow::kStop) {
      return http::Flow::kStop;
    }
  }
  return http::Flow::kContinue;
}

}  // namespace seaworthy::kube
