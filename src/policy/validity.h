// When reference values count.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace seaworthy::policy {

// Whether a set counts at some time.
enum class Window : std::uint8_t { kNotYet, kOpen, kRetired };

struct Validity {
  std::optional<Time> not_before = {}, retire_after = {};
  bool found_unused = false;  // retired early: api::ReferenceValueSet::found_unused()

  Window window(Time now) const {
    return not_before && now < *not_before                          ? Window::kNotYet
           : found_unused || (retire_after && now >= *retire_after) ? Window::kRetired
                                                                    : Window::kOpen;
  }
  bool in_force(Time now) const { return window(now) == Window::kOpen; }
};

}  // namespace seaworthy::policy
