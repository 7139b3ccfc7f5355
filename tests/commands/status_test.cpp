#include "commands/status.h"

#include <gtest/gtest.h>

#include "sample_cluster.h"

namespace seaworthy::commands {
namespace {

TEST(Status, ShowsEveryNodeUnderEveryPolicyAndWhy) {
  const auto text = status(sample_cluster(), {}, {}, kNow);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text,
            "NODE     POLICY      VERDICT   SINCE   EXPIRES   WHY\n"
            "worker1  production  Trusted   3m ago  in 1m40s  \n"
            "worker2  production  Violated  3m ago  in 1m40s  SecureBootOff (PCR 7) and 1 more\n"
            "worker3  production  Unknown   -       -         NeverEnrolled: no agent on this node "
            "has enrolled; is the agent running there, and has th…\n");
}

TEST(Status, AnExpiredVerdictIsStaleWhateverTheStatusSays) {
  const auto text = status(sample_cluster(), {.node = "worker1"}, {}, kNow + seconds(101));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("Stale"), std::string::npos);
  EXPECT_EQ(text->find("Trusted"), std::string::npos);
}

TEST(Status, JsonHasTheFindings) {
  const auto text = status(sample_cluster(), {.node = "worker2"}, {.format = Format::kJson}, kNow);
  ASSERT_TRUE(text);
  const auto json = *codec::parse_json(*text, {.max_bytes = 100'000});
  const auto& policy = json.at("nodes").at(0).at("policies").at(0);
  EXPECT_EQ(policy.at("verdict"), "Violated");
  EXPECT_EQ(policy.at("findings").size(), 2u);
}

TEST(Status, ADryRunIsMarkedAsOne) {
  Cluster cluster = sample_cluster();
  cluster.policies[0].policy->mode = api::EnforcementMode::kDryRun;
  EXPECT_NE(status(cluster, {}, {}, kNow)->find("worker2  production (DryRun)  Violated"),
            std::string::npos);
  const auto text = status(cluster, {.node = "worker2"}, {.format = Format::kJson}, kNow);
  const auto json = *codec::parse_json(*text, {.max_bytes = 100'000});
  EXPECT_EQ(json.at("nodes").at(0).at("policies").at(0).at("mode"), "DryRun");
}

TEST(Status, SaysSoIfNothingIsThere) {
  EXPECT_EQ(status(sample_cluster(), {.node = "x"}, {}, kNow).error().message(),
            "there is no node 'x'");
  EXPECT_EQ(status(sample_cluster(), {.policy = "x"}, {}, kNow).error().message(),
            "there is no attestationpolicy 'x'");
  EXPECT_NE(status(Cluster{}, {}, {}, kNow)->find("No AttestationPolicy exists"),
            std::string::npos);
}

TEST(Status, APolicyThatCannotBeReadStillShowsItsNodes) {
  Cluster cluster = sample_cluster();
  cluster.policies[0].policy = malformed("spec.evidence: broken");
  const auto text = status(cluster, {}, {}, kNow);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("worker3  production"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::commands
