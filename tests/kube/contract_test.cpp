// What we rely on of an API server. Runs against the fake always, and against a real control plane
// if there is one: what the fake promises is what the real one does.
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "kube/contract_environment.h"
#include "kube/events.h"
#include "kube/informer.h"
#include "kube/lease.h"

namespace seaworthy::kube {
namespace {

using testing::Server;

class Contract : public testing::ContractTest {};
INSTANTIATE_TEST_SUITE_P(Against, Contract, ::testing::Values(Server::kFake, Server::kReal),
                         [](const auto& row) {
                           return row.param == Server::kFake ? "Fake" : "Real";
                         });

TEST_P(Contract, CreateReadReplaceDelete) {
  const auto made = client_->create(kConfigMaps, config_map("a", {{"x", "1"}}), call());
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_NE(uid_of(*made), "");
  EXPECT_EQ(client_->create(kConfigMaps, config_map("a", {}), call()).error().code(),
            ErrorCode::kConflict);

  Json next = *made;
  next["data"]["x"] = "2";
  const auto replaced = client_->replace(kConfigMaps, next, call());
  ASSERT_TRUE(replaced) << replaced.error().message();
  EXPECT_NE(resource_version_of(*replaced), resource_version_of(*made));
  EXPECT_EQ(client_->replace(kConfigMaps, next, call()).error().code(), ErrorCode::kConflict);

  EXPECT_EQ((*client_->get(kConfigMaps, key("a"), call()))["data"]["x"], "2");
  EXPECT_EQ(client_->delete_(kConfigMaps, key("a"), {.uid = "another"}, call()).error().code(),
            ErrorCode::kConflict);
  EXPECT_TRUE(client_->delete_(kConfigMaps, key("a"), {.uid = uid_of(*made)}, call()));
  EXPECT_EQ(client_->get(kConfigMaps, key("a"), call()).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(client_->delete_(kConfigMaps, key("a"), {}, call()).error().code(),
            ErrorCode::kNotFound);
}

TEST_P(Contract, TryingToCreateStoresNothingAndRefusesWhatItDoesNotKnow) {
  const auto tried = client_->try_create(kConfigMaps, config_map("a", {{"x", "1"}}), call());
  ASSERT_TRUE(tried) << tried.error().message();
  EXPECT_EQ((*tried)["data"]["x"], "1");
  EXPECT_EQ(client_->get(kConfigMaps, key("a"), call()).error().code(), ErrorCode::kNotFound);
  if (GetParam() == Server::kReal) {  // the fake one has no schemas
    Json typo = config_map("a", {});
    typo["dta"] = {{"x", "1"}};
    EXPECT_EQ(client_->try_create(kConfigMaps, typo, call()).error().code(), ErrorCode::kMalformed);
  }
}

TEST_P(Contract, AMergePatchWithAVersionOrUidIsCompareAndSwap) {
  const auto made = client_->create(kConfigMaps, config_map("a", {{"x", "1"}}), call());
  ASSERT_TRUE(made) << made.error().message();
  const Json patch = {{"metadata", {{"resourceVersion", resource_version_of(*made)}}},
                      {"data", {{"x", nullptr}, {"y", "2"}}}};
  const auto patched = client_->patch(kConfigMaps, key("a"), PatchType::kMerge, patch, {}, call());
  ASSERT_TRUE(patched) << patched.error().message();
  EXPECT_EQ((*patched)["data"], (Json{{"y", "2"}}));
  EXPECT_EQ(
      client_->patch(kConfigMaps, key("a"), PatchType::kMerge, patch, {}, call()).error().code(),
      ErrorCode::kConflict);
  const Json other = {{"metadata", {{"uid", "00000000-0000-0000-0000-000000000000"}}},
                      {"data", {{"y", "3"}}}};
  EXPECT_EQ(
      client_->patch(kConfigMaps, key("a"), PatchType::kMerge, other, {}, call()).error().code(),
      ErrorCode::kConflict);
}

TEST_P(Contract, AJsonPatchWhoseTestFailsIsMalformed) {
  ASSERT_TRUE(client_->create(kConfigMaps, config_map("a", {{"x", "1"}}), call()));
  const auto patch = [&](const char* expected) {
    return client_->patch(kConfigMaps, key("a"), PatchType::kJson,
                          Json::array({{{"op", "test"}, {"path", "/data/x"}, {"value", expected}},
                                       {{"op", "replace"}, {"path", "/data/x"}, {"value", "2"}}}),
                          {}, call());
  };
  EXPECT_EQ(patch("7").error().code(), ErrorCode::kMalformed);
  const auto done = patch("1");
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ((*done)["data"]["x"], "2");
}

TEST_P(Contract, ApplyOwnsWhatItSetsAndGivesUpWhatItLeavesOut) {
  const auto apply = [&](const std::string& manager, const Json& data, bool force) {
    return client_->apply(kConfigMaps, config_map("a", data),
                          {.field_manager = manager, .force = force}, call());
  };
  ASSERT_TRUE(apply("one", {{"x", "1"}, {"y", "1"}}, true));
  const auto both = apply("two", {{"z", "2"}}, false);
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_EQ((*both)["data"], (Json{{"x", "1"}, {"y", "1"}, {"z", "2"}}));

  const auto less = apply("one", {{"x", "1"}}, true);
  EXPECT_EQ((*less)["data"], (Json{{"x", "1"}, {"z", "2"}}));
  EXPECT_EQ(apply("two", {{"z", "2"}, {"x", "9"}}, false).error().code(), ErrorCode::kConflict);
  const auto forced = apply("two", {{"z", "2"}, {"x", "9"}}, true);
  ASSERT_TRUE(forced) << forced.error().message();
  EXPECT_EQ((*forced)["data"]["x"], "9");
  // It belongs to the second now: the first gives nothing up by leaving it out.
  const auto left = apply("one", Json::object(), true);
  EXPECT_EQ((*left)["data"], (Json{{"x", "9"}, {"z", "2"}}));
}

TEST_P(Contract, AnApplyThatChangesNothingIsNoChange) {
  const auto apply = [&] {
    return client_->apply(kConfigMaps, config_map("a", {{"x", "1"}}), {.field_manager = "one"},
                          call());
  };
  const auto first = apply();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(resource_version_of(*apply()), resource_version_of(*first));
}

TEST_P(Contract, ApplyWithTheUidOfAnotherLifeIsAConflict) {
  Json object = config_map("a", {{"x", "1"}});
  ASSERT_TRUE(client_->apply(kConfigMaps, object, {.field_manager = "one"}, call()));
  object["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(client_->apply(kConfigMaps, object, {.field_manager = "one"}, call()).error().code(),
            ErrorCode::kConflict);
}

TEST_P(Contract, ListsByPagesAndSelectsByLabel) {
  for (int i = 0; i < 5; ++i) {
    Json object = config_map("p" + std::to_string(i), {});
    object["metadata"]["labels"] = {{"odd", i % 2 == 1 ? "yes" : "no"}};
    ASSERT_TRUE(client_->create(kConfigMaps, object, call()));
  }
  ListOptions options{.namespace_ = prefix_, .label_selector = "odd=no", .limit = 2};
  auto first = client_->list_page(kConfigMaps, options, call());
  ASSERT_TRUE(first) << first.error().message();
  const auto& page = std::get<ListPage>(*first);
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0]["kind"], "ConfigMap");
  ASSERT_NE(page.continue_token, "");
  options.continue_token = page.continue_token;
  auto second = client_->list_page(kConfigMaps, options, call());
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(std::get<ListPage>(*second).items.size(), 1u);
  EXPECT_EQ(std::get<ListPage>(*second).continue_token, "");
  EXPECT_EQ(list_all(*client_, kConfigMaps,
                     {.namespace_ = prefix_, .field_selector = "metadata.name=p3"}, call())
                ->size(),
            1u);
}

TEST_P(Contract, AListOlderThanItsVersionIsNotGiven) {
  auto answer = client_->list_page(
      kConfigMaps, {.namespace_ = prefix_, .resource_version = "999999999999"}, call());
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(std::get<NotNow>(*answer).why, NotNow::Why::kExpired);
}

TEST_P(Contract, AWatchTellsEveryChangeSinceTheList) {
  ASSERT_TRUE(client_->create(kConfigMaps, config_map("before", {}), call()));
  auto listed = client_->list_page(kConfigMaps, {.namespace_ = prefix_}, call());
  ASSERT_TRUE(listed) << listed.error().message();
  const std::string version = std::get<ListPage>(*listed).resource_version;

  ASSERT_TRUE(client_->create(kConfigMaps, config_map("a", {{"x", "1"}}), call()));
  ASSERT_TRUE(client_->patch(kConfigMaps, key("a"), PatchType::kMerge, {{"data", {{"x", "2"}}}}, {},
                             call()));
  ASSERT_TRUE(client_->delete_(kConfigMaps, key("a"), {}, call()));
  std::vector<WatchEvent::Type> seen;
  auto end = client_->watch(
      kConfigMaps,
      {.namespace_ = prefix_, .field_selector = "metadata.name=a", .resource_version = version},
      call(), [&](WatchEvent event) {
        if (event.type != WatchEvent::Type::kBookmark) {
          seen.push_back(event.type);
        }
        return seen.size() == 3 ? http::Flow::kStop : http::Flow::kContinue;
      });
  ASSERT_TRUE(end) << end.error().message();
  EXPECT_EQ(std::get<WatchClosed>(*end), WatchClosed::kByUs);
  EXPECT_EQ(seen, (std::vector{WatchEvent::Type::kAdded, WatchEvent::Type::kModified,
                               WatchEvent::Type::kDeleted}));
}

TEST_P(Contract, AQuietWatchEndsOrderlyAtItsTimeout) {
  auto listed = client_->list_page(kConfigMaps, {.namespace_ = prefix_}, call());
  ASSERT_TRUE(listed);
  const auto began = clock_.monotonic();
  auto end = client_->watch(kConfigMaps,
                            {.namespace_ = prefix_,
                             .field_selector = "metadata.name=none",
                             .resource_version = std::get<ListPage>(*listed).resource_version,
                             .timeout = std::chrono::seconds(1)},
                            call(), [](WatchEvent) { return http::Flow::kContinue; });
  ASSERT_TRUE(end) << end.error().message();
  EXPECT_EQ(std::get<WatchClosed>(*end), WatchClosed::kOrderly);
  EXPECT_LT(clock_.monotonic() - began, std::chrono::seconds(10));
}

TEST_P(Contract, NodeLabelsByApplyLeaveOthersAloneAndTaintsAreSwappedByVersion) {
  const Json node = {
      {"apiVersion", "v1"},
      {"kind", "Node"},
      {"metadata", {{"name", prefix_}, {"labels", {{"pool", "prod"}}}}},
      {"spec", {{"taints", Json::array({{{"key", "other"}, {"effect", "NoSchedule"}}})}}}};
  const auto made = client_->create(kNodes, node, call());
  ASSERT_TRUE(made) << made.error().message();
  const auto apply = [&](const Json& labels) {
    return client_->apply(kNodes,
                          {{"apiVersion", "v1"},
                           {"kind", "Node"},
                           {"metadata", {{"name", prefix_}, {"labels", labels}}}},
                          {.field_manager = "seaworthy-controller"}, call());
  };
  const std::string ours = "seaworthy.node-restriction.kubernetes.io/production";
  const auto labelled = apply({{ours, "trusted"}});
  ASSERT_TRUE(labelled) << labelled.error().message();
  EXPECT_EQ((*labelled)["metadata"]["labels"]["pool"], "prod");
  EXPECT_EQ((*labelled)["metadata"]["labels"][ours], "trusted");
  const auto unlabelled = apply(Json::object());
  ASSERT_TRUE(unlabelled) << unlabelled.error().message();
  EXPECT_EQ((*unlabelled)["metadata"]["labels"].contains(ours), false);
  EXPECT_EQ((*unlabelled)["metadata"]["labels"]["pool"], "prod");

  // On a real control plane others write the Node too: read again on conflict, as one has to.
  Json patch;
  auto tainted = Result<Json>(internal_error("not tried"));
  for (int i = 0; i < 10; ++i) {
    const auto now = client_->get(kNodes, cluster_key(prefix_), call());
    Json taints = (*now)["spec"]["taints"];
    taints.push_back({{"key", "seaworthy.dev/untrusted"}, {"effect", "NoSchedule"}});
    patch = {{"metadata", {{"resourceVersion", resource_version_of(*now)}}},
             {"spec", {{"taints", taints}}}};
    tainted = client_->patch(kNodes, cluster_key(prefix_), PatchType::kMerge, patch, {}, call());
    if (tainted || tainted.error().code() != ErrorCode::kConflict) {
      break;
    }
  }
  ASSERT_TRUE(tainted) << tainted.error().message();
  EXPECT_GE((*tainted)["spec"]["taints"].size(), 2u);
  EXPECT_EQ(client_->patch(kNodes, cluster_key(prefix_), PatchType::kMerge, patch, {}, call())
                .error()
                .code(),
            ErrorCode::kConflict);
  EXPECT_TRUE(client_->delete_(kNodes, cluster_key(prefix_), {}, call()));
}

TEST_P(Contract, EventsAreAcceptedAndCounted) {
  EventRecorder recorder(*client_, {.instance = "test"}, clock_);
  const EventNote note{.regarding = {"v1", "ConfigMap", "a", prefix_, ""},
                       .type = EventType::kWarning,
                       .reason = "NodeViolated",
                       .action = "Appraised",
                       .note = "a note"};
  recorder.record(note);
  recorder.record(note);
  recorder.flush({});
  EXPECT_EQ(recorder.dropped(), 0u);
  const auto events = list_all(*client_, kEvents, {.namespace_ = prefix_}, call());
  ASSERT_TRUE(events) << events.error().message();
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front()["series"]["count"], 2);
}

TEST_P(Contract, OneLeaderAtATimeAndAHandover) {
  testing::RealRandom random;
  const auto config = [&](const char* who) {
    return LeaseConfig{.namespace_ = prefix_,
                       .name = "leader",
                       .identity = who,
                       .lease_duration = std::chrono::milliseconds(4'000),
                       .renew_deadline = std::chrono::milliseconds(2'000),
                       .retry_period = std::chrono::milliseconds(100)};
  };
  std::atomic<int> leaders{0};
  std::atomic<int> elected{0};
  std::atomic<bool> two{false};
  const LeaderElector::Callbacks callbacks{[&] {
                                             ++elected;
                                             two = two || ++leaders > 1;
                                           },
                                           [&] { --leaders; }};
  LeaderElector a(*client_, config("a"), callbacks, clock_, random);
  LeaderElector b(*client_, config("b"), callbacks, clock_, random);
  a.start();
  b.start();
  const auto eventually = [&](const std::function<bool()>& condition) {
    for (int i = 0; i < 1'000 && !condition(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  };
  ASSERT_TRUE(eventually([&] { return a.leading() || b.leading(); }));
  LeaderElector& first = a.leading() ? a : b;
  LeaderElector& second = a.leading() ? b : a;
  first.stop();
  EXPECT_TRUE(eventually([&] { return second.leading(); }));
  second.stop();
  EXPECT_FALSE(two);
  EXPECT_EQ(elected, 2);
}

TEST_P(Contract, AnInformerFollowsMetadataOnly) {
  testing::RealRandom random;
  ASSERT_TRUE(client_->create(kConfigMaps, config_map("a", {{"x", "1"}}), call()));
  Informer<std::string> informer(
      *client_, kConfigMaps,
      {.namespace_ = prefix_,
       .content = Content::kMetadataOnly,
       .watch_timeout = std::chrono::seconds(2)},
      [](const Json& object) -> Result<std::string> {
        return object.contains("data") ? std::string("whole") : uid_of(object);
      },
      clock_, random);
  informer.start();
  ASSERT_TRUE(informer.wait_for_sync(std::chrono::milliseconds(20'000), {}))
      << informer.last_error().value_or("");
  const auto a = informer.find(ObjectKey{prefix_, "a"});
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(*a->value, a->uid);
  ASSERT_TRUE(client_->create(kConfigMaps, config_map("b", {}), call()));
  for (int i = 0; i < 1'000 && informer.find(ObjectKey{prefix_, "b"}) == nullptr; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_NE(informer.find(ObjectKey{prefix_, "b"}), nullptr);
  informer.stop();
}

TEST_P(Contract, ATokenIsValidForItsAudienceOnly) {
  ASSERT_TRUE(client_->create(kServiceAccounts,
                              {{"apiVersion", "v1"},
                               {"kind", "ServiceAccount"},
                               {"metadata", {{"name", "agent"}, {"namespace", prefix_}}}},
                              call()));
  const auto token =
      request_token(*client_, key("agent"), "seaworthy-verifier", seconds(600), call());
  ASSERT_TRUE(token) << token.error().message();
  const auto who = token_review(*client_, *token, "seaworthy-verifier", call());
  ASSERT_TRUE(who) << who.error().message();
  ASSERT_TRUE(who->has_value());
  EXPECT_EQ((*who)->user, "system:serviceaccount:" + prefix_ + ":agent");
  const auto other = token_review(*client_, *token, "another", call());
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_FALSE(other->has_value());

  const auto nobodys =
      request_token(*client_, key("nobody"), "seaworthy-verifier", seconds(600), call());
  ASSERT_FALSE(nobodys);
  EXPECT_EQ(nobodys.error().code(), ErrorCode::kNotFound);
  const auto brief =
      request_token(*client_, key("agent"), "seaworthy-verifier", seconds(599), call());
  ASSERT_FALSE(brief);
  EXPECT_EQ(brief.error().code(), ErrorCode::kMalformed);
}

TEST_P(Contract, NothingIsPassedOnToAPodThatIsNotThere) {
  const auto answer = client_->post_path(pod_proxy_path(key("nobody"), 8443, "/v1/evidence"),
                                         Json::object(), call());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kNotFound) << answer.error().message();
}

}  // namespace
}  // namespace seaworthy::kube
