// The controller whole against a real API server with our CRDs (SEAWORTHY_TEST_KUBECONFIG): every
// object that it writes is accepted, and its state comes out as it should. Skipped without one.
#include <gtest/gtest.h>

#include <thread>

#include "controller/controllers.h"
#include "controller/world.h"
#include "kube/contract_environment.h"
#include "telemetry/metrics.h"

namespace seaworthy::controller {
namespace {

using api::Verdict;
using codec::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ToStderr final : public telemetry::LogSink {
 public:
  void write(std::string_view line) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
};

class RealCluster : public testing::ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    const auto definition =
        client_->get(kube::kCustomResourceDefinitions,
                     kube::cluster_key("attestationpolicies.seaworthy.dev"), call());
    if (!definition) {
      GTEST_SKIP() << "the control plane has no CRDs of ours (kubectl apply -f crds/)";
    }
    (void)client_->create(kube::kNamespaces,
                          {{"apiVersion", "v1"},
                           {"kind", "Namespace"},
                           {"metadata", {{"name", api::kSystemNamespace}}}},
                          call());
    apply(kube::kConfigMaps, api::kSystemNamespace, "roots", {{"data", {{"roots.pem", "PEM"}}}});
    apply(kube::kConfigMaps, api::kSystemNamespace, kJwksConfigMap,
          {{"data", {{signer_.key_id(), token::to_jwk_text(signer_.jwk())}}}});
    Json policy = testing::policy_json(prefix_);
    policy["spec"]["nodes"]["selector"]["matchLabels"] = {{"pool", prefix_}};
    policy["spec"]["workloads"]["namespaces"] = Json::array({prefix_});
    policy_ = apply(kube::kAttestationPolicies, "", prefix_, {{"spec", policy["spec"]}});
    node_ = apply(kube::kNodes, "", prefix_, {{"metadata", {{"labels", {{"pool", prefix_}}}}}});
    apply(kube::kNodeAttestations, "", prefix_, {{"spec", Json::object()}});
  }
  void TearDown() override {
    controllers_.reset();
    if (client_ && !IsSkipped()) {
      (void)client_->delete_(kube::kAttestationPolicies, kube::cluster_key(prefix_), {}, call());
      (void)client_->delete_(kube::kNodeAttestations, kube::cluster_key(prefix_), {}, call());
      (void)client_->delete_(kube::kNodes, kube::cluster_key(prefix_), {}, call());
      for (const auto& [resource, key] : all_generated(PolicyName(prefix_))) {
        (void)client_->delete_(resource, key, {}, call());
      }
    }
    ContractTest::TearDown();
  }

  Json apply(const kube::Resource& resource, const std::string& namespace_, const std::string& name,
             const Json& more) {
    Json object =
        api::object_header(resource.api_version(), std::string(resource.kind), name, namespace_);
    object.merge_patch(more);
    auto done = client_->apply(resource, object, {.field_manager = "test-setup"}, call());
    EXPECT_TRUE(done) << done.error().message();
    return done ? *std::move(done) : Json();
  }
  void say(Verdict verdict) {
    api::VerifierStatus status;
    status.identity.emplace();
    status.identity->node_uid = NodeUid(kube::uid_of(node_));
    status.identity->ek_hash = "sha256:" + std::string(64, 'a');
    status.identity->ak_name = "000b" + std::string(64, 'b');
    status.identity->enrolled = clock_.now();
    status.identity->statement = "c3RhdGVtZW50";
    status.results = {{"seaworthy-operator",
                       testing::ear(signer_, {.node = prefix_,
                                              .node_uid = kube::uid_of(node_),
                                              .policy = prefix_,
                                              .policy_uid = kube::uid_of(policy_),
                                              .generation = policy_["metadata"]["generation"],
                                              .verdict = verdict,
                                              .issued = clock_.now()})}};
    const auto done = kube::apply_status(*client_, kube::kNodeAttestations,
                                         api::verifier_status_patch(NodeName(prefix_), status),
                                         "seaworthy-verifier", call());
    EXPECT_TRUE(done) << done.error().message();
  }
  Json get(const kube::Resource& resource, const kube::ObjectKey& key) {
    auto object = client_->get(resource, key, call());
    return object ? *std::move(object) : Json();
  }
  std::string label() {
    return get(kube::kNodes, kube::cluster_key(prefix_))["metadata"]["labels"].value(
        api::class_label(PolicyName(prefix_)), "");
  }
  bool tainted() {
    return get(kube::kNodes, kube::cluster_key(prefix_))["spec"].dump().find(api::kTaintKey) !=
           std::string::npos;
  }
  static bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 300 && !condition(); ++i) {
      std::this_thread::sleep_for(milliseconds(100));
    }
    return condition();
  }

  testing::TestSigner signer_;
  testing::RealRandom random_;
  ToStderr sink_;
  telemetry::Log log_{sink_, clock_, telemetry::Level::kInfo, telemetry::Format::kText};
  telemetry::Metrics registry_;
  Json policy_, node_;
  std::unique_ptr<Controllers> controllers_;
};
INSTANTIATE_TEST_SUITE_P(Against, RealCluster, ::testing::Values(testing::Server::kReal),
                         [](const auto&) { return "Real"; });

TEST_P(RealCluster, PutsAPolicyIntoForceWithdrawsItRepairsItAndRemovesIt) {
  say(Verdict::kTrusted);
  controllers_ =
      std::make_unique<Controllers>(*client_, Options{.identity = prefix_, .lease_name = prefix_},
                                    log_, registry_, clock_, random_, [] {});
  controllers_->start();
  EXPECT_TRUE(eventually([&] { return label() == "trusted"; }));
  EXPECT_FALSE(tainted());
  const kube::ObjectKey class_key = kube::cluster_key(prefix_);
  const kube::ObjectKey hook = kube::cluster_key("seaworthy-" + prefix_);
  const kube::ObjectKey floor = kube::cluster_key("seaworthy-floor-" + prefix_);
  EXPECT_TRUE(eventually([&] {
    return get(kube::kValidatingWebhookConfigurations, hook).is_object() &&
           get(kube::kValidatingAdmissionPolicyBindings, floor).is_object();
  }));
  EXPECT_EQ(get(kube::kAttestationClasses, class_key)["holders"],
            (Json{{prefix_, kube::uid_of(node_)}}));
  EXPECT_TRUE(eventually([&] {
    const Json status =
        get(kube::kAttestationPolicies, kube::cluster_key(prefix_)).value("status", Json::object());
    return status.value("nodes", Json::object()).value("trusted", 0) == 1 &&
           status["conditions"][0]["status"] == "True";
  })) << get(kube::kAttestationPolicies, kube::cluster_key(prefix_)).dump(2);
  const Json attestation = get(kube::kNodeAttestations, kube::cluster_key(prefix_));
  EXPECT_EQ(attestation["status"]["verdicts"][0]["verdict"], "Trusted");
  EXPECT_EQ(attestation["status"]["results"].size(), 1u);
  // The type checker of the API server finds nothing wrong in our expressions.
  const Json checked = get(kube::kValidatingAdmissionPolicies, floor);
  EXPECT_EQ(
      checked["status"].value("typeChecking", Json::object()).dump().find("expressionWarnings"),
      std::string::npos)
      << checked["status"].dump(2);

  say(Verdict::kViolated);
  EXPECT_TRUE(eventually([&] { return label().empty() && tainted(); }));
  EXPECT_TRUE(eventually([&] {
    return get(kube::kAttestationClasses, class_key)["refusals"]
        .value(prefix_, "")
        .starts_with("Violated: PcrMismatch");
  }));

  // A121: by an administrator's hand.
  ASSERT_TRUE(client_->patch(kube::kValidatingWebhookConfigurations, hook, kube::PatchType::kJson,
                             Json::array({{{"op", "add"},
                                           {"path", "/webhooks/0/matchConditions/-"},
                                           {"value", {{"name", "off"}, {"expression", "false"}}}}}),
                             {}, call()));
  EXPECT_TRUE(eventually([&] {
    return get(kube::kValidatingWebhookConfigurations, hook)["webhooks"][0]["matchConditions"]
               .size() == 1;
  }));
  ASSERT_TRUE(client_->delete_(kube::kValidatingAdmissionPolicyBindings, floor, {}, call()));
  EXPECT_TRUE(
      eventually([&] { return get(kube::kValidatingAdmissionPolicyBindings, floor).is_object(); }));

  say(Verdict::kTrusted);
  EXPECT_TRUE(eventually([&] { return label() == "trusted" && !tainted(); }));
  ASSERT_TRUE(client_->delete_(kube::kAttestationPolicies, kube::cluster_key(prefix_), {}, call()));
  EXPECT_TRUE(eventually([&] {
    return label().empty() && get(kube::kValidatingAdmissionPolicies, floor).is_null() &&
           get(kube::kValidatingWebhookConfigurations, hook).is_null();
  }));
  controllers_->stop();
  EXPECT_EQ(get(kube::kLeases, {api::kSystemNamespace, prefix_})["spec"]["holderIdentity"], "");
  (void)client_->delete_(kube::kLeases, {api::kSystemNamespace, prefix_}, {}, call());
}

}  // namespace
}  // namespace seaworthy::controller
