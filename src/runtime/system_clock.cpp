#include "runtime/system_clock.h"

#include <ctime>

#include "base/check.h"

namespace seaworthy::runtime {
namespace {

milliseconds read(clockid_t id) {
  timespec ts{};
  SEAWORTHY_CHECK(clock_gettime(id, &ts) == 0);
  return std::chrono::duration_cast<milliseconds>(seconds(ts.tv_sec) +
                                                  std::chrono::nanoseconds(ts.tv_nsec));
}

}  // namespace

Time SystemClock::now() const {
  return Time::from_unix_millis(read(CLOCK_REALTIME));
}

Monotonic SystemClock::monotonic() const {
  return Monotonic(read(CLOCK_BOOTTIME));
}

}  // namespace seaworthy::runtime
