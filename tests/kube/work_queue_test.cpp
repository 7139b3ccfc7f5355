#include "kube/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;

class WorkQueueTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  WorkQueue<std::string> queue_{clock_};
};

TEST_F(WorkQueueTest, IsFair) {
  for (const char* key : {"a", "b", "c"}) {
    queue_.add(key);
  }
  EXPECT_EQ(queue_.try_get(), "a");
  EXPECT_EQ(queue_.try_get(), "b");
  EXPECT_EQ(queue_.try_get(), "c");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
}

TEST_F(WorkQueueTest, IsStingyBeforeWork) {
  queue_.add("a");
  queue_.add("a");
  EXPECT_EQ(queue_.size(), 1u);
}

TEST_F(WorkQueueTest, AKeyAddedWhileWorkedOnIsWorkedOnAgainButNotAtOnce) {
  queue_.add("a");
  ASSERT_EQ(queue_.try_get(), "a");
  queue_.add("a");
  queue_.add("a");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
  queue_.done("a");
  EXPECT_EQ(queue_.try_get(), "a");
  queue_.done("a");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
}

TEST_F(WorkQueueTest, ShutDownGivesOutNothingMore) {
  queue_.add("a");
  queue_.shut_down();
  queue_.add("b");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
  EXPECT_EQ(queue_.get({}), std::nullopt);
}

TEST_F(WorkQueueTest, DelayedKeysComeWhenDueAndTheEarliestTimeWins) {
  queue_.add_after("a", milliseconds(100));
  queue_.add_after("a", milliseconds(50));
  queue_.add_after("a", milliseconds(200));
  queue_.add_after("b", milliseconds(70));
  EXPECT_EQ(queue_.try_get(), std::nullopt);
  clock_.advance(milliseconds(60));
  EXPECT_EQ(queue_.try_get(), "a");
  queue_.done("a");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
  clock_.advance(milliseconds(1'000));
  EXPECT_EQ(queue_.try_get(), "b");
  EXPECT_EQ(queue_.try_get(), std::nullopt);
}

TEST_F(WorkQueueTest, FailuresDoubleTheDelayUntilForgotten) {
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 5; ++i) {
    queue_.add_rate_limited("a");
    delays.push_back((*queue_.next_delayed() - clock_.monotonic()).count());
    clock_.advance(milliseconds(1'000));
    ASSERT_EQ(queue_.try_get(), "a");
    queue_.done("a");
  }
  EXPECT_EQ(delays, (std::vector<std::int64_t>{5, 10, 20, 40, 80}));
  EXPECT_EQ(queue_.failures("a"), 5);
  queue_.forget("a");
  queue_.add_rate_limited("a");
  EXPECT_EQ(*queue_.next_delayed() - clock_.monotonic(), milliseconds(5));
}

TEST(RateLimiter, OneKeyNeverWaitsLongerThanTheCap) {
  RateLimiter<int> limiter({}, Monotonic{});
  Monotonic now{};
  milliseconds last{};
  for (int i = 0; i < 100; ++i) {
    now += std::chrono::seconds(1000);
    last = limiter.when(1, now);
  }
  EXPECT_EQ(last, milliseconds(1'000'000));
}

TEST(RateLimiter, AllTogetherAreLimitedToTenPerSecondAfterTheBurst) {
  RateLimiter<int> limiter({}, Monotonic{});
  for (int key = 0; key < 100; ++key) {
    EXPECT_EQ(limiter.when(key, Monotonic{}), milliseconds(5));
  }
  EXPECT_EQ(limiter.when(1000, Monotonic{}), milliseconds(100));
  EXPECT_EQ(limiter.when(1001, Monotonic{}), milliseconds(200));
}

// Random operations against a simple model: whatever was added since it was last given out comes
// again, and no key is out twice.
TEST_F(WorkQueueTest, NothingAddedIsLostAndNoKeyIsOutTwice) {
  std::mt19937 dice(7);
  std::set<std::string> owed;
  std::set<std::string> out;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key(1, static_cast<char>('a' + dice() % 8));
    switch (dice() % 3) {
      case 0:
        queue_.add(key);
        owed.insert(key);
        break;
      case 1:
        if (const auto got = queue_.try_get()) {
          ASSERT_TRUE(owed.erase(*got)) << *got;
          ASSERT_TRUE(out.insert(*got).second) << *got;
        } else {
          for (const std::string& waiting : owed) {
            ASSERT_TRUE(out.contains(waiting)) << waiting;
          }
        }
        break;
      default:
        if (!out.empty()) {
          queue_.done(*out.begin());
          out.erase(out.begin());
        }
    }
  }
}

TEST(WorkQueueThreads, ManyProducersAndConsumersShareTheWork) {
  testing::FakeClock clock;
  WorkQueue<int> queue(clock);
  std::atomic<int> busy[50] = {};
  std::atomic<int> worked{0};
  std::atomic<bool> twice{false};
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 3; ++i) {
      consumers.emplace_back([&](std::stop_token stop) {
        while (const auto key = queue.get(stop)) {
          if (busy[*key].fetch_add(1) != 0) {
            twice = true;
          }
          ++worked;
          busy[*key].fetch_sub(1);
          queue.done(*key);
        }
      });
    }
    std::vector<std::jthread> producers;
    for (int i = 0; i < 3; ++i) {
      producers.emplace_back([&] {
        for (int n = 0; n < 2'000; ++n) {
          queue.add(n % 50);
        }
      });
    }
    producers.clear();
    for (int i = 0; i < 2'000 && queue.size() > 0; ++i) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(queue.size(), 0u);
  }  // stop is requested: every get() returns
  EXPECT_FALSE(twice);
  EXPECT_GE(worked, 50);
}

}  // namespace
}  // namespace seaworthy::kube
