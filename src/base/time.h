// Time as a value, and the one interface by which a program learns it. Pure layers are given a
// Time; they never ask for one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace seaworthy {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Wall-clock time, UTC, millisecond resolution. Only for what other machines read (tokens,
// certificates, Kubernetes timestamps).
class Time {
 public:
  constexpr Time() = default;
  static constexpr Time from_unix(seconds since_epoch) {
    return Time(std::chrono::duration_cast<milliseconds>(since_epoch));
  }
  static constexpr Time from_unix_millis(milliseconds since_epoch) { return Time(since_epoch); }

  constexpr seconds unix_seconds() const { return std::chrono::floor<seconds>(since_epoch_); }
  constexpr milliseconds unix_millis() const { return since_epoch_; }

  constexpr Time operator+(milliseconds d) const { return Time(since_epoch_ + d); }
  constexpr Time operator-(milliseconds d) const { return Time(since_epoch_ - d); }
  constexpr milliseconds operator-(Time other) const { return since_epoch_ - other.since_epoch_; }
  constexpr auto operator<=>(const Time&) const = default;

  // RFC 3339 in UTC with whole seconds, as Kubernetes' metav1.Time: "2026-11-24T13:34:00Z".
  std::string rfc3339() const;
  // With microseconds, as Kubernetes' MicroTime: "2026-11-24T13:34:00.000000Z".
  std::string rfc3339_micro() const;
  // Any RFC 3339 instant between years 1970 and 9999, with fraction and zone; finer than a
  // millisecond is cut off. kMalformed otherwise.
  static Result<Time> parse_rfc3339(std::string_view text);

 private:
  constexpr explicit Time(milliseconds since_epoch) : since_epoch_(since_epoch) {}
  milliseconds since_epoch_{0};
};

// A point on a clock that never goes back and does not stop in suspend. For deadlines and
// intervals inside one process; means nothing to another.
using Monotonic = std::chrono::time_point<std::chrono::steady_clock, milliseconds>;

// Thread-safe. The real one is in runtime/; tests use a FakeClock and never sleep.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Monotonic monotonic() const = 0;
};

// When an operation has to be over, on the monotonic clock.
using Deadline = Monotonic;

}  // namespace seaworthy
