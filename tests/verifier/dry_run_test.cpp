// Policies in mode DryRun: judged by the evidence that comes anyway, and nothing else differs.
#include <gtest/gtest.h>

#include "token/ear.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

class DryRunTest : public ::testing::Test {
 protected:
  // The policy of the rig in mode DryRun, under another name and with another spec.
  void try_out(
      const std::string& name,
      const std::function<void(codec::Json& spec)>& change = [](codec::Json&) {}) {
    codec::Json policy =
        *rig_.server_.find(kube::kAttestationPolicies, kube::cluster_key("production"));
    codec::Json spec = policy["spec"];
    spec["enforcement"]["mode"] = "DryRun";
    change(spec);
    codec::Json object = api::object_header(api::kGroupVersion, "AttestationPolicy", name);
    object["spec"] = std::move(spec);
    rig_.server_.put(kube::kAttestationPolicies, object);
    ASSERT_TRUE(rig_.eventually([&] { return known(name); }));
  }
  bool known(const std::string& name) {
    const auto views = rig_.view_.current();
    return std::any_of(views->begin(), views->end(),
                       [&](const auto& view) { return view->policy.meta.name == name; });
  }
  void remove(const std::string& name) {
    rig_.server_.erase(kube::kAttestationPolicies, kube::cluster_key(name));
    ASSERT_TRUE(rig_.eventually([&] { return !known(name); }));
  }
  std::map<std::string, std::string> verdicts(const VerifierRig::Reply& reply) {
    std::map<std::string, std::string> out;
    for (const auto& verdict : reply.body.at("verdicts")) {
      out[verdict.at("policy")] = verdict.at("verdict");
    }
    return out;
  }
  // The signed text under that name in the record, "" if there is none.
  std::string entry(const std::string& verifier) {
    const auto record = rig_.record("n1");
    for (const api::SignedResult& result : record->results) {
      if (result.verifier == verifier) {
        return result.ear;
      }
    }
    return "";
  }
  token::EarClaims claims(const std::string& verifier) {
    token::KeySet keys;
    EXPECT_TRUE(
        keys.add(*token::parse_jwk(rig_.signer_.public_entry(rig_.clock_.now() + seconds(60)))));
    const auto ear = token::verify_ear(entry(verifier), keys, rig_.clock_.now());
    EXPECT_TRUE(ear) << ear.error().message();
    return ear->claims();
  }
  void wait_for_cache() {
    ASSERT_TRUE(rig_.eventually([&] {
      const auto record = rig_.records_.find("n1");
      return record && record->value && record->value->results == rig_.record("n1")->results;
    }));
  }

  static constexpr const char* kInForce = "seaworthy-operator";
  static constexpr const char* kDryRuns = "seaworthy-operator/dry-run";
  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
};

TEST_F(DryRunTest, IsJudgedByTheEvidenceThatComesAnyway) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdicts(rig_.attest(machine_, "token-n1")).at("production"), "Trusted");
  const std::string before = entry(kInForce);
  wait_for_cache();

  codec::Json few = api::object_header(api::kGroupVersion, "ReferenceValueSet", "few");
  few["spec"]["files"] = codec::Json::array(
      {{{"sha256",
         codec::to_hex(testing::EvidenceBuilder::file_digest("/usr/bin/kubelet").bytes())}}});
  rig_.server_.put(kube::kReferenceValueSets, few);
  try_out("strict", [](codec::Json& spec) {
    spec["evidence"]["runtime"]["referenceValues"] = {"few"};
    spec["freshness"] = {{"intervalSeconds", 5}, {"maxAgeSeconds", 86'400}};
  });
  const api::ChallengeMessage asked = rig_.challenge("token-n1");
  EXPECT_EQ(asked.interval_seconds, 30) << "nobody is asked more often for it";
  EXPECT_EQ(asked.ima_from, 0u) << "as for any policy that has not judged the list";
  EXPECT_EQ(
      verdicts(rig_.attest(machine_, "token-n1")),
      (std::map<std::string, std::string>{{"production", "Trusted"}, {"strict", "Violated"}}));

  // Readers of the result under the policies in force find not a byte changed.
  EXPECT_EQ(entry(kInForce), before);
  const token::EarClaims dry = claims(kDryRuns);
  ASSERT_EQ(dry.policies.size(), 1u);
  EXPECT_EQ(dry.policies[0].policy, PolicyName("strict"));
  EXPECT_EQ(dry.policies[0].findings.at(0).reason, "UnknownFile");
  EXPECT_EQ(dry.node_uid, rig_.uid("n1"));

  wait_for_cache();
  const std::size_t writes = rig_.server_.writes();
  rig_.clock_.advance(seconds(11));
  rig_.attest(machine_, "token-n1");
  EXPECT_EQ(rig_.server_.writes(), writes) << "written on change";

  remove("strict");
  EXPECT_EQ(verdicts(rig_.attest(machine_, "token-n1")).size(), 1u);
  EXPECT_EQ(entry(kDryRuns), "");
  EXPECT_EQ(entry(kInForce), before);
}

TEST_F(DryRunTest, WhatSomebodyRemovedIsWrittenAgain) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  try_out("same");
  rig_.attest(machine_, "token-n1");
  wait_for_cache();
  codec::Json record = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  codec::Json& results = record["status"]["results"];
  ASSERT_EQ(results.size(), 2u);
  results.erase(1);
  rig_.server_.put(kube::kNodeAttestations, record);
  wait_for_cache();
  rig_.clock_.advance(seconds(11));
  rig_.attest(machine_, "token-n1");
  EXPECT_EQ(rig_.record("n1")->results.size(), 2u);
}

TEST_F(DryRunTest, MoreThanAResultHoldsLeaveThePoliciesInForceAlone) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  for (std::size_t i = 0; i < token::kMaxPoliciesPerEar; ++i) {
    try_out("trial-" + std::to_string(i));
  }
  rig_.attest(machine_, "token-n1");
  EXPECT_EQ(claims(kInForce).policies.size(), 1u);
  EXPECT_EQ(claims(kDryRuns).policies.size(), token::kMaxPoliciesPerEar);
}

TEST_F(DryRunTest, AsksForTheRegistersThatItCompares) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(rig_.challenge("token-n1").selection.at(0).pcrs.size(), 12u);
  codec::Json set = api::object_header(api::kGroupVersion, "ReferenceValueSet", "uki");
  set["spec"]["boot"] = {{"applications", {std::string(64, 'a')}},
                         {"unifiedKernels", {std::string(64, 'b')}},
                         {"commandLines", {"ro"}}};
  rig_.server_.put(kube::kReferenceValueSets, set);
  try_out("uki", [](codec::Json& spec) {
    spec["evidence"]["boot"] = "ReferenceValues";
    spec["evidence"]["referenceValues"] = {"uki"};
  });
  EXPECT_TRUE(rig_.eventually(
      [&] { return rig_.challenge("token-n1").selection.at(0).pcrs.size() == 16u; }));
}

TEST_F(DryRunTest, ItsEnrolmentRuleNeitherAdmitsNorKeepsOut) {
  rig_.set_policy("Manual");
  ASSERT_TRUE(rig_.eventually([&] {
    return rig_.view_.current()->front()->policy.identity.enrolment == api::EnrolmentRule::kManual;
  }));
  try_out("lax", [](codec::Json& spec) { spec["identity"]["enrolment"] = "CertifiedTPM"; });
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").body.at("state"), "PendingApproval");

  rig_.set_policy("CertifiedTPM");
  try_out("strict", [](codec::Json& spec) { spec["identity"]["enrolment"] = "Inventory"; });
  ASSERT_TRUE(rig_.eventually([&] {
    const auto views = rig_.view_.current();
    return std::any_of(views->begin(), views->end(), [](const auto& view) {
      return view->policy.meta.name == "production" &&
             view->policy.identity.enrolment == api::EnrolmentRule::kCertifiedTpm;
    });
  }));
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").body.at("state"), "Enrolled");
}

TEST_F(DryRunTest, A01_ItsTrustAnchorsBelieveNoTpm) {
  try_out("believes");
  rig_.set_policy("CertifiedTPM",
                  {{"trustAnchors", {{{"configMap", {{"name", "none"}, {"key", "ca.pem"}}}}}}});
  ASSERT_TRUE(rig_.eventually([&] {
    const auto views = rig_.view_.current();
    return std::any_of(views->begin(), views->end(),
                       [](const auto& view) { return !view->problems.empty(); });
  }));
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "EnrolmentRefused");
}

TEST_F(DryRunTest, ANodeThatNothingElseSelectsNeitherEnrolsNorAttests) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  try_out("alone");
  remove("production");
  const auto challenge = rig_.post("/v1/challenge", codec::Json::object(), "token-n1");
  EXPECT_EQ(challenge.status, 409);
  EXPECT_EQ(challenge.code(), "NoPolicy");
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "NoPolicy");
}

}  // namespace
}  // namespace seaworthy::verifier
