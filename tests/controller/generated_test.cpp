// The generated objects as text: a change of any of them is a change of what the API server
// enforces and has to be seen. hack/update-golden is not needed: SEAWORTHY_UPDATE_GOLDEN=1 writes
// the file. That a real API server takes them and does what they say is in enforcement_test.cpp.
#include "controller/generated.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace seaworthy::controller {
namespace {

using codec::Json;

PolicyInForce policy(api::EnforcementMode mode = api::EnforcementMode::kEnforce) {
  return {
      PolicyName("production"), "policy-uid", mode, {Namespace("ledger"), Namespace("payments")}};
}
const WebhookAddress kAddress{.ca_bundle_pem = "CA BUNDLE"};

Json all(api::EnforcementMode mode) {
  Json out = Json::array();
  out.push_back(
      attestation_class(policy(mode), {.holders = {{NodeName("n1"), NodeUid("u1")}},
                                       .refusals = {{NodeName("n2"), "Stale: Expired"}}}));
  for (const Generated& object : generated(policy(mode), kAddress, true)) {
    out.push_back(object.object);
  }
  return out;
}

class Golden : public ::testing::TestWithParam<api::EnforcementMode> {};
TEST_P(Golden, IsAsReviewed) {
  const std::string path = std::string(SEAWORTHY_TEST_DATA) + "/controller/generated-" +
                           std::string(api::name(GetParam())) + ".json";
  const std::string now = all(GetParam()).dump(2) + "\n";
  if (std::getenv("SEAWORTHY_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << now;
  }
  std::ifstream in(path);
  std::stringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(golden.str(), now);
}
INSTANTIATE_TEST_SUITE_P(Modes, Golden,
                         ::testing::Values(api::EnforcementMode::kEnforce,
                                           api::EnforcementMode::kWarn,
                                           api::EnforcementMode::kAudit),
                         [](const auto& row) { return std::string(api::name(row.param)); });

TEST(Generated, A118_A119_NamespacesAreSelectedByNameAndPodsByNothing) {
  for (const Generated& object : generated(policy(), kAddress, true)) {
    const std::string text = object.object.dump();
    EXPECT_EQ(text.find("objectSelector"), std::string::npos) << object.resource.plural;
    if (const auto at = text.find("namespaceSelector"); at != std::string::npos) {
      EXPECT_NE(text.find("kubernetes.io/metadata.name"), std::string::npos);
      EXPECT_EQ(text.find("matchLabels"), std::string::npos);
    }
  }
}

TEST(Generated, A122_OnlyEnforceFailsClosed) {
  using enum api::EnforcementMode;
  for (const auto mode : {kEnforce, kWarn, kAudit}) {
    const bool enforce = mode == kEnforce;
    const Json hook = webhook_configuration(policy(mode), kAddress)["webhooks"][0];
    EXPECT_EQ(hook["failurePolicy"], enforce ? "Fail" : "Ignore");
    EXPECT_EQ(floor_policy(policy(mode))["spec"]["failurePolicy"], enforce ? "Fail" : "Ignore");
    EXPECT_EQ(floor_binding(policy(mode))["spec"]["paramRef"]["parameterNotFoundAction"],
              enforce ? "Deny" : "Allow");
  }
}

TEST(Generated, AClassThatWouldBeTooLargeKeepsItsHoldersAndFewerReasons) {
  ClassMembers members;
  for (int i = 0; i < 5'000; ++i) {
    const std::string n = std::to_string(10'000 + i);
    members.holders[NodeName("holder-" + n)] = NodeUid(std::string(36, 'u'));
    members.refusals[NodeName("refused-" + n)] = std::string(400, 'w');
  }
  const Json object = attestation_class(policy(), members);
  EXPECT_EQ(object["holders"].size(), 5'000u);
  EXPECT_GT(object["refusals"].size(), 1'000u);
  EXPECT_LT(object["refusals"].size(), 5'000u);
  EXPECT_LT(object.dump().size(), 1'048'576u);
}

TEST(Generated, A131_AllThreeWaysToPlaceAPodAreIntercepted) {
  const Json rule = webhook_configuration(policy(), kAddress)["webhooks"][0]["rules"][0];
  EXPECT_EQ(rule["resources"], (Json{"pods", "pods/binding", "bindings"}));
  const std::string floor = floor_policy(policy())["spec"]["matchConstraints"].dump();
  for (const char* resource : {"\"pods\"", "\"pods/binding\"", "\"bindings\""}) {
    EXPECT_NE(floor.find(resource), std::string::npos) << resource;
  }
}

TEST(Generated, SteeringIsLeftOutIfNotEnforcedOrNotSupported) {
  const auto has_steering = [](api::EnforcementMode mode, bool supported) {
    for (const Generated& object : generated(policy(mode), kAddress, supported)) {
      if (object.resource.plural == kube::kMutatingAdmissionPolicies.plural) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(has_steering(api::EnforcementMode::kEnforce, true));
  EXPECT_FALSE(has_steering(api::EnforcementMode::kEnforce, false));
  EXPECT_FALSE(has_steering(api::EnforcementMode::kWarn, true));
}

TEST(Generated, AClassWithoutNamespacesOnlyMarksNodes) {
  PolicyInForce marker = policy();
  marker.namespaces.clear();
  EXPECT_TRUE(generated(marker, kAddress, true).empty());
}

TEST(Generated, EveryObjectThatIsMadeIsAlsoRemoved) {
  const auto removable = all_generated(PolicyName("production"));
  for (const Generated& object : generated(policy(), kAddress, true)) {
    const bool found = std::any_of(removable.begin(), removable.end(), [&](const auto& entry) {
      return entry.first.plural == object.resource.plural &&
             entry.second == kube::key_of(object.object);
    });
    EXPECT_TRUE(found) << object.resource.plural;
  }
  EXPECT_EQ(removable.size(), 6u);
}

TEST(Generated, ObjectsBelongToThePolicySoThatTheGarbageCollectorRemovesThem) {
  for (const Json& object : all(api::EnforcementMode::kEnforce)) {
    ASSERT_EQ(object["metadata"]["ownerReferences"].size(), 1u);
    EXPECT_EQ(object["metadata"]["ownerReferences"][0]["uid"], "policy-uid");
    EXPECT_EQ(object["metadata"]["labels"][kPolicyLabel], "production");
  }
}

TEST(Generated, AnUrlReplacesTheServiceOutsideACluster) {
  const Json client =
      webhook_configuration(policy(), {.url = "https://127.0.0.1:9443/validate",
                                       .ca_bundle_pem = "x"})["webhooks"][0]["clientConfig"];
  EXPECT_FALSE(client.contains("service"));
  EXPECT_EQ(client["url"], "https://127.0.0.1:9443/validate");
}

}  // namespace
}  // namespace seaworthy::controller
