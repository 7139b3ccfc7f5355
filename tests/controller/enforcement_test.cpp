// What the generated objects do in a real API server (SEAWORTHY_TEST_KUBECONFIG): the floor alone,
// without any webhook, refuses what it must and admits the rest. Skipped without one.
#include <gtest/gtest.h>

#include <thread>

#include "controller/generated.h"
#include "kube/contract_environment.h"

namespace seaworthy::controller {
namespace {

using codec::Json;
using std::chrono::milliseconds;

class Enforcement : public testing::ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    (void)client_->create(kube::kNamespaces,
                          {{"apiVersion", "v1"},
                           {"kind", "Namespace"},
                           {"metadata", {{"name", api::kSystemNamespace}}}},
                          call());
    policy_ = {PolicyName(prefix_),
               "00000000-0000-4000-8000-000000000001",
               api::EnforcementMode::kEnforce,
               {Namespace(prefix_)}};
    // The owner does not exist here, and the garbage collector would act on that.
    put(kube::kAttestationClasses,
        attestation_class(policy_,
                          {.holders = {{NodeName("good"), NodeUid("good-uid")}},
                           .refusals = {{NodeName("bad"), "Violated: SecureBootOff, it is off"}}}));
    for (const Generated& object : generated(policy_, {.ca_bundle_pem = ""}, true)) {
      put(object.resource, object.object);
    }
    ASSERT_TRUE(client_->create(kube::kServiceAccounts,
                                {{"apiVersion", "v1"},
                                 {"kind", "ServiceAccount"},
                                 {"metadata", {{"name", "default"}, {"namespace", prefix_}}}},
                                call()) ||
                true);
    wait_until_in_force();
  }
  void TearDown() override {
    if (client_ && !IsSkipped()) {
      for (const auto& [resource, key] : all_generated(policy_.name)) {
        (void)client_->delete_(resource, key, {}, call());
      }
    }
    ContractTest::TearDown();
  }
  void put(const kube::Resource& resource, Json object) {
    object["metadata"].erase("ownerReferences");
    const auto made = client_->create(resource, object, call());
    ASSERT_TRUE(made) << made.error().message();
  }

  Json pod(const std::string& name, const Json& more = Json::object()) {
    Json out = {{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata", {{"name", name}, {"namespace", prefix_}}},
                {"spec",
                 {{"containers", Json::array({{{"name", "c"}, {"image", "i"}}})},
                  // The fake scheduler of nobody: these pods stay where the test puts them.
                  {"schedulerName", "none"}}}};
    out["spec"].merge_patch(more);
    return out;
  }
  Result<Json> create(const Json& object) {
    // The service account of a new namespace takes a moment.
    for (int i = 0;; ++i) {
      auto made = client_->create(kube::kPods, object, call());
      if (made || i > 100 || made.error().message().find("service account") == std::string::npos) {
        return made;
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
  }
  Json binding(const Json& pod_object, const std::string& node) {
    return {{"apiVersion", "v1"},
            {"kind", "Binding"},
            {"metadata",
             {{"name", kube::key_of(pod_object).name},
              {"namespace", prefix_},
              {"uid", kube::uid_of(pod_object)}}},
            {"target", {{"kind", "Node"}, {"name", node}}}};
  }
  Result<Json> bind(const Json& pod_object, const Json& body) {
    return client_->post_path(kube::path_of(kube::kPods, kube::key_of(pod_object), "binding"), body,
                              call());
  }
  Result<Json> bind_legacy(const Json& body) {
    return client_->post_path("/api/v1/namespaces/" + prefix_ + "/bindings", body, call());
  }
  void wait_until_in_force() {
    std::string last;
    for (int i = 0; i < 100; ++i) {
      // Each by a name of its own: what got through stays for its grace period, without a kubelet.
      const std::string n = std::to_string(i);
      const auto probe = create(pod("probe-" + n, {{"nodeName", "bad"}}));
      const auto steered = create(pod("steered-" + n));
      const bool steering = steered && (*steered)["spec"].contains("nodeSelector");
      last = (probe ? "placed" : probe.error().message()) + "; " +
             (steered ? (*steered)["spec"].dump() : steered.error().message());
      if (!probe && probe.error().code() == ErrorCode::kDenied && steering) {
        return;
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
    FAIL() << "the floor is not in force after ten seconds: " << last;
  }
  ::testing::AssertionResult refused(const Result<Json>& answer, const std::string& because) {
    if (answer) {
      return ::testing::AssertionFailure() << "was admitted";
    }
    const bool right = answer.error().code() == ErrorCode::kDenied &&
                       answer.error().message().find(because) != std::string::npos;
    return (right ? ::testing::AssertionSuccess() : ::testing::AssertionFailure())
           << answer.error().message();
  }
  static ::testing::AssertionResult admitted(const Result<Json>& answer) {
    return answer ? ::testing::AssertionSuccess()
                  : ::testing::AssertionFailure() << answer.error().message();
  }

  PolicyInForce policy_;
};
INSTANTIATE_TEST_SUITE_P(Against, Enforcement, ::testing::Values(testing::Server::kReal),
                         [](const auto&) { return "Real"; });

TEST_P(Enforcement, A130_A131_TheFloorDecidesEveryWayToPlaceAPod) {
  const std::string why =
      "does not hold the class " + prefix_ + " (Violated: SecureBootOff, it is off): ";
  EXPECT_TRUE(refused(create(pod("nowhere", {{"nodeName", "none"}})),
                      "node none does not hold the class " + prefix_ + " (no result: "));
  EXPECT_TRUE(refused(create(pod("direct", {{"nodeName", "bad"}})), "node bad " + why));
  EXPECT_TRUE(admitted(create(pod("direct-good", {{"nodeName", "good"}}))));

  const auto one = create(pod("one"));
  ASSERT_TRUE(admitted(one));
  EXPECT_TRUE(refused(bind(*one, binding(*one, "bad")), "node bad " + why));
  EXPECT_TRUE(refused(bind_legacy(binding(*one, "bad")), "node bad " + why));
  EXPECT_TRUE(admitted(bind(*one, binding(*one, "good"))));

  const auto two = create(pod("two"));
  ASSERT_TRUE(admitted(two));
  EXPECT_TRUE(admitted(bind_legacy(binding(*two, "good"))));
}

TEST_P(Enforcement, A131_ABindingNeedsThePodsUidAndCarriesNothingElse) {
  const auto one = create(pod("one"));
  ASSERT_TRUE(admitted(one));
  Json body = binding(*one, "good");
  body["metadata"].erase("uid");
  EXPECT_TRUE(refused(bind(*one, body), "needs metadata.uid"));
  body = binding(*one, "good");
  body["metadata"]["labels"] = {{"app", "another"}};
  EXPECT_TRUE(refused(bind(*one, body), "must not carry labels"));
  body["metadata"].erase("labels");
  body["metadata"]["annotations"] = {{"note", "x"}};
  EXPECT_TRUE(refused(bind(*one, body), "must not carry labels"));
  body["metadata"]["annotations"] = Json::object();
  body["metadata"]["labels"] = {{"topology.kubernetes.io/zone", "a"}};
  EXPECT_TRUE(admitted(bind(*one, body)));
}

TEST_P(Enforcement, A144_ABindingToAnotherMachineOfThatNameIsRefused) {
  const auto one = create(pod("one"));
  ASSERT_TRUE(admitted(one));
  Json body = binding(*one, "good");
  body["target"]["uid"] = "another-uid";
  EXPECT_TRUE(refused(bind(*one, body), "(it is another machine of that name)"));
  body["target"]["uid"] = "good-uid";
  EXPECT_TRUE(admitted(bind(*one, body)));
}

TEST_P(Enforcement, A132_NobodyToleratesOurTaint) {
  const Json ours = {{"key", api::kTaintKey}, {"operator", "Exists"}};
  const Json all = {{"operator", "Exists"}};
  const Json other = {{"key", "other"}, {"operator", "Exists"}};
  EXPECT_TRUE(
      refused(create(pod("a", {{"tolerations", Json::array({ours})}})), "must not tolerate"));
  EXPECT_TRUE(
      refused(create(pod("b", {{"tolerations", Json::array({all})}})), "must not tolerate"));
  const auto fine = create(pod("c", {{"tolerations", Json::array({other})}}));
  ASSERT_TRUE(admitted(fine));
  Json tolerations = (*fine)["spec"]["tolerations"];
  tolerations.push_back(ours);
  EXPECT_TRUE(refused(client_->patch(kube::kPods, kube::key_of(*fine), kube::PatchType::kMerge,
                                     {{"spec", {{"tolerations", tolerations}}}}, {}, call()),
                      "must not tolerate"));
  // An unrelated update of a pod goes through.
  EXPECT_TRUE(admitted(client_->patch(kube::kPods, kube::key_of(*fine), kube::PatchType::kMerge,
                                      {{"metadata", {{"labels", {{"x", "y"}}}}}}, {}, call())));
}

TEST_P(Enforcement, SteeringAddsTheClassToTheNodeSelectorAndKeepsWhatIsThere) {
  const std::string label = api::class_label(policy_.name);
  const auto plain = create(pod("plain"));
  ASSERT_TRUE(admitted(plain));
  EXPECT_EQ((*plain)["spec"]["nodeSelector"], (Json{{label, "trusted"}}));
  const auto picky = create(pod("picky", {{"nodeSelector", {{"disk", "ssd"}}}}));
  ASSERT_TRUE(admitted(picky));
  EXPECT_EQ((*picky)["spec"]["nodeSelector"], (Json{{"disk", "ssd"}, {label, "trusted"}}));
  const auto liar = create(pod("liar", {{"nodeSelector", {{label, "no"}}}}));
  ASSERT_TRUE(admitted(liar));
  EXPECT_EQ((*liar)["spec"]["nodeSelector"][label], "trusted");
}

TEST_P(Enforcement, AClassThatIsGoneRefusesAndOneThatChangedIsInForceSoon) {
  const auto one = create(pod("one"));
  ASSERT_TRUE(admitted(one));
  const kube::ObjectKey key = kube::cluster_key(policy_.name.str());
  ASSERT_TRUE(client_->patch(kube::kAttestationClasses, key, kube::PatchType::kMerge,
                             {{"holders", {{"good", nullptr}, {"late", "late-uid"}}}}, {}, call()));
  bool changed = false;
  for (int i = 0; i < 50 && !changed; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    changed = !bind(*one, binding(*one, "good")) && i > 5;
  }
  EXPECT_TRUE(changed);
  ASSERT_TRUE(client_->delete_(kube::kAttestationClasses, key, {}, call()));
  std::this_thread::sleep_for(milliseconds(1'000));
  EXPECT_FALSE(bind(*one, binding(*one, "late")));
}

TEST_P(Enforcement, TheWebhookConfigurationIsValid) {
  // A certificate of somebody: only the form is checked, and nobody listens.
  auto address = WebhookAddress{};
  const auto root = client_->get(kube::kConfigMaps, {"kube-system", "kube-root-ca.crt"}, call());
  ASSERT_TRUE(admitted(root));
  address.ca_bundle_pem = (*root)["data"]["ca.crt"].get<std::string>();
  put(kube::kValidatingWebhookConfigurations, webhook_configuration(policy_, address));
  // Nobody answers: what places a pod is refused, what does not is not even asked about.
  Result<Json> placed = create(pod("placed", {{"nodeName", "good"}}));
  for (int i = 0; i < 50 && placed; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    placed = create(pod("placed-" + std::to_string(i), {{"nodeName", "good"}}));
  }
  ASSERT_FALSE(placed);
  EXPECT_NE(placed.error().message().find("placement.seaworthy.dev"), std::string::npos)
      << placed.error().message();
  EXPECT_TRUE(admitted(create(pod("unplaced"))));
}

}  // namespace
}  // namespace seaworthy::controller
