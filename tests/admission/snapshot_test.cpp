#include "admission/snapshot.h"

#include <gtest/gtest.h>

#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using seaworthy::testing::parsed;
using seaworthy::testing::policy_object;

TEST(PolicyView, KeepsWhatAdmissionNeeds) {
  const PolicyView view =
      PolicyView::of(policy_object("production", {"payments", "ledger"}, "Warn"));
  EXPECT_EQ(view.name, PolicyName("production"));
  EXPECT_EQ(view.uid, "uid-production");
  EXPECT_EQ(view.namespaces, (std::vector<Namespace>{Namespace("payments"), Namespace("ledger")}));
  EXPECT_EQ(view.mode, api::EnforcementMode::kWarn);
  EXPECT_EQ(view.broken, "");
}

TEST(PolicyView, OfABrokenPolicyStillGovernsAndEnforces) {
  auto object = policy_object("production", {"payments"}, "Audit");
  object["spec"]["demandOfANewerVersion"] = true;
  const PolicyView view = PolicyView::of(object);
  EXPECT_EQ(view.name, PolicyName("production"));
  EXPECT_EQ(view.namespaces, std::vector<Namespace>{Namespace("payments")});
  EXPECT_EQ(view.mode, api::EnforcementMode::kEnforce);
  EXPECT_EQ(view.broken, "spec.demandOfANewerVersion: unknown field");
}

TEST(PolicyView, OfADryRunGovernsNothingEvenIfBroken) {
  auto object = policy_object("production", {"payments"}, "DryRun");
  EXPECT_TRUE(PolicyView::of(object).namespaces.empty());
  object["spec"]["demandOfANewerVersion"] = true;
  EXPECT_TRUE(PolicyView::of(object).namespaces.empty());
}

TEST(PolicyView, OfNoPolicyGovernsNothing) {
  for (const char* text : {"null", "[]", "{}", R"({"metadata": {"name": 7}})"}) {
    const PolicyView view = PolicyView::of(parsed(text));
    EXPECT_TRUE(view.namespaces.empty());
    EXPECT_FALSE(view.broken.empty());
  }
}

TEST(Snapshot, ChangesMakeACopyAndLeaveTheOriginal) {
  const Snapshot empty;
  const Snapshot one = empty.with_node(NodeName("n1"), NodeUid("u1"));
  const Snapshot two = one.with_node(NodeName("n1"), NodeUid("u2"));
  EXPECT_EQ(empty.find_node(NodeName("n1")), nullptr);
  EXPECT_EQ(one.find_node(NodeName("n1"))->uid, NodeUid("u1"));
  EXPECT_EQ(two.find_node(NodeName("n1"))->uid, NodeUid("u2"));
  EXPECT_EQ(empty.node_count(), 0u);
  EXPECT_EQ(two.node_count(), 1u);
}

TEST(Snapshot, ResultsAndNodeComeAndGoInAnyOrder) {
  const NodeName n1("n1");
  const ResultView result{"v", "k", NodeUid("u1"), {}, {}};
  Snapshot snapshot = Snapshot().with_results(n1, {result}, "");
  EXPECT_EQ(snapshot.find_node(n1)->uid, NodeUid(""));
  snapshot = snapshot.with_node(n1, NodeUid("u1"));
  EXPECT_EQ(snapshot.find_node(n1)->results.size(), 1u);
  snapshot = snapshot.with_node(n1, NodeUid(""));
  ASSERT_NE(snapshot.find_node(n1), nullptr);
  snapshot = snapshot.with_results(n1, {}, "");
  EXPECT_EQ(snapshot.find_node(n1), nullptr);
  EXPECT_EQ(snapshot.node_count(), 0u);
}

TEST(Snapshot, KnowsAllPoliciesOfANamespace) {
  Snapshot snapshot = Snapshot()
                          .with_policy(PolicyView::of(policy_object("b", {"payments", "payments"})))
                          .with_policy(PolicyView::of(policy_object("a", {"payments", "ledger"})));
  ASSERT_EQ(snapshot.governing(Namespace("payments")).size(), 2u);
  EXPECT_EQ(snapshot.governing(Namespace("payments"))[0]->name, PolicyName("a"));
  EXPECT_EQ(snapshot.governing(Namespace("ledger")).size(), 1u);
  EXPECT_TRUE(snapshot.governing(Namespace("other")).empty());
  // A changed policy governs what it names now; one that is gone, nothing.
  snapshot = snapshot.with_policy(PolicyView::of(policy_object("a", {"other"})));
  EXPECT_EQ(snapshot.governing(Namespace("payments")).size(), 1u);
  EXPECT_TRUE(snapshot.governing(Namespace("ledger")).empty());
  snapshot = snapshot.without_policy(PolicyName("b")).without_policy(PolicyName("absent"));
  EXPECT_TRUE(snapshot.governing(Namespace("payments")).empty());
  EXPECT_EQ(snapshot.policy_count(), 1u);
}

TEST(Snapshot, HoldsThousandsOfNodes) {
  Snapshot snapshot;
  for (int i = 0; i < 2000; ++i) {
    snapshot = snapshot.with_node(NodeName("n" + std::to_string(i)), NodeUid(std::to_string(i)));
  }
  EXPECT_EQ(snapshot.node_count(), 2000u);
  EXPECT_EQ(snapshot.find_node(NodeName("n1234"))->uid, NodeUid("1234"));
}

}  // namespace
}  // namespace seaworthy::admission
