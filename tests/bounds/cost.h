// What a piece of work costs, counted and not timed: the same on every machine, however busy.
#pragma once

#include <cstddef>
#include <functional>

namespace seaworthy::bounds {

struct Cost {
  std::size_t peak = 0;         // bytes on the heap at once, beyond those there before
  std::size_t allocated = 0;    // bytes in all
  std::size_t allocations = 0;  // calls
  std::size_t steps = 0;        // branches of the parsers' own code
  std::size_t hashed = 0;       // bytes
};

// By operator new, and by OpenSSL. What happens only once (what OpenSSL looks up) has to be paid
// before. One thread only.
Cost cost_of(const std::function<void()>& work);

// The stack that `work` uses, in bytes.
std::size_t stack_of(const std::function<void()>& work);

}  // namespace seaworthy::bounds
