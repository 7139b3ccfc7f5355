#include "commands/what_if_report.h"

#include <gtest/gtest.h>

#include "sample_cluster.h"

namespace seaworthy::commands {
namespace {

// worker1 is Trusted, worker2 Violated, worker3 has never enrolled; one policy, which is tried.
class WhatIfReport : public ::testing::Test {
 protected:
  WhatIfReport() {
    Trial trial{.policy = "production", .selects = {}, .nodes = {}, .dry_run = {}};
    trial.dry_run["metadata"]["name"] = "whatif-x-production";
    plan_.trials = {trial};
    plan_.names = {{"whatif-x-files", "files"}};
  }
  void answers(const std::string& node, api::Verdict v) {
    api::PolicyVerdict verdict;
    verdict.policy = PolicyName("whatif-x-production");
    verdict.verdict = v;
    verdict.reason = v == api::Verdict::kViolated ? "UnknownFile" : "Appraised";
    if (v == api::Verdict::kViolated) {
      verdict.findings = {{"UnknownFile", "/bin/miner", "not in whatif-x-files: list it."}};
    }
    answers_[{"whatif-x-production", node}] = verdict;
  }
  std::vector<Comparison> comparisons() { return compare(plan_, cluster_, answers_, kNow); }
  std::string text(const Output& output = {}) { return report(plan_, comparisons(), output); }
  Outcome outcome() { return outcome_of(comparisons()); }

  Cluster cluster_ = sample_cluster();
  Plan plan_{.id = "x", .trials = {}, .sets = {}, .names = {}};
  Answers answers_;
};

TEST_F(WhatIfReport, SaysWhoChangesAndWhy) {
  answers("worker1", api::Verdict::kViolated);
  answers("worker2", api::Verdict::kTrusted);
  EXPECT_EQ(text(),
            "NODE     POLICY      NOW       THEN      WHY\n"
            "worker1  production  Trusted   Violated  UnknownFile (/bin/miner)\n"
            "worker2  production  Violated  Trusted   \n"
            "worker3  production  Unknown   -         Unknown under production: NeverEnrolled, no "
            "agent on this node has enrolled; is the agent…\n"
            "\n"
            "worker1 under production would be Violated:\n"
            "    - UnknownFile (/bin/miner)\n"
            "      not in files: list it.\n"
            "\n"
            "production: 1 node becomes Trusted, 1 becomes Violated, 1 gives no answer.\n");
  EXPECT_EQ(outcome(), Outcome::kSomebodyWorse);
}

TEST_F(WhatIfReport, NobodyIsWorseIfAllStayWhatTheyAre) {
  answers("worker1", api::Verdict::kTrusted);
  answers("worker2", api::Verdict::kViolated);
  EXPECT_EQ(outcome(), Outcome::kNobodyWorse);
  EXPECT_TRUE(
      text().ends_with("production: 1 node stays Trusted, 1 stays Violated, 1 gives no answer.\n"));
  EXPECT_EQ(text().find("would be"), std::string::npos);
  EXPECT_NE(text({.format = Format::kWide}).find("worker2 under production would be"),
            std::string::npos);
}

TEST_F(WhatIfReport, ANodeThatShouldHaveAnsweredLeavesItUndecided) {
  answers("worker2", api::Verdict::kTrusted);
  EXPECT_EQ(outcome(), Outcome::kUndecided);
  EXPECT_NE(text().find("worker1  production  Trusted   -        no answer in time"),
            std::string::npos)
      << text();
  EXPECT_NE(text().find("whether nobody changes for the worse is not known"), std::string::npos);
  answers_.clear();
  cluster_.attestations.clear();
  EXPECT_EQ(outcome(), Outcome::kUndecided) << "nothing was learned";
}

TEST_F(WhatIfReport, ANewPolicyCanOnlyMakeItWorse) {
  plan_.trials[0].policy = "strict";
  answers("worker1", api::Verdict::kViolated);
  answers("worker2", api::Verdict::kTrusted);
  const auto all = comparisons();
  EXPECT_EQ(all[0].now, std::nullopt);
  EXPECT_EQ(all[0].change, Change::kWorse);
  EXPECT_EQ(all[1].change, Change::kSame);
}

TEST_F(WhatIfReport, WhoIsNotSelectedAnyMoreLosesItsClass) {
  plan_.trials[0].selects.requirements = {{"pool", api::LabelRequirement::Operator::kIn, {"new"}}};
  EXPECT_EQ(outcome(), Outcome::kSomebodyWorse);
  EXPECT_TRUE(text().ends_with("production: 3 nodes are not selected any more.\n")) << text();
  cluster_.attestations.erase("worker1");
  EXPECT_EQ(outcome(), Outcome::kNobodyWorse);
}

TEST_F(WhatIfReport, OnlyNodesWithAVerdictThatHoldsAreWaitedFor) {
  EXPECT_EQ(why_silent(cluster_, "worker1", kNow), std::nullopt);
  EXPECT_EQ(why_silent(cluster_, "worker2", kNow), std::nullopt);
  EXPECT_TRUE(why_silent(cluster_, "worker3", kNow)->starts_with("Unknown under production"));
  EXPECT_TRUE(why_silent(cluster_, "worker1", kNow + seconds(101))->starts_with("Stale under"));
  cluster_.policies[0].policy->mode = api::EnforcementMode::kDryRun;
  EXPECT_TRUE(why_silent(cluster_, "worker1", kNow)->starts_with("no policy in force selects it"));
}

TEST_F(WhatIfReport, JsonHasTheFindings) {
  answers("worker1", api::Verdict::kViolated);
  const auto json = *codec::parse_json(text({.format = Format::kJson}), {.max_bytes = 100'000});
  const auto& node = json.at("nodes").at(0);
  EXPECT_EQ(node.at("now"), "Trusted");
  EXPECT_EQ(node.at("then"), "Violated");
  EXPECT_EQ(node.at("change"), "Worse");
  EXPECT_EQ(node.at("findings").at(0).at("message"), "not in files: list it.");
  EXPECT_EQ(json.at("nodes").at(2).at("then"), codec::Json());
  EXPECT_EQ(json.at("summary").at(0).at("policy"), "production");
}

TEST_F(WhatIfReport, NothingToTryIsNoChange) {
  plan_.trials.clear();
  EXPECT_EQ(text(), "Nothing changes for any node.\n");
  EXPECT_EQ(outcome(), Outcome::kNobodyWorse);
}

}  // namespace
}  // namespace seaworthy::commands
