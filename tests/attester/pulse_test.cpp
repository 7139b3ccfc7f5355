#include "attester/pulse.h"

#include <gtest/gtest.h>

namespace seaworthy::attester {
namespace {

using std::chrono::milliseconds;

constexpr Monotonic kStart{milliseconds(5'000)};

TEST(Pulse, ALoopThatGoesRoundIsAlive) {
  Pulse pulse(kStart);
  for (int i = 1; i < 100; ++i) {
    const Monotonic now = kStart + i * Backoff::kMostAsked;
    EXPECT_TRUE(pulse.check(now));
    pulse.beat(now);
  }
}

TEST(Pulse, ALoopThatHangsIsNot) {
  Pulse pulse(kStart);
  pulse.beat(kStart + milliseconds(1));
  EXPECT_TRUE(pulse.check(kStart + milliseconds(1) + Pulse::kLongest));
  const auto dead = pulse.check(kStart + milliseconds(2) + Pulse::kLongest);
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().message(), "no step has ended for 600 s: perhaps the TPM does not answer");
}

}  // namespace
}  // namespace seaworthy::attester
