#include <gtest/gtest.h>

#include "controller/node.h"
#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using api::Verdict;
using codec::Json;
using std::chrono::seconds;
using testing::Says;

constexpr const char* kLabel = "seaworthy.node-restriction.kubernetes.io/p";

class NodeDecisionTest : public ::testing::Test {
 protected:
  NodeDecisionTest() {
    in_.node.meta.name = "n1";
    in_.node.meta.uid = "nu";
    in_.node.meta.resource_version = ResourceVersion("7");
    in_.node.meta.labels = {{"pool", "prod"}, {"other", "x"}};
    in_.node.raw_taints =
        Json::array({{{"key", "node.kubernetes.io/not-ready"}, {"effect", "NoSchedule"}}});
    in_.policies = {testing::parsed_policy(testing::policy_json("p"), "pu")};
    in_.keys = std::make_shared<VerifierKeys>(VerifierKeys{signer_.as_set(), 1});
    in_.attestation.emplace();
    in_.attestation->meta.name = "n1";
    in_.attestation->identity.emplace();
    in_.attestation->identity->node_uid = NodeUid("nu");
  }
  void say(Verdict verdict) {
    in_.attestation->results = {{"v", testing::ear(signer_, {.node = "n1",
                                                             .node_uid = "nu",
                                                             .policy = "p",
                                                             .policy_uid = "pu",
                                                             .verdict = verdict,
                                                             .issued = clock_.now()})}};
    in_.ears = cache_.ears(*in_.attestation, *in_.keys, clock_.now());
  }
  NodeDecision decision() { return decide(in_, clock_.now()); }
  // As if all of it had been written.
  void write(const NodeDecision& done) {
    in_.attestation->verdicts = done.verdicts;
    for (const auto& [key, value] : done.labels) {
      value ? void(in_.node.meta.labels[key] = *value) : void(in_.node.meta.labels.erase(key));
    }
    if (done.taints) {
      in_.node.raw_taints = *done.taints;
    }
  }
  bool tainted(const NodeDecision& done) {
    const Json taints = done.taints.value_or(in_.node.raw_taints);
    return taints.dump().find(api::kTaintKey) != std::string::npos;
  }

  testing::FakeClock clock_;
  testing::TestSigner signer_;
  EarCache cache_;
  NodeInputs in_;
};

TEST_F(NodeDecisionTest, ATrustedNodeGetsTheLabelAndNoTaint) {
  say(Verdict::kTrusted);
  const NodeDecision d = decision();
  EXPECT_EQ(d.labels, (std::map<std::string, std::optional<std::string>>{{kLabel, "trusted"}}));
  EXPECT_FALSE(tainted(d));
  EXPECT_TRUE(d.write_verdicts);
  EXPECT_EQ(d.next_check, clock_.now() + seconds(120));
  ASSERT_EQ(d.changes.size(), 1u);
  EXPECT_EQ(d.changes[0].before, Verdict::kUnknown);
}

TEST_F(NodeDecisionTest, OthersAreTaintedAndLoseTheLabelAndForeignTaintsStay) {
  in_.node.meta.labels[kLabel] = "trusted";
  say(Verdict::kViolated);
  const NodeDecision d = decision();
  EXPECT_EQ(d.labels.at(kLabel), std::nullopt);
  ASSERT_TRUE(d.taints);
  EXPECT_EQ(d.taints->size(), 2u);
  EXPECT_EQ((*d.taints)[0]["key"], "node.kubernetes.io/not-ready");
  EXPECT_EQ((*d.taints)[1], (Json{{"key", api::kTaintKey}, {"effect", "NoSchedule"}}));
}

TEST_F(NodeDecisionTest, WhatIsWrittenIsNotWrittenAgain) {
  say(Verdict::kTrusted);
  write(decision());
  const NodeDecision d = decision();
  EXPECT_TRUE(d.labels.empty());
  EXPECT_FALSE(d.taints);
  EXPECT_FALSE(d.write_verdicts);
  EXPECT_TRUE(d.changes.empty());
  EXPECT_EQ(node_patch(in_.node, d), std::nullopt);
}

TEST_F(NodeDecisionTest, ARenewedResultIsWrittenOnlyWhenTheTimeShownHasCome) {
  say(Verdict::kTrusted);
  write(decision());
  clock_.advance(seconds(60));
  say(Verdict::kTrusted);
  NodeDecision d = decision();
  EXPECT_FALSE(d.write_verdicts);
  EXPECT_EQ(d.next_check, clock_.now() + seconds(60)) << "wakes when the time shown has come";
  clock_.advance(seconds(60));
  d = decision();
  EXPECT_TRUE(d.write_verdicts);
  EXPECT_TRUE(d.labels.empty());
  EXPECT_TRUE(d.changes.empty());
}

TEST_F(NodeDecisionTest, A62_ExpiryWithdrawsEverythingWithoutAnEvent) {
  say(Verdict::kTrusted);
  write(decision());
  clock_.advance(seconds(120));
  const NodeDecision d = decision();
  EXPECT_EQ(d.verdicts[0].verdict, Verdict::kStale);
  EXPECT_EQ(d.labels.at(kLabel), std::nullopt);
  EXPECT_TRUE(tainted(d));
}

TEST_F(NodeDecisionTest, A143_ALabelOfOurPrefixThatSomebodyElseSetIsRemoved) {
  in_.node.meta.labels["seaworthy.node-restriction.kubernetes.io/other"] = "trusted";
  in_.node.meta.labels[kLabel] = "yes";
  say(Verdict::kTrusted);
  const NodeDecision d = decision();
  EXPECT_EQ(d.labels.at("seaworthy.node-restriction.kubernetes.io/other"), std::nullopt);
  EXPECT_EQ(d.labels.at(kLabel), "trusted");
  EXPECT_FALSE(d.labels.contains("pool"));
}

TEST_F(NodeDecisionTest, ANodeThatNoPolicySelectsIsLeftAlone) {
  say(Verdict::kTrusted);
  write(decision());
  in_.node.meta.labels["pool"] = "dev";
  const NodeDecision d = decision();
  EXPECT_TRUE(d.verdicts.empty());
  EXPECT_TRUE(d.write_verdicts);
  EXPECT_EQ(d.labels.at(kLabel), std::nullopt);
  EXPECT_FALSE(tainted(d));
}

TEST_F(NodeDecisionTest, OneClassHeldOfTwoIsEnoughAgainstTheTaint) {
  in_.policies.push_back(testing::parsed_policy(testing::policy_json("q"), "qu"));
  say(Verdict::kTrusted);
  const NodeDecision d = decision();
  EXPECT_EQ(d.verdicts.size(), 2u);
  EXPECT_EQ(d.labels.size(), 1u);
  EXPECT_FALSE(tainted(d));
}

TEST_F(NodeDecisionTest, PoliciesThatOnlyWarnOrAuditDoNotTaint) {
  for (const char* mode : {"Warn", "Audit"}) {
    in_.policies = {testing::parsed_policy(testing::policy_json("p", mode), "pu")};
    say(Verdict::kViolated);
    EXPECT_FALSE(tainted(decision())) << mode;
  }
}

TEST_F(NodeDecisionTest, ADryRunGivesAVerdictAndNothingElse) {
  in_.policies = {testing::parsed_policy(testing::policy_json("p", "DryRun"), "pu")};
  for (const auto verdict : {Verdict::kTrusted, Verdict::kViolated}) {
    say(verdict);
    const NodeDecision d = decision();
    ASSERT_EQ(d.verdicts.size(), 1u);
    EXPECT_EQ(d.verdicts[0].verdict, verdict);
    EXPECT_TRUE(d.write_verdicts);
    EXPECT_TRUE(d.labels.empty());
    EXPECT_FALSE(tainted(d));
    EXPECT_TRUE(d.changes.empty());
  }
}

TEST_F(NodeDecisionTest, TrustedInADryRunAloneIsNoRefugeFromTheTaint) {
  in_.policies = {testing::parsed_policy(testing::policy_json("p", "DryRun"), "pu"),
                  testing::parsed_policy(testing::policy_json("q"), "qu")};
  say(Verdict::kTrusted);
  EXPECT_TRUE(tainted(decision()));
}

TEST_F(NodeDecisionTest, A144_ANewNodeOfTheSameNameStartsAtUnknown) {
  say(Verdict::kTrusted);
  write(decision());
  in_.node.meta.uid = "new";
  const NodeDecision d = decision();
  EXPECT_EQ(d.verdicts[0].verdict, Verdict::kUnknown);
  EXPECT_EQ(d.labels.at(kLabel), std::nullopt);
  EXPECT_TRUE(tainted(d));
}

TEST_F(NodeDecisionTest, A114_ThePatchIsBoundToThisNodeAndVersion) {
  say(Verdict::kTrusted);
  const auto patch = node_patch(in_.node, decision());
  ASSERT_TRUE(patch);
  EXPECT_EQ((*patch)["metadata"]["uid"], "nu");
  EXPECT_EQ((*patch)["metadata"]["resourceVersion"], "7");
}

TEST_F(NodeDecisionTest, UninstallingTakesBackOnlyWhatIsOurs) {
  in_.node.meta.labels[kLabel] = "trusted";
  in_.node.raw_taints.push_back({{"key", api::kTaintKey}, {"effect", "NoSchedule"}});
  const NodeDecision d = decide_nothing(in_.node);
  EXPECT_EQ(d.labels, (std::map<std::string, std::optional<std::string>>{{kLabel, std::nullopt}}));
  EXPECT_EQ(d.taints->size(), 1u);
}

}  // namespace
}  // namespace seaworthy::controller
