// What the client puts on the wire and makes of what comes back; the behaviour against a server is
// in contract_test.cpp.
#include "kube/client.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

// Answers with what it is told and remembers what it was asked.
class Wire final : public http::Client {
 public:
  Result<http::Response> send(const http::Request& request, Deadline, std::stop_token) override {
    asked.push_back(request);
    return answer;
  }
  Result<http::Response> stream(const http::Request& request, Deadline, std::stop_token,
                                const http::ChunkSink& sink) override {
    asked.push_back(request);
    for (const std::string& chunk : chunks) {
      if (sink(chunk) == http::Flow::kStop) {
        return http::Response{};
      }
    }
    return answer;
  }
  std::vector<http::Request> asked;
  std::vector<std::string> chunks;
  Result<http::Response> answer = http::json_response(200, "{}");
};

class ClientTest : public ::testing::Test {
 protected:
  Call call() { return call_within(clock_, kUsualCallTime, {}); }
  Result<WatchEnd> watch(int stop_after = 1000) {
    return client_->watch(kNodes, {.resource_version = "5"}, call(),
                          [&, left = stop_after](WatchEvent) mutable {
                            ++events_;
                            return --left > 0 ? http::Flow::kContinue : http::Flow::kStop;
                          });
  }

  testing::FakeClock clock_;
  std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
  int unauthorized_ = 0;
  int events_ = 0;
  std::unique_ptr<Client> client_ =
      create_client(wire_, {.user = "alice", .groups = {"a", "b"}, .extra = {{"x/y", {"z"}}}},
                    [this] { ++unauthorized_; });
};

TEST_F(ClientTest, AppliesWithFieldManagerAndForce) {
  ASSERT_TRUE(client_->apply(kNodes, {{"metadata", {{"name", "n1"}}}},
                             {.field_manager = "sea worthy", .subresource = "status"}, call()));
  const http::Request& sent = wire_->asked.front();
  EXPECT_EQ(sent.method, "PATCH");
  EXPECT_EQ(sent.target, "/api/v1/nodes/n1/status?fieldManager=sea%20worthy&force=true");
  EXPECT_EQ(sent.headers.get("Content-Type"), "application/apply-patch+yaml");
}

TEST_F(ClientTest, SaysOnWhoseBehalfItAsks) {
  ASSERT_TRUE(client_->get(kNodes, cluster_key("n1"), call()));
  const http::Headers& headers = wire_->asked.front().headers;
  EXPECT_EQ(headers.get("Impersonate-User"), "alice");
  EXPECT_EQ(headers.get("Impersonate-Extra-x%2Fy"), "z");
  EXPECT_EQ(std::count_if(headers.begin(), headers.end(),
                          [](const auto& field) { return field.first == "Impersonate-Group"; }),
            2);
}

TEST_F(ClientTest, ListsMetadataOnlyAndFillsInTheKind) {
  wire_->answer = http::json_response(
      200,
      R"({"metadata":{"resourceVersion":"7","continue":"c"},"items":[{"metadata":{"name":"a"}}]})");
  auto answer = client_->list_page(
      kNodes, {.label_selector = "a=b", .resource_version = "0", .content = Content::kMetadataOnly},
      call());
  ASSERT_TRUE(answer);
  const auto& page = std::get<ListPage>(*answer);
  EXPECT_EQ(page.resource_version, "7");
  EXPECT_EQ(page.continue_token, "c");
  EXPECT_EQ(page.items.front()["kind"], "Node");
  EXPECT_EQ(wire_->asked.front().target, "/api/v1/nodes?labelSelector=a%3Db&resourceVersion=0");
  EXPECT_EQ(wire_->asked.front().headers.get("Accept"),
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

TEST_F(ClientTest, AListOfNullItemsIsEmptyAndAnythingElseIsMalformed) {
  wire_->answer = http::json_response(200, R"({"metadata":{},"items":null})");
  EXPECT_TRUE(client_->list_page(kNodes, {}, call()));
  for (const char* body : {"{}", R"({"items":[]})", R"({"metadata":{},"items":[3]})", "[]", "x"}) {
    wire_->answer = http::json_response(200, body);
    EXPECT_FALSE(client_->list_page(kNodes, {}, call())) << body;
  }
}

TEST_F(ClientTest, Tells410And429OfAListFromErrors) {
  wire_->answer = http::json_response(410, "{}");
  auto answer = client_->list_page(kNodes, {}, call());
  EXPECT_EQ(std::get<NotNow>(*answer).why, NotNow::Why::kExpired);
  http::Response busy = http::json_response(429, "{}");
  busy.retry_after = std::chrono::seconds(3);
  wire_->answer = busy;
  answer = client_->list_page(kNodes, {}, call());
  EXPECT_EQ(std::get<NotNow>(*answer).retry_after, std::chrono::seconds(3));
}

TEST_F(ClientTest, ARefusedTokenIsReportedOnce) {
  wire_->answer = http::json_response(401, "{}");
  EXPECT_EQ(client_->get(kNodes, cluster_key("n1"), call()).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(unauthorized_, 1);
}

TEST_F(ClientTest, WatchAsksForBookmarksAndATimeout) {
  ASSERT_TRUE(watch());
  EXPECT_EQ(wire_->asked.front().target,
            "/api/v1/nodes?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&"
            "resourceVersion=5");
}

TEST_F(ClientTest, ACutInTheMiddleIsNotAnOrderlyEnd) {
  wire_->chunks = {R"({"type":"ADDED","object":{}})", "\n", R"({"type":)"};
  EXPECT_EQ(std::get<WatchClosed>(*watch()), WatchClosed::kCut);
  wire_->chunks.pop_back();
  EXPECT_EQ(std::get<WatchClosed>(*watch()), WatchClosed::kOrderly);
  wire_->answer = unavailable("gone");
  EXPECT_EQ(std::get<WatchClosed>(*watch()), WatchClosed::kCut);
  EXPECT_EQ(events_, 3);
  wire_->chunks.clear();
  EXPECT_FALSE(watch());  // nothing ever came: that is a failure
}

TEST_F(ClientTest, AnErrorEventEndsTheWatch) {
  wire_->chunks = {R"({"type":"ERROR","object":{"code":410}})"
                   "\n"
                   R"({"type":"ADDED","object":{}})"
                   "\n"};
  EXPECT_EQ(std::get<NotNow>(*watch()).why, NotNow::Why::kExpired);
  EXPECT_EQ(events_, 0);
  wire_->chunks = {R"({"type":"ERROR","object":{"code":500,"message":"boom"}})"
                   "\n"};
  EXPECT_EQ(watch().error().code(), ErrorCode::kUnavailable);
}

TEST_F(ClientTest, TheSinkMayStopAndNonsenseIsMalformed) {
  wire_->chunks = {R"({"type":"ADDED","object":{}})"
                   "\n"
                   R"({"type":"ADDED","object":{}})"
                   "\n"};
  EXPECT_EQ(std::get<WatchClosed>(*watch(1)), WatchClosed::kByUs);
  EXPECT_EQ(events_, 1);
  wire_->chunks = {"<html>\n"};
  EXPECT_EQ(watch().error().code(), ErrorCode::kMalformed);
}

TEST_F(ClientTest, DeleteSendsItsPreconditions) {
  ASSERT_TRUE(client_->delete_(kNodes, cluster_key("n1"), {.uid = "u"}, call()));
  EXPECT_NE(wire_->asked.front().body.find(R"("preconditions":{"uid":"u"})"), std::string::npos);
  ASSERT_TRUE(client_->delete_(kNodes, cluster_key("n1"), {}, call()));
  EXPECT_EQ(wire_->asked.back().body, "");
}

}  // namespace
}  // namespace seaworthy::kube
