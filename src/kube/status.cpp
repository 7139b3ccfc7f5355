#include "kube/status.h"

namespace seaworthy::kube {
namespace {

constexpr std::size_t kMaxMessage = 2'000;  // of a server's words that we repeat
constexpr int kMaxRetrySeconds = 3'600;

std::string text_in(const Json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>().substr(0, kMaxMessage) : "";
}

}  // namespace

Status status_of(const Json& object) {
  Status status;
  if (!object.is_object()) {
    return status;
  }
  status.reason = text_in(object, "reason");
  status.message = text_in(object, "message");
  if (const auto code = object.find("code"); code != object.end() && code->is_number_integer()) {
    const auto value = code->get<std::int64_t>();
    status.code = value >= 100 && value < 600 ? static_cast<int>(value) : 0;
  }
  const auto details = object.find("details");
  if (details == object.end() || !details->is_object()) {
    return status;
  }
  if (const auto retry = details->find("retryAfterSeconds");
      retry != details->end() && retry->is_number_integer()) {
    const auto value = retry->get<std::int64_t>();
    if (value > 0) {
      status.retry_after = std::chrono::seconds(std::min<std::int64_t>(value, kMaxRetrySeconds));
    }
  }
  if (const auto causes = details->find("causes"); causes != details->end() && causes->is_array()) {
    for (const Json& cause : *causes) {
      if (!cause.is_object()) {
        continue;
      }
      status.rv_too_large |= text_in(cause, "reason") == "ResourceVersionTooLarge";
      status.other_uid |= text_in(cause, "field") == "metadata.uid";
    }
  }
  return status;
}

Status status_of(const http::Response& response) {
  Status status;
  if (auto body = codec::parse_json(response.body, {.max_bytes = 1 << 20}); body) {
    status = status_of(*body);
  }
  status.code = response.status;  // the body's own code may be missing or another
  if (response.retry_after) {
    status.retry_after = response.retry_after;
  }
  return status;
}

ErrorCode error_code(int http_status) {
  switch (http_status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return ErrorCode::kMalformed;
    case 401:
    case 403:
    case 405:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
    case 410:
    case 412:
      return ErrorCode::kConflict;
    case 504:
      return ErrorCode::kDeadline;
    default:
      return ErrorCode::kUnavailable;  // 408, 429, 5xx, and what a proxy may invent
  }
}

Error to_error(const Status& status, std::string_view what) {
  std::string message(what);
  message.append(": ");
  if (!status.message.empty()) {
    message.append(status.message).append(" ");
  }
  message.append("(").append(std::to_string(status.code)).append(" ");
  message.append(status.reason.empty() ? http::reason_phrase(status.code) : status.reason);
  message.append(")");
  // A patch with another UID is 422 "field is immutable" (a delete: 409); it means the same.
  const bool conflict = status.code == 422 && status.other_uid;
  return {conflict ? ErrorCode::kConflict : error_code(status.code), std::move(message)};
}

std::optional<NotNow> not_now(const Status& status) {
  if (status.code == 410 || status.reason == "Expired" || status.reason == "Gone" ||
      status.rv_too_large) {
    return NotNow{NotNow::Why::kExpired, status.retry_after, status.message};
  }
  if (status.code == 429 || (status.code == 503 && status.retry_after)) {
    return NotNow{NotNow::Why::kBusy, status.retry_after, status.message};
  }
  return std::nullopt;
}

}  // namespace seaworthy::kube
