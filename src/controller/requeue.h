// When a reconciler wants to see the same object again although nothing happens.
#pragma once

#include <optional>

#include "base/time.h"

namespace seaworthy::controller {

struct Requeue {
  std::optional<Time> when;

  static Requeue never() { return {}; }
  static Requeue at(std::optional<Time> when) { return {when}; }
};

// The earlier of two times, either of which may be missing.
inline std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return *a < *b ? a : b;
}

}  // namespace seaworthy::controller
