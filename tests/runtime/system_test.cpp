// system_clock.h, system_random.h.
#include <gtest/gtest.h>

#include <set>

#include "runtime/system_clock.h"
#include "runtime/system_random.h"

namespace seaworthy::runtime {
namespace {

TEST(SystemClock, TellsTheTimeAndNeverGoesBack) {
  const SystemClock clock;
  EXPECT_GT(clock.now(), Time::from_unix(seconds(1'700'000'000)));
  Monotonic last = clock.monotonic();
  for (int i = 0; i < 1000; ++i) {
    const Monotonic now = clock.monotonic();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemRandom, FillsEverythingAndNeverRepeats) {
  SystemRandom random;
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(random.bytes(16));
  }
  EXPECT_EQ(seen.size(), 100U);
  const Bytes large = random.bytes(100'000);  // beyond what one getrandom(2) is sure to give
  EXPECT_NE(Bytes(large.end() - 64, large.end()), Bytes(64, 0));
  EXPECT_TRUE(random.bytes(0).empty());
}

}  // namespace
}  // namespace seaworthy::runtime
