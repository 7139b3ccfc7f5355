// The kernel's random number generator.
#pragma once

#include "base/random.h"

namespace seaworthy::runtime {

// getrandom(2): waits until the kernel's generator is seeded, once after boot; never weak.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace seaworthy::runtime
