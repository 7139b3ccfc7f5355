// One thing that is read, at two sizes, and what reading it may cost.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/bytes.h"
#include "bounds/cost.h"

namespace seaworthy::bounds {

struct Reading {
  const char* name;
  std::size_t elements;         // of the smaller input; the larger has twice as many
  Bytes (*input)(std::size_t);  // of so many elements
  bool (*read)(ByteSpan);       // whether it was accepted
  std::size_t bytes_per_byte;   // on the heap at once, per byte of the input
  bool accepted = true;
};
inline void PrintTo(const Reading& reading, std::ostream* out) {
  *out << reading.name;
}

inline constexpr std::size_t kFixedBytes = 32 * 1024;  // besides: errors, what OpenSSL keeps

inline Cost cost_of_reading(const Reading& reading, ByteSpan input) {
  return cost_of([&] { (void)reading.read(input); });
}

// A list that grows by doubling, and a tree whose depth grows, take a little more than twice.
inline void expect_at_most_double(const char* what, std::size_t once, std::size_t twice) {
  EXPECT_LE(static_cast<double>(twice), 2.2 * static_cast<double>(once) + 4096)
      << what << ": " << once << " for one, " << twice << " for twice as much";
}

inline void expect_memory_within_the_input(const Reading& reading) {
  for (const std::size_t elements : {reading.elements, 2 * reading.elements}) {
    const Bytes input = reading.input(elements);
    EXPECT_EQ(reading.read(input), reading.accepted);
    EXPECT_LE(cost_of_reading(reading, input).peak,
              reading.bytes_per_byte * input.size() + kFixedBytes)
        << elements << " elements, " << input.size() << " bytes";
  }
}

inline void expect_linear_cost(const Reading& reading) {
  const Bytes one = reading.input(reading.elements);
  const Bytes two = reading.input(2 * reading.elements);
  ASSERT_NEAR(static_cast<double>(two.size()) / static_cast<double>(one.size()), 2, 0.1);
  (void)reading.read(one);
  const Cost once = cost_of_reading(reading, one);
  const Cost twice = cost_of_reading(reading, two);
  expect_at_most_double("steps", once.steps, twice.steps);
  expect_at_most_double("bytes hashed", once.hashed, twice.hashed);
  expect_at_most_double("bytes allocated", once.allocated, twice.allocated);
  expect_at_most_double("allocations", once.allocations, twice.allocations);
}

// Every four bytes of a small input say in turn that there are 2^32 - 1, 2^31 - 1 or 2^24 of
// whatever they count.
inline void expect_claims_to_cost_nothing(const Reading& reading) {
  const Bytes honest = reading.input(reading.elements);
  EXPECT_TRUE(reading.read(honest));
  for (std::size_t at = 0; at + 4 <= honest.size(); ++at) {
    for (const Bytes& claim :
         {Bytes{0xFF, 0xFF, 0xFF, 0xFF}, Bytes{0x7F, 0xFF, 0xFF, 0xFF}, Bytes{0, 0, 0, 1}}) {
      Bytes input = honest;
      std::copy(claim.begin(), claim.end(), input.begin() + static_cast<std::ptrdiff_t>(at));
      const Cost cost = cost_of_reading(reading, input);
      EXPECT_LE(cost.peak, reading.bytes_per_byte * input.size() + kFixedBytes) << "at byte " << at;
      EXPECT_LE(cost.steps, 1'000 * input.size()) << "at byte " << at;
    }
  }
}

}  // namespace seaworthy::bounds
