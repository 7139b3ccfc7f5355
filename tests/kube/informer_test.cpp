#include "kube/informer.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000};  // of real time, only if something is broken

struct Colour {
  std::string name;
};
Result<Colour> parse_colour(const Json& object) {
  const auto spec = object.find("spec");
  if (spec == object.end() || !spec->contains("colour")) {
    return malformed("spec.colour: required");
  }
  return Colour{(*spec)["colour"].get<std::string>()};
}

class InformerTest : public ::testing::Test {
 protected:
  InformerTest() {
    informer_.add_handler([this](const ObjectKey& key, const auto& before, const auto& now) {
      MutexLock lock(mutex_);
      seen_.push_back((!before ? "+" : !now ? "-" : "~") + key.name);
      changed_.notify_all();
    });
  }
  ~InformerTest() override { informer_.stop(); }

  void put(const std::string& name, const std::string& colour) {
    server_.put(kNodes, {{"metadata", {{"name", name}}}, {"spec", {{"colour", colour}}}});
  }
  // Waits for the handler to have been told exactly this, and forgets it.
  ::testing::AssertionResult told(const std::vector<std::string>& what) {
    MutexLock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (seen_.size() < what.size() && std::chrono::steady_clock::now() < until) {
      changed_.wait_until(mutex_, until);
    }
    const auto got = std::exchange(seen_, {});
    return got == what ? ::testing::AssertionSuccess()
                       : ::testing::AssertionFailure() << ::testing::PrintToString(got);
  }
  bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    return condition();
  }
  void start() {
    informer_.start();
    ASSERT_TRUE(informer_.wait_for_sync(kPatience, {}));
    ASSERT_TRUE(eventually([&] { return server_.watching() == 1; }));
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<Client> client_ = server_.client();
  Mutex mutex_;
  Condition changed_;
  std::vector<std::string> seen_ GUARDED_BY(mutex_);
  std::atomic<int> waits_{0};
  // Waiting takes no real time but moves the clock, as it would.
  Informer<Colour> informer_{*client_,
                             kNodes,
                             {},
                             parse_colour,
                             clock_,
                             random_,
                             Informer<Colour>::Raw::kDrop,
                             [this](milliseconds time, std::stop_token) {
                               ++waits_;
                               clock_.advance(time);
                             }};
};

TEST_F(InformerTest, HasAllObjectsWhenSyncedAndFollowsChanges) {
  put("a", "red");
  put("b", "blue");
  EXPECT_FALSE(informer_.has_synced());
  start();
  EXPECT_TRUE(told({"+a", "+b"}));
  EXPECT_EQ(informer_.find("a")->value->name, "red");

  put("a", "green");
  put("c", "white");
  server_.erase(kNodes, cluster_key("b"));
  EXPECT_TRUE(told({"~a", "+c", "-b"}));
  EXPECT_EQ(informer_.find("a")->value->name, "green");
  EXPECT_EQ(informer_.find("b"), nullptr);
  EXPECT_EQ(informer_.snapshot()->size(), 2u);
}

TEST_F(InformerTest, ASnapshotDoesNotChangeUnderItsReader) {
  put("a", "red");
  start();
  const auto before = informer_.snapshot();
  EXPECT_EQ(before, informer_.snapshot());  // and costs nothing while nothing changes
  put("a", "blue");
  EXPECT_TRUE(told({"+a", "~a"}));
  EXPECT_EQ(before->begin()->second->value->name, "red");
  EXPECT_EQ(informer_.snapshot()->begin()->second->value->name, "blue");
}

TEST_F(InformerTest, WhatDoesNotParseIsKeptWithItsErrorAndItsRawForm) {
  server_.put(kNodes, {{"metadata", {{"name", "odd"}}}});
  start();
  const auto odd = informer_.find("odd");
  ASSERT_NE(odd, nullptr);
  EXPECT_FALSE(odd->value);
  EXPECT_EQ(key_of(odd->raw).name, "odd");
}

TEST_F(InformerTest, ADroppedWatchLosesNothing) {
  put("a", "red");
  start();
  EXPECT_TRUE(told({"+a"}));
  for (int i = 0; i < 5; ++i) {
    server_.drop_watches();
    put("a", "shade" + std::to_string(i));
    EXPECT_TRUE(told({"~a"}));
  }
  const auto requests = server_.requests();
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(),
                          [](const std::string& r) { return r.find("watch=") == r.npos; }),
            1)
      << "resumed, not listed again";
}

TEST_F(InformerTest, Expired410IsListedAgainAndDeletionsInBetweenAreNoticed) {
  put("a", "red");
  put("b", "red");
  start();
  EXPECT_TRUE(told({"+a", "+b"}));
  server_.set_reachable(false);
  ASSERT_TRUE(eventually([&] { return server_.watching() == 0; }));
  server_.erase(kNodes, cluster_key("a"));
  put("c", "red");
  server_.compact();
  server_.set_reachable(true);
  EXPECT_TRUE(told({"+c", "-a"}));
  EXPECT_EQ(informer_.snapshot()->size(), 2u);
}

TEST_F(InformerTest, A125_TheTimeOfLastContactStandsStillWhileTheServerIsAway) {
  put("a", "red");
  start();
  EXPECT_TRUE(told({"+a"}));
  server_.set_reachable(false);
  ASSERT_TRUE(eventually([&] { return informer_.last_error().has_value() && waits_ > 3; }));
  const auto contact = informer_.last_contact();
  ASSERT_TRUE(contact);
  EXPECT_GT(clock_.monotonic() - *contact, milliseconds(3'000));
  server_.set_reachable(true);
  EXPECT_TRUE(eventually([&] { return server_.watching() == 1; }));
  clock_.advance(milliseconds(1'000));
  server_.send_bookmarks();
  EXPECT_TRUE(eventually([&] { return informer_.last_contact() == clock_.monotonic(); }));
  EXPECT_FALSE(informer_.last_error());
}

TEST_F(InformerTest, ABusyServerIsWaitedFor) {
  server_.fail_next(3, 429, std::chrono::seconds(60));
  put("a", "red");
  const Monotonic began = clock_.monotonic();
  start();
  EXPECT_TRUE(told({"+a"}));
  EXPECT_GE(clock_.monotonic() - began, milliseconds(180'000));
}

TEST_F(InformerTest, AServerThatEndsEveryWatchAtOnceDoesNotMakeItSpin) {
  put("a", "red");
  start();
  for (int i = 0; i < 3; ++i) {
    const int before = waits_;
    server_.drop_watches();
    ASSERT_TRUE(eventually([&] { return waits_ > before && server_.watching() == 1; }));
  }
}

TEST_F(InformerTest, StopsPromptlyWhileWatching) {
  start();
  const auto began = std::chrono::steady_clock::now();
  informer_.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

}  // namespace
}  // namespace seaworthy::kube
