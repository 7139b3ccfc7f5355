// Repeatable bytes that never repeat: a counter through a mixing function.
#pragma once

#include "base/mutex.h"
#include "base/random.h"

namespace seaworthy::testing {

class FakeRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    MutexLock lock(mutex_);
    for (std::uint8_t& byte : out) {
      // splitmix64
      std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      byte = static_cast<std::uint8_t>(z ^ (z >> 31));
    }
  }

 private:
  Mutex mutex_;
  std::uint64_t state_ GUARDED_BY(mutex_) = 0;
};

}  // namespace seaworthy::testing
