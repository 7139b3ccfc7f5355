// The level of SBAT that shim enforced: its variable SbatLevel, which it measures into PCR 7.
// Spec: shim's SBAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxSbatBytes = 4096;  // real ones: 30 to 200
inline constexpr std::size_t kMaxSbatComponents = 64;
inline constexpr std::size_t kMaxSbatName = 64;

// Programs whose .sbat section names `component` with a lower generation were refused.
struct SbatComponent {
  std::string component;
  std::uint32_t generation = 0;
  auto operator<=>(const SbatComponent&) const = default;
};
struct SbatLevel {
  std::string date;  // "2023012900"; empty: none. For people
  std::vector<SbatComponent> components;
  auto operator<=>(const SbatLevel&) const = default;
};

// "sbat,1,2023012900\nshim,2\ngrub,3\n"; trailing NULs are dropped. kMalformed: no first line for
// "sbat", a component twice or without number, too much of anything.
Result<SbatLevel> parse_sbat_level(ByteSpan in);

}  // namespace seaworthy::eventlog
