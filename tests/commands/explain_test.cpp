#include "commands/explain.h"

#include <gtest/gtest.h>

#include "sample_cluster.h"

namespace seaworthy::commands {
namespace {

bool contains(const Result<std::string>& text, const std::string& part) {
  EXPECT_TRUE(text) << text.error().message();
  return text && text->find(part) != std::string::npos;
}

TEST(Explain, ANodeShowsEveryFindingAndItsAdvice) {
  const auto text = explain_node(sample_cluster(), "worker2", {}, kNow);
  EXPECT_TRUE(contains(text, "production: Violated, since 3m"));
  EXPECT_TRUE(contains(text, "SecureBootOff (PCR 7)\n      Secure Boot is off: turn it on."));
  EXPECT_TRUE(contains(text, "Governed namespaces that may run here: none"));
  EXPECT_TRUE(contains(explain_node(sample_cluster(), "worker1", {}, kNow),
                       "Governed namespaces that may run here: payments"));
}

TEST(Explain, ANodeShowsWhoVouchesForItsTpm) {
  Cluster cluster = sample_cluster();
  api::NodeAttestation& record = cluster.attestations.at("worker1");
  record.identity.emplace();
  const auto said = [&](const char* endorsed_by) {
    record.identity->endorsed_by = endorsed_by;
    return explain_node(cluster, "worker1", {}, kNow);
  };
  EXPECT_TRUE(contains(said("EndorsementKeyCertificate"), "Vouched for by:   its maker"));
  EXPECT_TRUE(contains(said("AttestationKeyCertificate"), "includes its hypervisor"));
  EXPECT_TRUE(contains(said("Pin"), "there is no certificate"));
  EXPECT_TRUE(contains(said(""), "Vouched for by:   -"));
}

TEST(Explain, ADryRunIsMarkedAsOne) {
  Cluster cluster = sample_cluster();
  cluster.policies[0].policy->mode = api::EnforcementMode::kDryRun;
  EXPECT_TRUE(
      contains(explain_node(cluster, "worker2", {}, kNow), "production (DryRun): Violated"));
}

TEST(Explain, ANamespaceShowsWhereItsPodsMayRun) {
  const auto text = explain_namespace(sample_cluster(), "payments", {}, kNow);
  EXPECT_TRUE(contains(text, "worker1  yes"));
  EXPECT_TRUE(contains(text, "worker2  no       production: Violated, SecureBootOff"));
  EXPECT_TRUE(contains(text, "worker3  no       production: Unknown, NeverEnrolled"));
  EXPECT_TRUE(contains(explain_namespace(sample_cluster(), "dev", {}, kNow), "is not governed"));
}

TEST(Explain, APolicyThatCannotBeReadSaysThatNothingIsAdmitted) {
  Cluster cluster = sample_cluster();
  cluster.policies[0].policy = malformed("spec.evidence: broken");
  EXPECT_TRUE(contains(explain_namespace(cluster, "payments", {}, kNow),
                       "cannot be honoured, so nothing is admitted: spec.evidence: broken"));
}

TEST(Explain, APodSaysWhatTheSchedulerSaysAndWhereItMayRun) {
  const codec::Json pod = {{"metadata", {{"name", "p"}, {"namespace", "payments"}}},
                           {"spec", codec::Json::object()},
                           {"status",
                            {{"phase", "Pending"},
                             {"conditions",
                              {{{"type", "PodScheduled"},
                                {"status", "False"},
                                {"reason", "Unschedulable"},
                                {"lastTransitionTime", "2026-11-24T13:34:05Z"},
                                {"message", "0/3 nodes"}}}}}}};
  const auto text = explain_pod(sample_cluster(), pod, {}, kNow);
  EXPECT_TRUE(contains(text, "is not bound to a node yet"));
  EXPECT_TRUE(contains(text, "The scheduler says: 0/3 nodes"));
  EXPECT_TRUE(contains(text, "worker1  yes"));
}

TEST(Explain, WhatDoesNotExistIsAnError) {
  EXPECT_FALSE(explain_node(sample_cluster(), "x", {}, kNow));
}

}  // namespace
}  // namespace seaworthy::commands
