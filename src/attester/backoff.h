// How long to wait before trying again.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/random.h"

namespace seaworthy::attester {

// Doubles from 1 s to 30 s; each delay is drawn from its upper half, so that nodes that failed
// together do not come back together. 30 s, because verdicts live for minutes only.
class Backoff {
 public:
  using Millis = std::chrono::milliseconds;
  static constexpr Millis kFirst{1'000};
  static constexpr Millis kMost{30'000};
  static constexpr std::chrono::seconds kMostAsked{
      300};  // however long the peer would have us wait

  explicit Backoff(Random& random) : random_(random) {}

  // `at_least` is what the peer asked for (Retry-After).
  Millis next(std::optional<std::chrono::seconds> at_least = {}) {
    const Millis delay = jittered(current_);
    current_ = std::min(current_ * 2, kMost);
    return at_least ? std::max<Millis>(delay, std::min(*at_least, kMostAsked)) : delay;
  }
  void reset() { current_ = kFirst; }

  // Uniform in [whole / 2, whole].
  Millis jittered(Millis whole) {
    const Bytes draw = random_.bytes(2);
    const auto part = static_cast<Millis::rep>(draw[0] << 8 | draw[1]);
    return whole / 2 + Millis((whole / 2).count() * part / 0xFFFF);
  }

 private:
  Random& random_;
  Millis current_ = kFirst;
};

}  // namespace seaworthy::attester
