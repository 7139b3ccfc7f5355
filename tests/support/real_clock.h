// The machine's clock, for tests with real sockets and threads. Everything else takes a FakeClock.
#pragma once

#include "base/time.h"

namespace seaworthy::testing {

class RealClock final : public Clock {
 public:
  Time now() const override {
    return Time::from_unix_millis(std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch()));
  }
  Monotonic monotonic() const override {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::steady_clock::now());
  }
};

}  // namespace seaworthy::testing
