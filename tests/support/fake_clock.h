// A clock that stands still until a test moves it.
#pragma once

#include "base/mutex.h"
#include "base/time.h"

namespace seaworthy::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = Time::from_unix(seconds(1'800'000'000))) : now_(start) {}

  Time now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  Monotonic monotonic() const override {
    MutexLock lock(mutex_);
    return Monotonic(now_.unix_millis());
  }
  void advance(milliseconds by) {
    MutexLock lock(mutex_);
    now_ = now_ + by;
  }

 private:
  mutable Mutex mutex_;
  Time now_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::testing
