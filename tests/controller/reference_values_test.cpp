#include "controller/reference_values.h"

#include <gtest/gtest.h>

#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using api::ConditionStatus;
using api::Verdict;

class SetDecisionTest : public ::testing::Test {
 protected:
  SetDecisionTest() {
    in_.set.meta.name = "old";
    in_.set.meta.generation = 1;
    in_.set.retire_after = clock_.now() + seconds(3600);
    in_.policies = {testing::parsed_policy(testing::policy_json("p"), "pu")};
    in_.keys = std::make_shared<VerifierKeys>(VerifierKeys{signer_.as_set(), 1});
  }
  void node(const std::string& name, const std::string& boot_set,
            Verdict verdict = Verdict::kTrusted, const std::string& pool = "prod") {
    SetInputs::Node view{NodeName(name), NodeUid(name + "-uid"), {{"pool", pool}}, nullptr};
    if (!boot_set.empty()) {
      api::NodeAttestation attestation;
      attestation.meta.name = name;
      attestation.results = {{"v", testing::ear(signer_, {.node = name,
                                                          .node_uid = name + "-uid",
                                                          .policy = "p",
                                                          .policy_uid = "pu",
                                                          .verdict = verdict,
                                                          .issued = clock_.now(),
                                                          .boot_set = boot_set})}};
      view.ears = cache_.ears(attestation, {signer_.as_set(), 1}, clock_.now());
    }
    in_.nodes.push_back(std::move(view));
  }
  SetDecision now(seconds later = seconds(0)) { return decide(in_, clock_.now() + later); }
  // What decide() found stands in status the next time.
  void remember(const SetDecision& decision) {
    in_.set.use = decision.use;
    in_.set.conditions = {decision.in_force, decision.retired};
    in_.nodes.clear();
  }

  testing::FakeClock clock_;
  testing::TestSigner signer_;
  EarCache cache_;
  SetInputs in_;
};

TEST_F(SetDecisionTest, SaysWhoUsesIt) {
  node("a", "old");
  node("b", "old", Verdict::kViolated);  // an unknown file, say: it booted the old set all the same
  node("c", "new");
  node("d", "old", Verdict::kTrusted, "dev");  // no policy of the set selects it
  const SetDecision decision = now();
  EXPECT_EQ(decision.use.nodes, 2);
  EXPECT_EQ(decision.use.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(decision.use.first_used, clock_.now());
  EXPECT_EQ(decision.in_force.status, ConditionStatus::kTrue);
  EXPECT_EQ(decision.retired.status, ConditionStatus::kFalse);
}

TEST_F(SetDecisionTest, NamesSixteenAtMost) {
  for (int i = 0; i < 20; ++i) {
    node("n" + std::to_string(i), "old");
  }
  EXPECT_EQ(now().use.nodes, 20);
  EXPECT_EQ(now().use.names.size(), api::kMaxUsersShown);
}

TEST_F(SetDecisionTest, IsRetiredEarlyWhenEveryNodeHasMovedOn) {
  node("a", "old");
  remember(now());
  node("a", "new");
  const SetDecision retired = now();
  EXPECT_EQ(retired.retired.status, ConditionStatus::kTrue);
  EXPECT_EQ(retired.in_force.status, ConditionStatus::kFalse);
  EXPECT_EQ(retired.in_force.reason, kSetUnused);
  // It stays so, whoever comes back.
  remember(retired);
  node("a", "old");
  EXPECT_EQ(now().retired.status, ConditionStatus::kTrue);
  // Until a person changes spec.
  in_.set.meta.generation = 2;
  EXPECT_EQ(now().in_force.status, ConditionStatus::kTrue);
}

TEST_F(SetDecisionTest, IsNotRetiredEarlyBeforeAnybodyRanIt) {
  node("a", "older");
  EXPECT_EQ(now().in_force.status, ConditionStatus::kTrue);
}

TEST_F(SetDecisionTest, IsNotRetiredEarlyWhileANodeMayComeBackWithIt) {
  const auto after = [&](auto last) {
    in_.nodes.clear();
    node("a", "old");
    remember(now());
    last();
    return now().retired.status;
  };
  EXPECT_EQ(after([&] { node("a", ""); }), ConditionStatus::kFalse) << "silent";
  EXPECT_EQ(after([&] { node("a", "new", Verdict::kViolated); }), ConditionStatus::kFalse);
  EXPECT_EQ(after([&] {
              node("a", "new");
              node("b", "");
            }),
            ConditionStatus::kFalse);
  EXPECT_EQ(after([&] { node("a", "new"); }), ConditionStatus::kTrue);
  in_.set.conditions.clear();
  EXPECT_EQ(after([&] {
              node("a", "new");
              in_.set.retire_after.reset();
            }),
            ConditionStatus::kFalse)
      << "nobody said that it is old";
}

TEST_F(SetDecisionTest, AStaleNodeKeepsIt) {
  node("a", "old");
  remember(now());
  node("a", "new");
  EXPECT_EQ(now(seconds(120)).retired.status, ConditionStatus::kFalse);
}

TEST_F(SetDecisionTest, CountsInItsWindowOnly) {
  in_.set.not_before = clock_.now() + seconds(60);
  EXPECT_EQ(now().in_force.reason, kSetNotYet);
  EXPECT_EQ(now(seconds(60)).in_force.reason, kSetInForce);
  EXPECT_EQ(now(seconds(3600)).in_force.reason, kSetWindowEnded);
  in_.policies.clear();
  EXPECT_EQ(now().next_check, in_.set.not_before);
  EXPECT_EQ(now(seconds(60)).next_check, in_.set.retire_after);
  EXPECT_FALSE(now(seconds(3600)).next_check);
}

}  // namespace
}  // namespace seaworthy::controller
