#include "base/error.h"

namespace seaworthy {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return "Malformed";
    case ErrorCode::kUnsupported:
      return "Unsupported";
    case ErrorCode::kNotFound:
      return "NotFound";
    case ErrorCode::kDenied:
      return "Denied";
    case ErrorCode::kConflict:
      return "Conflict";
    case ErrorCode::kUnavailable:
      return "Unavailable";
    case ErrorCode::kDeadline:
      return "Deadline";
    case ErrorCode::kCancelled:
      return "Cancelled";
    case ErrorCode::kInternal:
      return "Internal";
  }
  return "Unknown";
}

bool retryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConflict:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadline:
    case ErrorCode::kCancelled:
    case ErrorCode::kInternal:
      return true;
    case ErrorCode::kMalformed:
    case ErrorCode::kUnsupported:
    case ErrorCode::kNotFound:
    case ErrorCode::kDenied:
      return false;
  }
  return false;
}

Error Error::in(std::string_view context) && {
  message_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

}  // namespace seaworthy
