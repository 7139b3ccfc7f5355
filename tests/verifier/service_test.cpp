#include "verifier/service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "token/ear.h"
#include "verifier/record.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

class ServiceTest : public ::testing::Test {
 protected:
  // What the round found, by reason; of the response to an attest request.
  static std::vector<std::string> reasons(const VerifierRig::Reply& reply) {
    std::vector<std::string> out;
    for (const auto& finding : reply.body.value("findings", codec::Json::array())) {
      out.push_back(finding.at("reason"));
    }
    for (const auto& verdict : reply.body.value("verdicts", codec::Json::array())) {
      for (const auto& reason : verdict.at("reasons")) {
        out.push_back(reason);
      }
    }
    return out;
  }
  static bool says(const VerifierRig::Reply& reply, const std::string& reason) {
    const auto all = reasons(reply);
    return std::find(all.begin(), all.end(), reason) != all.end();
  }
  std::string verdict(const VerifierRig::Reply& reply) {
    return reply.body.at("verdicts").at(0).at("verdict");
  }

  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
};

TEST_F(ServiceTest, AnHonestNodeEnrolsAttestsAndIsTrusted) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto reply = rig_.attest(machine_, "token-n1");
  ASSERT_EQ(reply.status, 200) << reply.body.dump();
  EXPECT_EQ(reply.body.at("outcome"), "Appraised") << reply.body.dump();
  EXPECT_EQ(verdict(reply), "Trusted") << reply.body.dump();

  const auto record = rig_.record("n1");
  ASSERT_TRUE(record);
  ASSERT_EQ(record->results.size(), 1u);
  token::KeySet keys;
  ASSERT_TRUE(
      keys.add(*token::parse_jwk(rig_.signer_.public_entry(rig_.clock_.now() + seconds(60)))));
  const auto ear = token::verify_ear(record->results[0].ear, keys, rig_.clock_.now());
  ASSERT_TRUE(ear) << ear.error().message();
  const auto* result = ear->find(PolicyName("production"));
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->verdict, api::Verdict::kTrusted);
  EXPECT_EQ(ear->claims().node_uid, rig_.uid("n1"));
  EXPECT_EQ(record->boot->secure_boot, "On");
}

TEST_F(ServiceTest, A112_EveryRouteNeedsAnAgentsToken) {
  rig_.add_token("n1", "token-of-another-account", "default");
  for (const char* path : {"/v1/enrol", "/v1/enrol/activate", "/v1/challenge", "/v1/attest", "/"}) {
    for (const char* token : {"", "unknown", "token-of-another-account"}) {
      EXPECT_EQ(rig_.post(path, codec::Json::object(), token).status, 401) << path << token;
    }
  }
}

TEST_F(ServiceTest, A23_ANodeThatHasNotEnrolledGetsNoChallenge) {
  const auto reply = rig_.post("/v1/challenge", codec::Json::object(), "token-n1");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.code(), "NotEnrolled");
}

TEST_F(ServiceTest, A01_RefusesATpmThatNobodyCertified) {
  testing::TestTpm stranger(7);
  const auto other_authority = rig_.enrol(stranger, "token-n1");
  EXPECT_EQ(other_authority.status, 403);
  EXPECT_TRUE(says({0, other_authority.body.at("error")}, "EkCertificateBadSignature"))
      << other_authority.body.dump();

  api::EnrolRequest bare = rig_.keys(rig_.tpm_);
  bare.ek_certificates.clear();
  const auto none = rig_.post("/v1/enrol", api::to_json(bare), "token-n1");
  EXPECT_EQ(none.status, 403);
  EXPECT_TRUE(says({0, none.body.at("error")}, "EkCertificateMissing")) << none.body.dump();
  EXPECT_FALSE(rig_.record("n1"));
}

TEST_F(ServiceTest, A05_RefusesQuotesOfAnotherKeyThanTheEnrolledOne) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  testing::TestTpm other(9);
  testing::EvidenceBuilder liar(other);
  const auto reply = rig_.attest(liar, "token-n1");
  EXPECT_EQ(reply.body.at("outcome"), "Refused");
  EXPECT_TRUE(says(reply, "SignatureInvalid")) << reply.body.dump();
}

TEST_F(ServiceTest, A18_RefusesAnActivationForOtherKeysThanWereChallenged) {
  const auto begun = rig_.post("/v1/enrol", api::to_json(rig_.keys(rig_.tpm_)), "token-n1");
  const auto response = *api::parse_enrol_response(codec::to_json_text(begun.body));
  const Bytes secret = rig_.context_.sessions.secret(response.session);
  const api::ActivateRequest honest{
      response.session, EnrolmentSessions::proof(secret, response.session), rig_.keys(rig_.tpm_)};
  const auto from_another_node = rig_.post("/v1/enrol/activate", api::to_json(honest), "token-n2");
  EXPECT_EQ(from_another_node.code(), "ActivationRefused");
  api::ActivateRequest unproven = honest;
  unproven.proof[0] ^= 1;
  EXPECT_EQ(rig_.post("/v1/enrol/activate", api::to_json(unproven), "token-n1").code(),
            "ActivationRefused");
  rig_.clock_.advance(kSessionLife + seconds(1));
  EXPECT_EQ(rig_.post("/v1/enrol/activate", api::to_json(honest), "token-n1").code(),
            "ActivationRefused");
}

TEST_F(ServiceTest, A19_OfTwoEqualAnswersAtOnceOneCounts) {
  const auto begun = rig_.post("/v1/enrol", api::to_json(rig_.keys(rig_.tpm_)), "token-n1");
  const auto response = *api::parse_enrol_response(codec::to_json_text(begun.body));
  const Bytes secret = rig_.context_.sessions.secret(response.session);
  const codec::Json answer = api::to_json(api::ActivateRequest{
      response.session, EnrolmentSessions::proof(secret, response.session), rig_.keys(rig_.tpm_)});
  std::atomic<int> enrolled = 0;
  std::vector<std::thread> agents;
  for (int i = 0; i < 4; ++i) {
    agents.emplace_back([&] {
      enrolled += rig_.post("/v1/enrol/activate", answer, "token-n1").status == 200 ? 1 : 0;
    });
  }
  for (std::thread& agent : agents) {
    agent.join();
  }
  EXPECT_EQ(enrolled, 1);
  EXPECT_EQ(rig_.post("/v1/enrol/activate", answer, "token-n1").code(), "ActivationRefused");
}

TEST_F(ServiceTest, A21_OfTwoEnrolmentsThatRaceOnePins) {
  const kube::Call call = kube::call_within(rig_.clock_, kube::kUsualCallTime, {});
  const auto read = ensure_record(*rig_.client_, NodeName("n1"), rig_.uid("n1"), call);
  ASSERT_TRUE(read);
  EXPECT_TRUE(pin(*rig_.client_, *read, "sha256:" + std::string(64, 'a'), call));
  const auto late = pin(*rig_.client_, *read, "sha256:" + std::string(64, 'b'), call);
  ASSERT_FALSE(late) << "both read the record before either wrote it";
  EXPECT_EQ(late.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(rig_.record("n1")->ek_hash, "sha256:" + std::string(64, 'a'));
}

TEST_F(ServiceTest, A25_TheNodeIsThatOfTheTokenAndHasTheNameOfANode) {
  for (const char* node : {"", "../n2", "N1", "n1/status"}) {
    kube::TokenIdentity who;
    who.user = "system:serviceaccount:seaworthy-system:seaworthy-agent";
    who.extra = {{"authentication.kubernetes.io/node-name", {node}},
                 {"authentication.kubernetes.io/node-uid", {"uid"}},
                 {"authentication.kubernetes.io/pod-uid", {"pod"}}};
    const std::string token = std::string("token-of-") + node;
    rig_.server_.add_token(token, api::kAgentAudience, who);
    EXPECT_EQ(rig_.post("/v1/challenge", codec::Json::object(), token).status, 401) << node;
  }
}

TEST_F(ServiceTest, A22_OneTpmCannotBeEnrolledForTwoNodes) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_TRUE(rig_.eventually([&] {
    return !rig_.claims_.others(NodeName("n2"), rig_.record("n1")->ek_hash, "").empty();
  }));
  const auto reply = rig_.enrol(rig_.tpm_, "token-n2");
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.code(), "DuplicateTpm");
}

TEST_F(ServiceTest, A53_ACloneThatSlippedInIsFoundAtTheNextAppraisal) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  codec::Json clone = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  clone["metadata"] = {{"name", "n2"}};
  rig_.server_.put(kube::kNodeAttestations, clone);
  ASSERT_TRUE(rig_.eventually([&] {
    return !rig_.claims_.others(NodeName("n1"), rig_.record("n1")->ek_hash, "").empty();
  }));
  const auto reply = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(reply), "Violated");
  EXPECT_TRUE(says(reply, "DuplicateTpm"));
}

TEST_F(ServiceTest, A134_AStatusThatSomebodyElseWroteEnrolsNobody) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  codec::Json forged = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  forged["metadata"] = {{"name", "n2"}};
  forged["status"]["identity"]["nodeUID"] = rig_.uid("n2").str();
  rig_.server_.put(kube::kNodeAttestations, forged);
  ASSERT_TRUE(rig_.eventually([&] { return rig_.records_.find("n2") != nullptr; }));
  EXPECT_EQ(rig_.post("/v1/challenge", codec::Json::object(), "token-n2").code(), "NotEnrolled");
}

TEST_F(ServiceTest, A45_RefusesAQuoteThatIsSentASecondTime) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto request = rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1");
  EXPECT_EQ(rig_.post("/v1/attest", api::to_json(request), "token-n1").body.at("outcome"),
            "Appraised");
  const auto again = rig_.post("/v1/attest", api::to_json(request), "token-n1");
  EXPECT_EQ(again.body.at("outcome"), "Refused");
  EXPECT_TRUE(says(again, "NonceMismatch"));
  EXPECT_EQ(rig_.record("n1")->conditions.back().reason, "EvidenceRefused");
}

TEST_F(ServiceTest, A45_RefusesAnOldQuoteUnderANewNonce) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  auto request = rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1");
  request.nonce = rig_.challenge("token-n1").nonce;
  const auto reply = rig_.post("/v1/attest", api::to_json(request), "token-n1");
  EXPECT_TRUE(says(reply, "NonceMismatch")) << reply.body.dump();
}

// TPM2_Clear sets clock and counters to zero and leaves the endorsement seed, so EK and AK, as they
// are: a cleared TPM looks like one that was rolled back, and a person has to say which it is.
TEST_F(ServiceTest, A54_OnlyDeletingTheRecordLetsCountersGoBack) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  machine_.clock = {.clock = 0, .reset_count = 0, .restart_count = 0, .safe = true};
  EXPECT_TRUE(says(rig_.attest(machine_, "token-n1"), "CountersWentBack"));
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_TRUE(says(rig_.attest(machine_, "token-n1"), "CountersWentBack"))
      << "the agent alone cannot make us forget";

  rig_.server_.erase(kube::kNodeAttestations, kube::cluster_key("n1"));
  ASSERT_TRUE(rig_.eventually([&] { return rig_.records_.find("n1") == nullptr; }));
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  EXPECT_EQ(rig_.record("n1")->results.size(), 1u) << "the new record says so too";
}

// A replaced TPM has another AK: its clock and counters start wherever they do.
TEST_F(ServiceTest, R13_AnotherTpmStartsItsOwnEpoch) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  testing::TestTpm replacement(2);
  replacement.maker = rig_.tpm_.maker;
  replacement.maker.ek_key = testing::new_ec_key();
  replacement.ek = testing::TestTpm::ek_area(testing::public_half(replacement.maker.ek_key));
  EXPECT_EQ(rig_.enrol(replacement, "token-n1").code(), "EkNotPinned");

  rig_.server_.erase(kube::kNodeAttestations, kube::cluster_key("n1"));
  ASSERT_TRUE(rig_.eventually([&] { return rig_.records_.find("n1") == nullptr; }));
  rig_.expect_enrolled(replacement, "n1");
  testing::EvidenceBuilder other(replacement);
  other.clock = {.clock = 7, .reset_count = 1, .restart_count = 0, .safe = true};
  EXPECT_EQ(verdict(rig_.attest(other, "token-n1")), "Trusted");
}

TEST_F(ServiceTest, A46_RefusesAQuoteWithoutANonce) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  rig_.edit_quote = [](tpm::Quote& quote) { quote.extra_data.clear(); };
  EXPECT_TRUE(says(rig_.attest(machine_, "token-n1"), "NonceMismatch"));
}

TEST_F(ServiceTest, A51_A52_RefusesAQuoteMadeForAnotherToken) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  rig_.add_token("n1", "another-token-of-n1");
  const auto request = rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1");
  const auto reply = rig_.post("/v1/attest", api::to_json(request), "another-token-of-n1");
  EXPECT_TRUE(says(reply, "NonceMismatch")) << reply.body.dump();
}

TEST_F(ServiceTest, AnUnknownFileIsAViolationUntilItIsListed) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  machine_.run("/tmp/miner");
  const auto violated = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(violated), "Violated");
  EXPECT_TRUE(says(violated, "UnknownFile"));

  const auto before = rig_.view_.current()->front()->compiled->generation;
  rig_.allow_files({"/usr/lib/systemd/systemd", "/usr/bin/kubelet", "/tmp/miner"});
  ASSERT_TRUE(rig_.eventually(
      [&] { return rig_.view_.current()->front()->compiled->generation != before; }));
  EXPECT_EQ(rig_.challenge("token-n1").ima_from, 0u) << "judged anew from the first entry";
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
}

// The story: a set changed after the challenge had told the agent from where to send, and the node
// stayed Violated with FilesNotContinuous for good.
TEST_F(ServiceTest, ReferenceValuesThatChangeMeanwhileAskForTheListAgain) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  const api::ChallengeMessage asked = rig_.challenge("token-n1");
  ASSERT_GT(asked.ima_from, 0u);
  const auto before = rig_.view_.current()->front()->compiled->generation;
  rig_.allow_files({"/usr/lib/systemd/systemd", "/usr/bin/kubelet", "/usr/bin/new"});
  ASSERT_TRUE(rig_.eventually(
      [&] { return rig_.view_.current()->front()->compiled->generation != before; }));

  api::AttestRequest late = rig_.answer(machine_, asked, "token-n1");
  late.ima = api::AttestRequest::Ima{asked.ima_from, {}};
  const auto reply = rig_.post("/v1/attest", api::to_json(late), "token-n1");
  EXPECT_EQ(reply.body.at("outcome"), "NeedMore") << reply.body.dump();
  EXPECT_EQ(reply.body.at("challenge").at("imaFrom"), 0);
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
}

const token::PolicyResult result_of(const VerifierRig& rig, const std::string& node) {
  token::KeySet keys;
  EXPECT_TRUE(
      keys.add(*token::parse_jwk(rig.signer_.public_entry(rig.clock_.now() + seconds(60)))));
  const auto ear = token::verify_ear(rig.record(node)->results.at(0).ear, keys, rig.clock_.now());
  EXPECT_TRUE(ear) << ear.error().message();
  return *ear->find(PolicyName("production"));
}

TEST_F(ServiceTest, A85_ANodeWithAUnifiedKernelImageIsAskedForItsRegistersAndTrusted) {
  machine_.boot = testing::uki_boot();
  machine_.userspace = {testing::phase(11, "enter-initrd"), testing::phase(11, "ready")};
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const api::ChallengeMessage before = rig_.challenge("token-n1");
  EXPECT_EQ(before.selection.at(0).pcrs.size(), 12u);
  rig_.demand_unified_kernel();
  // What was asked before the policy changed is answered honestly: nobody's fault.
  const auto late =
      rig_.post("/v1/attest", api::to_json(rig_.answer(machine_, before, "token-n1")), "token-n1");
  EXPECT_EQ(late.body.at("outcome"), "NeedMore") << late.body.dump();
  EXPECT_EQ(rig_.challenge("token-n1").selection.at(0).pcrs.size(), 16u);
  const auto reply = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(reply), "Trusted") << reply.body.dump();
  EXPECT_EQ(result_of(rig_, "n1").boot_set, "uki");
  // The next phase moves PCR 11: everything is sent again, and nothing is wrong.
  machine_.userspace.push_back(testing::phase(11, "shutdown"));
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
}

TEST_F(ServiceTest, A85_TheLogOfSystemdNeedNotBeSentAgain) {
  machine_.boot = testing::uki_boot();
  machine_.userspace = {testing::phase(11, "ready")};
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(rig_.challenge("token-n1").userspace_log_known, "");
  rig_.demand_unified_kernel();
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  const api::ChallengeMessage asked = rig_.challenge("token-n1");
  EXPECT_EQ(asked.userspace_log_known->size(), 64u);
  api::AttestRequest request = rig_.answer(machine_, asked, "token-n1");
  request.boot_log.reset();
  request.userspace_log.reset();
  EXPECT_EQ(verdict(rig_.post("/v1/attest", api::to_json(request), "token-n1")), "Trusted");
  // It moved on, and the log did not come: asked for both.
  machine_.userspace.push_back(testing::phase(11, "shutdown"));
  request = rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1");
  request.boot_log.reset();
  request.userspace_log.reset();
  const auto reply = rig_.post("/v1/attest", api::to_json(request), "token-n1");
  EXPECT_EQ(reply.body.at("outcome"), "NeedMore");
  EXPECT_EQ(reply.body.at("challenge").at("userspaceLogKnown"), "");
}

TEST_F(ServiceTest, NoVerdictOutlivesTheReferenceValuesItRestsOn) {
  machine_.boot = testing::uki_boot();
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const Time retired = rig_.clock_.now() + seconds(60);
  rig_.demand_unified_kernel({{"retireAfter", retired.rfc3339()}});
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  EXPECT_EQ(result_of(rig_, "n1").expires, Time::from_unix(retired.unix_seconds()));
  rig_.clock_.advance(seconds(60));
  const auto reply = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(reply), "Violated");
  EXPECT_TRUE(says(reply, "ReferenceValuesRetired")) << reply.body.dump();
}

// The age of evidence counts from the challenge: that is when it was surely not yet made.
TEST_F(ServiceTest, R24_AVerdictEndsWhenItsEvidenceIsTooOld) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const api::ChallengeMessage asked = rig_.challenge("token-n1");
  const Time challenged = rig_.clock_.now();
  rig_.clock_.advance(seconds(20));
  const auto reply =
      rig_.post("/v1/attest", api::to_json(rig_.answer(machine_, asked, "token-n1")), "token-n1");
  ASSERT_EQ(verdict(reply), "Trusted") << reply.body.dump();
  EXPECT_EQ(result_of(rig_, "n1").expires,
            Time::from_unix((challenged + seconds(120)).unix_seconds()));
}

TEST_F(ServiceTest, WritesOnChangeOnly) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  // Ten seconds on, what the cache does not show was taken away by somebody and is written again;
  // under sanitizers those seconds of the fake clock were shorter than the way to the cache.
  ASSERT_TRUE(rig_.eventually([&] {
    const auto record = rig_.records_.find("n1");
    return record && record->value && !record->value->results.empty();
  }));
  const std::size_t writes = rig_.server_.writes();
  for (int i = 0; i < 3; ++i) {
    rig_.clock_.advance(seconds(10));
    ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  }
  EXPECT_EQ(rig_.server_.writes(), writes) << "more than half of the validity is left";
  rig_.clock_.advance(seconds(40));
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  EXPECT_EQ(rig_.server_.writes(), writes + 1);
}

// Found on kind, where the liar met one replica and the honest agent of the node the other.
TEST_F(ServiceTest, ReplicasThatHearDifferentThingsOfANodeSayBoth) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto honest = [&] { return verdict(rig_.attest(machine_, "token-n1")); };
  const auto lie = [&] {
    auto request = rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1");
    request.nonce = rig_.challenge("token-n1").nonce;
    rig_.replica = &rig_.other_;
    const auto reply = rig_.post("/v1/attest", api::to_json(request), "token-n1");
    rig_.replica = &rig_.service_;
    return says(reply, "NonceMismatch");
  };
  const auto attested = [&] { return rig_.record("n1")->conditions.back().reason; };
  const auto seen = [&](const std::string& reason) {
    return rig_.eventually(
        [&] { return rig_.records_.find("n1")->value->conditions.back().reason == reason; });
  };
  ASSERT_EQ(honest(), "Trusted");
  for (int round = 1; round <= 2; ++round) {  // the second time the same lie is no less news
    rig_.clock_.advance(seconds(11));
    ASSERT_TRUE(lie());
    EXPECT_EQ(attested(), "EvidenceRefused") << "round " << round;
    ASSERT_TRUE(seen("EvidenceRefused"));
    rig_.clock_.advance(seconds(11));
    ASSERT_EQ(honest(), "Trusted");
    EXPECT_EQ(attested(), "Appraised") << "round " << round;
    ASSERT_TRUE(seen("Appraised"));
  }
}

TEST_F(ServiceTest, ManualEnrolmentWaitsForAPerson) {
  rig_.set_policy("Manual");
  ASSERT_TRUE(rig_.eventually([&] {
    return rig_.view_.current()->front()->policy.identity.enrolment == api::EnrolmentRule::kManual;
  }));
  const auto waiting = rig_.enrol(rig_.tpm_, "token-n1");
  EXPECT_EQ(waiting.status, 202);
  EXPECT_EQ(waiting.body.at("state"), "PendingApproval");
  ASSERT_TRUE(rig_.record("n1")->pending);
  codec::Json approved = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  approved["spec"]["ekHash"] = rig_.record("n1")->pending->ek_hash;
  rig_.server_.put(kube::kNodeAttestations, approved);
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").body.at("state"), "Enrolled");
  EXPECT_FALSE(rig_.record("n1")->pending);
}

// R1: an EK that is pinned beforehand and has no certificate at all.
TEST_F(ServiceTest, R1_APinnedKeyNeedsNoCertificateIfThePolicySaysSo) {
  api::EnrolRequest uncertified = rig_.keys(rig_.tpm_);
  uncertified.ek_certificates.clear();
  rig_.keys_[&rig_.tpm_] = uncertified;
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "EnrolmentRefused");

  rig_.set_policy("Inventory",
                  {{"ekCertificate", "Optional"}, {"trustAnchors", codec::Json::array()}});
  ASSERT_TRUE(rig_.eventually([&] {
    return rig_.view_.current()->front()->policy.identity.ek_certificate ==
           api::Requirement::kOptional;
  }));
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").body.at("state"), "NotInInventory");
  codec::Json listed = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  listed["spec"]["ekHash"] = "sha256:" + std::string(64, 'a');
  rig_.server_.put(kube::kNodeAttestations, listed);
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "EkNotPinned");
  listed["spec"]["ekHash"] = rig_.record("n1")->pending->ek_hash;
  rig_.server_.put(kube::kNodeAttestations, listed);
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
}

// R1: a cloud's virtual TPM, whose AK is certified and whose EK is not.
TEST_F(ServiceTest, R1_ACertifiedAkVouchesIfThePolicySaysSo) {
  api::EnrolRequest of_a_cloud = rig_.keys(rig_.tpm_);
  of_a_cloud.ek_certificates.clear();
  of_a_cloud.ak_certificates = rig_.tpm_.ak_certificates();
  rig_.keys_[&rig_.tpm_] = of_a_cloud;
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "EnrolmentRefused");

  const auto set = [&](const char* value) {
    rig_.set_policy("CertifiedTPM", {{"akCertificate", value}});
    ASSERT_TRUE(rig_.eventually([&] {
      return rig_.view_.current()->front()->policy.identity.ak_certificate_accepted ==
             (std::string(value) == "Accepted");
    }));
  };
  set("Accepted");
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto record = rig_.record("n1");
  EXPECT_EQ(record->identity->endorsed_by, "AttestationKeyCertificate");
  EXPECT_EQ(record->identity->ak_certificates.size(), 2u);
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");

  // Once nobody takes such certificates any more, it is as if there were none.
  set("Ignored");
  const auto reply = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(reply), "Violated");
  EXPECT_EQ(reply.body.at("verdicts").at(0).at("reasons").at(0), "EkCertificateMissing");
}

TEST_F(ServiceTest, A134_TheCertificatesOnRecordAreThoseOfTheStatement) {
  api::EnrolRequest of_a_cloud = rig_.keys(rig_.tpm_);
  of_a_cloud.ek_certificates.clear();
  of_a_cloud.ak_certificates = rig_.tpm_.ak_certificates();
  rig_.keys_[&rig_.tpm_] = of_a_cloud;
  rig_.set_policy("CertifiedTPM", {{"akCertificate", "Accepted"}});
  ASSERT_TRUE(rig_.eventually(
      [&] { return rig_.view_.current()->front()->policy.identity.ak_certificate_accepted; }));
  rig_.expect_enrolled(rig_.tpm_, "n1");
  codec::Json edited = *rig_.server_.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  edited["status"]["identity"]["akCertificates"].erase(1);
  rig_.server_.put(kube::kNodeAttestations, edited);
  ASSERT_TRUE(rig_.eventually(
      [&] { return rig_.records_.find("n1")->value->identity->ak_certificates.size() == 1; }));
  EXPECT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Violated");
}

TEST_F(ServiceTest, A12_ATpmThatIsDeniedLaterLosesItsVerdict) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(rig_.attest(machine_, "token-n1")), "Trusted");
  rig_.set_policy("CertifiedTPM", {{"denied", {{"ekHashes", {rig_.record("n1")->ek_hash}}}}});
  ASSERT_TRUE(rig_.eventually(
      [&] { return !rig_.view_.current()->front()->endorsement.denied_ek_hashes.empty(); }));
  const auto reply = rig_.attest(machine_, "token-n1");
  EXPECT_EQ(verdict(reply), "Violated");
  EXPECT_TRUE(says(reply, "TpmDenied"));
}

TEST_F(ServiceTest, A26_RevocationListsThatCannotBeReadBelieveNobody) {
  rig_.set_policy("CertifiedTPM", {{"revocationLists",
                                    {{{"configMap", {{"name", "crls"}, {"key", "crls.pem"}}}}}}});
  ASSERT_TRUE(rig_.eventually(
      [&] { return !rig_.view_.current()->front()->endorsement.unusable.empty(); }));
  const auto refused = rig_.enrol(rig_.tpm_, "token-n1");
  EXPECT_EQ(refused.code(), "EnrolmentRefused");
  EXPECT_NE(refused.body.dump().find("EkRevocationUnknown"), std::string::npos);

  codec::Json lists = api::object_header("v1", "ConfigMap", "crls", kNamespace);
  lists["data"] = {
      {"crls.pem", testing::make_revocation_list({"Test Intermediate",
                                                  rig_.tpm_.maker.intermediate_key,
                                                  {},
                                                  rig_.clock_.now() - seconds(60),
                                                  rig_.clock_.now() + seconds(3600)})}};
  rig_.server_.put(kube::kConfigMaps, lists);
  ASSERT_TRUE(
      rig_.eventually([&] { return rig_.view_.current()->front()->endorsement.unusable.empty(); }));
  rig_.expect_enrolled(rig_.tpm_, "n1");
}

TEST_F(ServiceTest, A26_AnchorsThatAreMissingOrNoCertificatesBelieveNobody) {
  for (const char* broken : {"", "no certificate", "-----BEGIN CERTIFICATE-----\nAA\n"}) {
    codec::Json roots = api::object_header("v1", "ConfigMap", "roots", kNamespace);
    roots["data"] = {{"ca.pem", broken}};
    rig_.server_.put(kube::kConfigMaps, roots);
    ASSERT_TRUE(rig_.eventually(
        [&] { return rig_.view_.current()->front()->endorsement.anchors.empty(); }));
    EXPECT_FALSE(rig_.view_.current()->front()->problems.empty());
    EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "EnrolmentRefused");
  }
}

TEST_F(ServiceTest, A144_ANewNodeOfTheSameNameIsNotEnrolled) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  rig_.server_.erase(kube::kNodes, kube::cluster_key("n1"));
  rig_.server_.put(kube::kNodes, api::object_header("v1", "Node", "n1"));
  rig_.add_token("n1", "token-of-the-new-one");
  ASSERT_TRUE(rig_.eventually([&] {
    const auto node = rig_.nodes_.find("n1");
    return node && node->uid == rig_.uid("n1").str();
  }));
  const auto reply = rig_.post("/v1/challenge", codec::Json::object(), "token-of-the-new-one");
  EXPECT_EQ(reply.code(), "NotEnrolled");
  EXPECT_EQ(rig_.post("/v1/challenge", codec::Json::object(), "token-n1").code(), "NodeUnknown")
      << "the token of an agent on the old Node";
}

TEST_F(ServiceTest, A181_RefusesWhatIsNoMessage) {
  http::Request request;
  request.method = "POST";
  request.target = "/v1/attest";
  request.headers.set("Authorization", "Bearer token-n1");
  for (const char* body :
       {"", "{", "[]", "{\"nonce\":1}", "{\"nonce\":\"AA==\",\"nonce\":\"AA==\"}"}) {
    request.body = body;
    EXPECT_EQ(rig_.service_.handle(request, {}).status, 400) << body;
  }
  request.method = "GET";
  EXPECT_EQ(rig_.service_.handle(request, {}).status, 405);
  request.method = "POST";
  request.target = "/v1/nothing";
  EXPECT_EQ(rig_.service_.handle(request, {}).status, 404);
  request.target = "/v1/challenge";
  request.body = std::string(2000, ' ');
  EXPECT_EQ(rig_.service_.handle(request, {}).status, 413);
}

}  // namespace
}  // namespace seaworthy::verifier
