// The machine's clocks.
#pragma once

#include "base/time.h"

namespace seaworthy::runtime {

// now() is the wall clock; monotonic() is Linux' CLOCK_BOOTTIME, which goes on in suspend. Its
// values must not be mixed with those of std::chrono::steady_clock::now(), which does not: wait
// for differences, never until points.
class SystemClock final : public Clock {
 public:
  Time now() const override;
  Monotonic monotonic() const override;
};

}  // namespace seaworthy::runtime
