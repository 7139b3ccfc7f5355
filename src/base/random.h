// The one interface by which a program gets randomness. The real one (runtime/) is a CSPRNG;
// pure layers never see it.
#pragma once

#include <span>

#include "base/bytes.h"

namespace seaworthy {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  // Fills all of `out` with bytes fit for keys and nonces. Does not fail: a system that cannot
  // give randomness stops the program.
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Bytes bytes(std::size_t n) {
    Bytes out(n);
    fill(out);
    return out;
  }
};

}  // namespace seaworthy
