// Invariants of our own code. A broken one is a bug, never the fault of input: the program says
// where and stops, in release builds too, because going on would decide on a false basis.
#pragma once

namespace seaworthy {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace seaworthy

#define SEAWORTHY_CHECK(condition)                               \
  do {                                                           \
    if (!(condition)) {                                          \
      ::seaworthy::check_failed(#condition, __FILE__, __LINE__); \
    }                                                            \
  } while (false)
