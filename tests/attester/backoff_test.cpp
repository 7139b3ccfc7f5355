#include "attester/backoff.h"

#include <gtest/gtest.h>

#include "support/fake_random.h"

namespace seaworthy::attester {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesUpToItsMostAndBeginsAnewWhenReset) {
  seaworthy::testing::FakeRandom random;
  Backoff backoff(random);
  for (const int whole : {1, 2, 4, 8, 16, 30, 30, 30}) {
    const milliseconds delay = backoff.next();
    EXPECT_GE(delay, seconds(whole) / 2);
    EXPECT_LE(delay, seconds(whole));
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), seconds(1));
}

TEST(Backoff, WaitsAsLongAsItIsAskedToButNotForEver) {
  seaworthy::testing::FakeRandom random;
  Backoff backoff(random);
  EXPECT_EQ(backoff.next(seconds(60)), seconds(60));
  EXPECT_EQ(backoff.next(seconds(86'400)), seconds(300));
}

TEST(Backoff, TwoNodesDoNotComeBackTogether) {
  seaworthy::testing::FakeRandom random;
  Backoff one(random);
  Backoff other(random);
  EXPECT_NE(one.next(), other.next());
}

}  // namespace
}  // namespace seaworthy::attester
