// What tests against a real API server need: real time and real randomness.
#pragma once

#include <fstream>

#include "base/random.h"
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

class RealRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    std::ifstream("/dev/urandom", std::ios::binary)
        .read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  }
};

}  // namespace seaworthy::testing
