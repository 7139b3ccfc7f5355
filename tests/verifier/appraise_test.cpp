// What stays true when nobody remembers: after a restart, or on another replica.
#include "verifier/appraise.h"

#include <gtest/gtest.h>

#include "token/ear.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

class AppraiseTest : public ::testing::Test {
 protected:
  // What the published result says of the policy.
  token::PolicyResult published_result() {
    token::KeySet keys;
    EXPECT_TRUE(
        keys.add(*token::parse_jwk(rig_.signer_.public_entry(rig_.clock_.now() + seconds(600)))));
    const auto ear =
        token::verify_ear(rig_.record("n1")->results.at(0).ear, keys, rig_.clock_.now());
    EXPECT_TRUE(ear) << ear.error().message();
    return *ear->find(PolicyName("production"));
  }
  Time expiry() { return published_result().expires.value(); }
  std::string published_verdict() { return std::string(api::name(published_result().verdict)); }

  // The notes of the Events at nodes with this reason.
  std::vector<std::string> events(const std::string& reason) {
    rig_.events_.flush({});
    std::vector<std::string> notes;
    for (const codec::Json& event : rig_.server_.all(kube::kEvents)) {
      if (event.at("reason") == reason) {
        notes.push_back(event.at("note"));
      }
    }
    return notes;
  }
  // The caches know what was published last.
  bool published(std::uint32_t reset_count) {
    return rig_.eventually([&] {
      const auto cached = rig_.records_.find("n1");
      return cached && cached->value->boot && cached->value->boot->reset_count == reset_count;
    });
  }

  // The caches know of this quote of the machine.
  bool published_clock(std::uint64_t clock) {
    return rig_.eventually([&] {
      const auto cached = rig_.records_.find("n1");
      return cached && cached->value->boot &&
             cached->value->boot->clock == static_cast<std::int64_t>(clock);
    });
  }
  codec::Json message() {
    return api::to_json(rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1"));
  }
  std::string outcome(const codec::Json& message) {
    return rig_.post("/v1/attest", message, "token-n1").body.at("outcome");
  }

  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
};

// A challenge of one replica may be answered to another, or to the same after a restart; and so may
// the first half of an enrolment.
TEST_F(AppraiseTest, A50_AChallengeOutlivesTheReplicaThatMadeIt) {
  const auto begun = rig_.post("/v1/enrol", api::to_json(rig_.keys(rig_.tpm_)), "token-n1");
  rig_.replica = &rig_.other_;
  const Bytes session = api::parse_enrol_response(codec::to_json_text(begun.body))->session;
  const Bytes proof = EnrolmentSessions::proof(rig_.context_.sessions.secret(session), session);
  ASSERT_EQ(rig_.post("/v1/enrol/activate",
                      api::to_json(api::ActivateRequest{session, proof, rig_.keys(rig_.tpm_)}),
                      "token-n1")
                .status,
            200);
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto answer = message();
  rig_.replica = &rig_.service_;
  EXPECT_EQ(outcome(answer), "Appraised");
  EXPECT_EQ(outcome(answer), "Refused") << "used before";
}

// The nonce is known to the replica that saw it. Another one takes it for as long as it lives; but
// not a quote that is not after what is published.
TEST_F(AppraiseTest, A50_AQuoteIsNotTakenByAnotherReplica) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto once = message();
  ASSERT_EQ(outcome(once), "Appraised");
  const Time before = expiry();
  ASSERT_TRUE(published_clock(machine_.clock.clock));

  rig_.clock_.advance(seconds(30));
  rig_.replica = &rig_.other_;
  EXPECT_EQ(outcome(once), "Refused");
  EXPECT_EQ(expiry(), before);
  EXPECT_EQ(outcome(message()), "Appraised") << "the node itself goes on there";

  rig_.clock_.advance(kNonceLife);
  rig_.replica = &rig_.service_;
  EXPECT_EQ(outcome(once), "Refused");
}

// Two good quotes, of which one is kept back; then the node goes bad and says so. What was kept is
// fresh to the replica that saw nothing of all that.
TEST_F(AppraiseTest, A50_AQuoteKeptBackDoesNotStandForWhatCameAfter) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(outcome(message()), "Appraised");
  ASSERT_EQ(published_verdict(), "Trusted");
  const auto kept = message();
  machine_.run("/tmp/malware");
  ASSERT_EQ(outcome(message()), "Appraised");
  ASSERT_EQ(published_verdict(), "Violated");
  ASSERT_TRUE(published_clock(machine_.clock.clock));

  rig_.replica = &rig_.other_;
  const auto reply = rig_.post("/v1/attest", kept, "token-n1");
  EXPECT_EQ(reply.body.at("outcome"), "Refused");
  EXPECT_EQ(reply.body.at("findings").at(0).at("reason"), "ClockWentBack") << reply.body;
  EXPECT_EQ(published_verdict(), "Violated");
}

// The same before the other replica's cache has heard of it: what is written is compared with what
// stands there.
TEST_F(AppraiseTest, A50_NorWhileTheCacheIsBehind) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(outcome(message()), "Appraised");
  const auto kept = message();
  machine_.run("/tmp/malware");
  rig_.records_.stop();  // which still says Trusted
  ASSERT_EQ(outcome(message()), "Appraised");
  ASSERT_EQ(published_verdict(), "Violated");

  rig_.replica = &rig_.other_;
  EXPECT_EQ(outcome(kept), "Appraised");
  EXPECT_EQ(published_verdict(), "Violated");
}

TEST_F(AppraiseTest, A60_AReplicaWhoseClockIsWrongJudgesNobody) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto good = message();
  rig_.may_judge = [] { return Result<void>(unavailable("an hour behind")); };
  const auto reply = rig_.post("/v1/attest", good, "token-n1");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.code(), "ClockWrong");
  EXPECT_EQ(rig_.enrol(rig_.tpm_, "token-n1").code(), "ClockWrong");
  EXPECT_TRUE(rig_.record("n1")->results.empty()) << "nothing was signed";

  rig_.may_judge = [] { return Result<void>(); };
  EXPECT_EQ(outcome(good), "Appraised") << "nor was the nonce spent";
}

TEST_F(AppraiseTest, A23_WhoEnrolsAndNeverQuotesHasNoResult) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_TRUE(rig_.record("n1")->results.empty());
  EXPECT_FALSE(rig_.record("n1")->boot);
  (void)rig_.challenge("token-n1");  // asking for one is no answer
  EXPECT_TRUE(rig_.record("n1")->results.empty());
}

TEST_F(AppraiseTest, A55_EveryResetOfTheTpmIsToldToPeople) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const std::uint32_t resets = machine_.clock.reset_count;
  (void)rig_.attest(machine_, "token-n1");
  ASSERT_TRUE(published(resets));
  (void)rig_.attest(machine_, "token-n1");
  EXPECT_TRUE(events("TpmReset").empty()) << "nothing happened yet";

  ++machine_.clock.reset_count;
  rig_.replica = &rig_.other_;  // which remembers nothing
  EXPECT_EQ(rig_.attest(machine_, "token-n1").body.at("outcome"), "Appraised");
  ASSERT_TRUE(published(resets + 1));
  (void)rig_.attest(machine_, "token-n1");
  const auto told = events("TpmReset");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("resetCount 6 after 5, restartCount 0 after 0")) << told[0];
}

TEST_F(AppraiseTest, A11_AnotherFirmwareOfTheTpmIsToldToPeople) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  (void)rig_.attest(machine_, "token-n1");
  EXPECT_TRUE(events("TpmFirmwareChanged").empty());
  ++machine_.firmware_version;
  EXPECT_EQ(rig_.attest(machine_, "token-n1").body.at("outcome"), "Appraised");
  (void)rig_.attest(machine_, "token-n1");
  EXPECT_EQ(events("TpmFirmwareChanged").size(), 1u);
}

}  // namespace
}  // namespace seaworthy::verifier
