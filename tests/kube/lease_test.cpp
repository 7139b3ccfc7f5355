#include "kube/lease.h"

#include <gtest/gtest.h>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

LeaseConfig config(const std::string& identity) {
  return {.namespace_ = "seaworthy-system", .name = "controller", .identity = identity};
}
const ObjectKey kKey{"seaworthy-system", "controller"};

// The table of who may write.
class LeaseStateTest : public ::testing::Test {
 protected:
  LeaseRecord held(const std::string& holder, const std::string& renewed) {
    return {holder, seconds(15), "2026-01-01T00:00:00.000000Z", renewed, 3};
  }
  LeaseState state_{config("me")};
  const Time wall_ = Time::from_unix(seconds(1'800'000'000));
  const Monotonic now_{milliseconds(1'000'000)};
};

TEST_F(LeaseStateTest, AnAbsentLeaseIsCreated) {
  const auto record = state_.claim(wall_, now_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->holder, "me");
  EXPECT_EQ(record->transitions, 0);
  EXPECT_EQ(record->acquire_time, record->renew_time);
}

TEST_F(LeaseStateTest, AnothersLeaseIsLeftAloneUntilSeenUnchangedForItsDuration) {
  state_.observed(held("other", "t1"), "5", now_);
  EXPECT_FALSE(state_.claim(wall_, now_ + milliseconds(14'999)));
  state_.observed(held("other", "t1"), "5", now_ + milliseconds(10'000));  // no change: no news
  EXPECT_TRUE(state_.claim(wall_, now_ + milliseconds(15'000)));
  state_.observed(held("other", "t2"), "6", now_ + milliseconds(14'000));
  EXPECT_FALSE(state_.claim(wall_, now_ + milliseconds(28'999)));
}

TEST_F(LeaseStateTest, TheOthersClockMeansNothing) {
  state_.observed(held("other", "1999-01-01T00:00:00.000000Z"), "5", now_);
  EXPECT_FALSE(state_.claim(wall_, now_ + milliseconds(1)));
}

TEST_F(LeaseStateTest, TakingOverCountsAndRenewingKeepsTheTimeOfAcquiring) {
  state_.observed(held("other", "t1"), "5", now_);
  const auto taken = state_.claim(wall_, now_ + milliseconds(15'000));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->transitions, 4);
  state_.observed(*taken, "6", now_);
  const auto renewed = state_.claim(wall_ + seconds(2), now_);
  EXPECT_EQ(renewed->acquire_time, taken->acquire_time);
  EXPECT_EQ(renewed->transitions, 4);
  EXPECT_NE(renewed->renew_time, taken->renew_time);
}

TEST_F(LeaseStateTest, AReleasedLeaseIsTakenAtOnce) {
  state_.observed(held("", "t1"), "5", now_);
  EXPECT_TRUE(state_.claim(wall_, now_));
  EXPECT_EQ(state_.release(wall_).duration, seconds(1));
  EXPECT_EQ(state_.release(wall_).holder, "");
}

// Electors run on the test's thread; sleeping moves the clock and lets the test act.
class LeaderElectorTest : public ::testing::Test {
 protected:
  LeaderElector elector(
      const std::string& identity, const std::function<void()>& each_sleep,
      std::function<void()> on_stopped = [] {}) {
    return LeaderElector(*client_, config(identity),
                         {[this] { ++started_; },
                          [this, on_stopped] {
                            ++stopped_;
                            on_stopped();
                          }},
                         clock_, random_, [this, each_sleep](milliseconds time, std::stop_token) {
                           clock_.advance(time);
                           slept_ += time;
                           each_sleep();
                         });
  }
  std::string holder() {
    const auto lease = server_.find(kLeases, kKey);
    return lease ? (*lease)["spec"]["holderIdentity"].get<std::string>() : "";
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<Client> client_ = server_.client();
  std::stop_source stop_;
  int started_ = 0;
  int stopped_ = 0;
  milliseconds slept_{0};
};

TEST_F(LeaderElectorTest, LeadsRenewsAndReleasesWhenStopped) {
  int sleeps = 0;
  auto it = elector("a", [&] {
    EXPECT_EQ(holder(), "a");
    if (++sleeps == 20) {
      stop_.request_stop();
    }
  });
  it.run(stop_.get_token());
  EXPECT_EQ(started_, 1);
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(holder(), "");
  EXPECT_FALSE(it.leading());
}

TEST_F(LeaderElectorTest, StopsBeforeTheLeaseCanExpireElsewhere) {
  std::optional<Monotonic> away;
  Monotonic stopped{};
  auto it = elector(
      "a",
      [&] {
        if (!away) {
          server_.set_reachable(false);
          away = clock_.monotonic();
        }
      },
      [&] { stopped = clock_.monotonic(); });
  it.run(stop_.get_token());
  EXPECT_EQ(stopped_, 1);
  EXPECT_LT(stopped - *away, milliseconds(15'000 - 2'000));
  server_.set_reachable(true);
  EXPECT_EQ(holder(), "a") << "not released: it could not be reached";
}

TEST_F(LeaderElectorTest, ASecondWaitsForTheDurationAndThenTakesOver) {
  server_.put(kLeases, lease_json(config("a"), {"a", seconds(15), "t", "t", 0}, ""));
  auto it = elector("b", [&] {
    if (started_ == 1) {
      stop_.request_stop();
    } else {
      EXPECT_EQ(holder(), "a");
    }
  });
  it.run(stop_.get_token());
  EXPECT_EQ(started_, 1);
  EXPECT_GE(slept_, milliseconds(15'000));
  EXPECT_EQ((*server_.find(kLeases, kKey))["spec"]["leaseTransitions"], 1);
}

TEST_F(LeaderElectorTest, A114_OneWhoWasPausedSeesThatItIsNotTheLeaderAnyMore) {
  auto it = elector("a", [&] {
    if (started_ == 1) {  // paused for longer than the lease; another took it
      clock_.advance(milliseconds(60'000));
      server_.put(kLeases, lease_json(config("b"), {"b", seconds(15), "t", "t", 1}, ""));
    }
  });
  it.run(stop_.get_token());
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(holder(), "b") << "the other's lease was not overwritten";
}

TEST_F(LeaderElectorTest, A114_AConflictWhileRenewingIsFoundOutAtOnce) {
  int sleeps = 0;
  auto it = elector("a", [&] {
    if (++sleeps == 3) {
      server_.put(kLeases, lease_json(config("b"), {"b", seconds(15), "t", "t", 1}, ""));
    }
  });
  it.run(stop_.get_token());
  EXPECT_EQ(sleeps, 3);
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(holder(), "b");
}

TEST_F(LeaderElectorTest, OneFailedRenewalIsForgiven) {
  int sleeps = 0;
  auto it = elector("a", [&] {
    ++sleeps;
    if (sleeps == 2) {
      server_.fail_next(1, 500);
    } else if (sleeps == 10) {
      stop_.request_stop();
    }
  });
  it.run(stop_.get_token());
  EXPECT_EQ(sleeps, 10);
  EXPECT_EQ(holder(), "");
}

TEST(ParseLease, ReadsWhatTheServerSendsAndRefusesNonsense) {
  EXPECT_EQ(parse_lease({{"spec", nullptr}})->holder, "");
  EXPECT_FALSE(parse_lease({{"spec", {{"leaseDurationSeconds", -1}}}}));
  EXPECT_FALSE(parse_lease(Json::array()));
}

}  // namespace
}  // namespace seaworthy::kube
