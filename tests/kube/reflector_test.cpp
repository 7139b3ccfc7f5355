#include "kube/reflector.h"

#include <gtest/gtest.h>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;

// Runs a reflector on the test's own thread until the sink has had enough.
class Recorder final : public ReflectorSink {
 public:
  void replace(std::vector<Json> all) override { lists.push_back(all.size()); }
  void upsert(Json object) override { upserts.push_back(key_of(object).name); }
  void remove(Json last) override { removes.push_back(key_of(last).name); }
  void contact() override {
    if (++contacts >= enough) {
      stop.request_stop();
    }
  }
  void failed(const Error& error) override { failures.push_back(error.message()); }

  std::vector<std::size_t> lists;
  std::vector<std::string> upserts, removes, failures;
  int contacts = 0;
  int enough = 1;
  std::stop_source stop;
};

class ReflectorTest : public ::testing::Test {
 protected:
  void run(ReflectorConfig config = {}) {
    Reflector reflector(
        *client_, kNodes, std::move(config), clock_, random_,
        [&](milliseconds time, std::stop_token) {
          waits_.push_back(time);
          clock_.advance(time);
          if (waits_.size() > 20) {
            sink_.stop.request_stop();
          }
        },
        sink_);
    reflector.run(sink_.stop.get_token());
  }
  void put(const std::string& name) { server_.put(kNodes, {{"metadata", {{"name", name}}}}); }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<Client> client_ = server_.client();
  Recorder sink_;
  std::vector<milliseconds> waits_;
};

TEST_F(ReflectorTest, ListsThenWatchesFromTheListsVersion) {
  put("a");
  int requests = 0;
  server_.on_request([&](const std::string&) {
    if (++requests == 1) {
      put("b");
    }
  });
  put("c");
  sink_.enough = 1;
  run();
  EXPECT_EQ(sink_.lists, (std::vector<std::size_t>{3}));
}

TEST_F(ReflectorTest, RelistsByPagesWhenTheVersionIsGone) {
  for (int i = 0; i < 7; ++i) {
    put("n" + std::to_string(i));
  }
  server_.fail_next(1, 410);
  run({.page_size = 3});
  EXPECT_EQ(sink_.lists, (std::vector<std::size_t>{7}));
  EXPECT_EQ(server_.requests().size(), 4u);
  EXPECT_NE(server_.requests()[1].find("limit=3"), std::string::npos);
}

TEST_F(ReflectorTest, BacksOffWithJitterWhileTheServerIsAway) {
  server_.set_reachable(false);
  run();
  ASSERT_EQ(waits_.size(), 21u);
  EXPECT_GE(waits_.front(), milliseconds(800));
  EXPECT_LT(waits_.front(), milliseconds(1'600));
  EXPECT_GE(waits_[10], milliseconds(30'000));
  EXPECT_LT(waits_[10], milliseconds(60'000));
  EXPECT_EQ(sink_.failures.size(), 21u);
}

TEST_F(ReflectorTest, MetadataOnlyLeavesOutTheRest) {
  server_.put(kNodes, {{"metadata", {{"name", "a"}}}, {"spec", {{"big", "thing"}}}});
  class Keeper final : public ReflectorSink {
   public:
    void replace(std::vector<Json> all) override {
      objects = std::move(all);
      stop.request_stop();
    }
    void upsert(Json) override {}
    void remove(Json) override {}
    void contact() override {}
    void failed(const Error&) override {}
    std::vector<Json> objects;
    std::stop_source stop;
  } keeper;
  Reflector(
      *client_, kNodes, {.content = Content::kMetadataOnly}, clock_, random_,
      [](milliseconds, std::stop_token) {}, keeper)
      .run(keeper.stop.get_token());
  ASSERT_EQ(keeper.objects.size(), 1u);
  EXPECT_FALSE(keeper.objects.front().contains("spec"));
}

TEST(RealSleep, ReturnsWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto began = std::chrono::steady_clock::now();
  real_sleep()(std::chrono::hours(1), stop.get_token());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace seaworthy::kube
