#include <gtest/gtest.h>

#include "kube/client.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

class CallsTest : public ::testing::Test {
 protected:
  Call call() { return call_within(clock_, kUsualCallTime, {}); }
  void put_nodes(int count) {
    for (int i = 0; i < count; ++i) {
      server_.put(kNodes, {{"metadata", {{"name", "n" + std::to_string(i)}}}});
    }
  }
  testing::FakeClock clock_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<Client> client_ = server_.client();
};

TEST_F(CallsTest, ListAllFollowsThePages) {
  put_nodes(1'203);
  const auto all = list_all(*client_, kNodes, {}, call());
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1'203u);
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(CallsTest, ListAllStartsAnewOnceIfThePagesExpire) {
  put_nodes(700);
  int count = 0;
  server_.on_request([&](const std::string& request) {
    if (request.find("continue=") != std::string::npos && count++ == 0) {
      server_.compact();
    }
  });
  const auto all = list_all(*client_, kNodes, {}, call());
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->size(), 700u);
}

TEST_F(CallsTest, TokenReviewGivesWhoItIs) {
  server_.add_token(
      "good", "seaworthy-verifier",
      {.user = "system:serviceaccount:seaworthy-system:seaworthy-agent",
       .uid = "u",
       .groups = {"system:serviceaccounts"},
       .extra = {{"authentication.kubernetes.io/node-name", {"n1"}}, {"two", {"a", "b"}}},
       .audiences = {}});
  const auto who = token_review(*client_, "good", "seaworthy-verifier", call());
  ASSERT_TRUE(who && who->has_value());
  EXPECT_EQ((*who)->user, "system:serviceaccount:seaworthy-system:seaworthy-agent");
  EXPECT_EQ((*who)->extra_value("authentication.kubernetes.io/node-name"), "n1");
  EXPECT_EQ((*who)->extra_value("two"), "");
  EXPECT_EQ((*who)->extra_value("none"), "");
}

TEST_F(CallsTest, TokenReviewKnowsNoOtherTokenAndNoOtherAudience) {
  server_.add_token("good", "seaworthy-verifier", {});
  for (const auto& [token, audience] : std::vector<std::pair<std::string, std::string>>{
           {"bad", "seaworthy-verifier"}, {"good", "other"}}) {
    const auto who = token_review(*client_, token, audience, call());
    ASSERT_TRUE(who);
    EXPECT_FALSE(who->has_value());
  }
}

TEST_F(CallsTest, AnAnswerForAnotherAudienceIsNoIdentity) {
  // An API server that ignores audiences answers "authenticated" without naming ours.
  class Ignorant final : public http::Client {
   public:
    Result<http::Response> send(const http::Request&, Deadline, std::stop_token) override {
      return http::json_response(201,
                                 R"({"status":{"authenticated":true,"user":{"username":"root"}}})");
    }
    Result<http::Response> stream(const http::Request&, Deadline, std::stop_token,
                                  const http::ChunkSink&) override {
      return internal_error("not here");
    }
  };
  const auto client = create_client(std::make_shared<Ignorant>());
  const auto who = token_review(*client, "t", "seaworthy-verifier", call());
  ASSERT_TRUE(who);
  EXPECT_FALSE(who->has_value());
}

}  // namespace
}  // namespace seaworthy::kube
