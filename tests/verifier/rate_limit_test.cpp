#include "verifier/rate_limit.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace seaworthy::verifier {
namespace {

TEST(RateLimit, A169_OneNodeCannotStarveAnother) {
  testing::FakeClock clock;
  RateLimit limit(clock, {.per_second = 1, .burst = 3});
  const NodeUid loud("a"), quiet("b");
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += limit.admit(loud) ? 1 : 0;
  }
  EXPECT_EQ(admitted, 3);
  EXPECT_TRUE(limit.admit(quiet));
  clock.advance(seconds(2));
  EXPECT_TRUE(limit.admit(loud));
  EXPECT_TRUE(limit.admit(loud));
  EXPECT_FALSE(limit.admit(loud));
}

TEST(RateLimit, NeverSavesUpMoreThanTheBurst) {
  testing::FakeClock clock;
  RateLimit limit(clock, {.per_second = 1, .burst = 2});
  EXPECT_TRUE(limit.admit(NodeUid("a")));
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(limit.admit(NodeUid("a")));
  EXPECT_TRUE(limit.admit(NodeUid("a")));
  EXPECT_FALSE(limit.admit(NodeUid("a")));
}

}  // namespace
}  // namespace seaworthy::verifier
