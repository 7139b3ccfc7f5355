// "I could not find out": why an operation has no result. What was found out and is bad is a
// finding (verify/findings.h), never an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seaworthy {

// The code says what the caller should do next; the message says what happened, for a person.
enum class ErrorCode : std::uint8_t {
  kMalformed,    // the input breaks its own format or a limit; never retry
  kUnsupported,  // well-formed, but nothing this build knows
  kNotFound,
  kDenied,
  kConflict,     // somebody else wrote first: read again
  kUnavailable,  // ask again later
  kDeadline,
  kCancelled,  // ask again, but only if we still run
  kInternal,   // our bug; counted and alerted on
};

std::string_view name(ErrorCode code);

// The only place that decides on retry.
bool retryable(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with "context: " in front, to say where we were.
  Error in(std::string_view context) &&;

 private:
  ErrorCode code_;
  std::string message_;
};

inline Error malformed(std::string message) {
  return {ErrorCode::kMalformed, std::move(message)};
}
inline Error unsupported(std::string message) {
  return {ErrorCode::kUnsupported, std::move(message)};
}
inline Error not_found(std::string message) {
  return {ErrorCode::kNotFound, std::move(message)};
}
inline Error unavailable(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}
inline Error internal_error(std::string message) {
  return {ErrorCode::kInternal, std::move(message)};
}

}  // namespace seaworthy
