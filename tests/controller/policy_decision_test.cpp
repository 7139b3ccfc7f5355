#include <gtest/gtest.h>

#include "api/what_if.h"
#include "controller/policy.h"
#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using api::ConditionStatus;
using api::Verdict;
using codec::Json;
using std::chrono::seconds;

class PolicyDecisionTest : public ::testing::Test {
 protected:
  PolicyInputs inputs(Json raw) {
    raw["metadata"]["uid"] = "pu";
    raw["metadata"]["generation"] = 1;
    PolicyInputs in{.policy = api::parse_policy(raw), .raw = raw};
    in.config_map_keys = {{"roots", {"roots.pem"}}};
    in.ca_bundle_pem = "CA";
    in.keys = std::make_shared<VerifierKeys>(VerifierKeys{signer_.as_set(), 1});
    return in;
  }
  PolicyInputs::NodeView node(const std::string& name, std::optional<Verdict> verdict,
                              const std::string& pool = "prod") {
    PolicyInputs::NodeView view{
        NodeName(name), NodeUid(name + "-uid"), {{"pool", pool}}, nullptr, std::nullopt};
    if (verdict) {
      api::NodeAttestation attestation;
      attestation.meta.name = name;
      attestation.results = {{"v", testing::ear(signer_, {.node = name,
                                                          .node_uid = name + "-uid",
                                                          .policy = "p",
                                                          .policy_uid = "pu",
                                                          .verdict = *verdict,
                                                          .issued = clock_.now()})}};
      view.ears = cache_.ears(attestation, {signer_.as_set(), 1}, clock_.now());
    }
    return view;
  }

  testing::FakeClock clock_;
  testing::TestSigner signer_;
  EarCache cache_;
};

TEST_F(PolicyDecisionTest, CountsTheNodesItSelectsAndListsTheHolders) {
  PolicyInputs in = inputs(testing::policy_json("p"));
  in.nodes = {node("a", Verdict::kTrusted), node("b", Verdict::kViolated), node("c", std::nullopt),
              node("d", Verdict::kTrusted, "dev")};
  const PolicyDecision d = decide(in, clock_.now());
  EXPECT_EQ(d.counts, (api::NodeCounts{.matched = 3, .trusted = 1, .violated = 1, .unknown = 1}));
  EXPECT_EQ(d.members.holders, (std::map<NodeName, NodeUid>{{NodeName("a"), NodeUid("a-uid")}}));
  EXPECT_EQ(d.next_check, clock_.now() + seconds(120));
  EXPECT_EQ(d.ready.status, ConditionStatus::kTrue);
}

TEST_F(PolicyDecisionTest, SaysOfEveryOtherNodeWhyItDoesNotHoldTheClass) {
  PolicyInputs in = inputs(testing::policy_json("p"));
  in.nodes = {node("a", Verdict::kTrusted), node("b", Verdict::kViolated), node("c", std::nullopt),
              node("d", std::nullopt, "dev")};
  const auto refusals = decide(in, clock_.now()).members.refusals;
  ASSERT_EQ(refusals.size(), 2u);
  EXPECT_EQ(refusals.at(NodeName("b")),
            "Violated: PcrMismatch PCR 4, PCR 4 is not as in the reference values");
  EXPECT_TRUE(refusals.at(NodeName("c")).starts_with("Unknown: NeverAppraised"))
      << refusals.at(NodeName("c"));
}

TEST_F(PolicyDecisionTest, ARefusalIsOneShortLineWhateverTheFindingSays) {
  api::PolicyVerdict violated;
  violated.verdict = Verdict::kViolated;
  violated.findings = {{"UnknownFile", "/bin/a\nb\x1b[2J", std::string(1'000, 'x')},
                       {"UnknownFile", "/bin/c", ""},
                       {"UnknownFile", "/bin/d", ""}};
  const std::string text = refusal(violated);
  EXPECT_TRUE(text.starts_with("Violated: UnknownFile /bin/a b [2J, xxx")) << text;
  EXPECT_LE(text.size(), 400u);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  violated.findings[0].message = "m.";
  EXPECT_TRUE(refusal(violated).ends_with(", m; and 2 more findings"));
}

TEST_F(PolicyDecisionTest, A62_AnExpiredHolderIsNone) {
  PolicyInputs in = inputs(testing::policy_json("p"));
  in.nodes = {node("a", Verdict::kTrusted)};
  const PolicyDecision d = decide(in, clock_.now() + seconds(120));
  EXPECT_TRUE(d.members.holders.empty());
  EXPECT_EQ(d.counts.stale, 1);
}

TEST_F(PolicyDecisionTest, WhatDoesNotParseStaysInForceAndNobodyHoldsIt) {
  Json raw = testing::policy_json("p", "Audit");
  raw["spec"]["evidence"] = {{"boot", "Nonsense"}};
  PolicyInputs in = inputs(raw);
  in.nodes = {node("a", Verdict::kTrusted)};
  const PolicyDecision d = decide(in, clock_.now());
  EXPECT_EQ(d.ready.reason, kInvalidSpec);
  EXPECT_EQ(d.ready.status, ConditionStatus::kFalse);
  EXPECT_TRUE(d.members.holders.empty());
  EXPECT_EQ(d.in_force.namespaces, std::vector{Namespace("payments")});
  EXPECT_EQ(d.in_force.mode, api::EnforcementMode::kAudit);
  raw["spec"]["enforcement"]["mode"] = "Perhaps";
  EXPECT_EQ(decide(inputs(raw), clock_.now()).in_force.mode, api::EnforcementMode::kEnforce);
}

TEST_F(PolicyDecisionTest, ADryRunCountsItsNodesAndGovernsNothing) {
  PolicyInputs in = inputs(testing::policy_json("p", "DryRun"));
  in.nodes = {node("a", Verdict::kTrusted), node("b", Verdict::kViolated)};
  in.ca_bundle_pem.clear();  // nothing is generated that would need one
  const PolicyDecision d = decide(in, clock_.now());
  EXPECT_EQ(d.counts, (api::NodeCounts{.matched = 2, .trusted = 1, .violated = 1}));
  EXPECT_TRUE(d.in_force.namespaces.empty());
  EXPECT_EQ(d.ready.status, ConditionStatus::kTrue);
  EXPECT_EQ(d.ready.reason, kDryRun);
}

TEST_F(PolicyDecisionTest, AWhatIfThatNobodyRemovedGoesAfterAnHour) {
  Json raw = testing::policy_json("p", "DryRun");
  raw["metadata"]["labels"] = {{api::kWhatIfLabel, "x"}};
  raw["metadata"]["creationTimestamp"] = clock_.now().rfc3339();
  const PolicyDecision young = decide(inputs(raw), clock_.now() + seconds(3'599));
  EXPECT_FALSE(young.abandoned);
  EXPECT_EQ(young.next_check, clock_.now() + seconds(3'600)) << "nothing else wakes it";
  EXPECT_TRUE(decide(inputs(raw), clock_.now() + seconds(3'600)).abandoned);
  raw["spec"]["enforcement"]["mode"] = "Enforce";
  EXPECT_FALSE(decide(inputs(raw), clock_.now() + seconds(3'600)).abandoned);
}

TEST_F(PolicyDecisionTest, NamesWhatIsMissing) {
  Json raw = testing::policy_json("p");
  raw["spec"]["evidence"] = {{"boot", "ReferenceValues"},
                             {"referenceValues", Json::array({"debian"})},
                             {"runtime", {{"ima", "Ignored"}}}};
  PolicyInputs in = inputs(raw);
  PolicyDecision d = decide(in, clock_.now());
  EXPECT_EQ(d.ready.reason, kReferenceValueSetNotFound);
  EXPECT_NE(d.ready.message.find("debian"), std::string::npos);

  in.sets = {{"debian", SetState::kFilesOnly}};
  EXPECT_EQ(decide(in, clock_.now()).ready.reason, kReferenceValueSetInvalid);
  in.sets = {{"debian", SetState::kInvalid}};
  EXPECT_EQ(decide(in, clock_.now()).ready.reason, kReferenceValueSetInvalid);
  in.sets = {{"debian", SetState::kDescribesBoot}};
  EXPECT_EQ(decide(in, clock_.now()).ready.reason, kReady);

  in.config_map_keys = {{"roots", {"other"}}};
  d = decide(in, clock_.now());
  EXPECT_EQ(d.ready.reason, kTrustAnchorNotFound);
  EXPECT_NE(d.ready.message.find("roots.pem"), std::string::npos);

  in = inputs(testing::policy_json("p"));
  in.ca_bundle_pem.clear();
  EXPECT_EQ(decide(in, clock_.now()).ready.reason, kCertificateMissing);
}

}  // namespace
}  // namespace seaworthy::controller
