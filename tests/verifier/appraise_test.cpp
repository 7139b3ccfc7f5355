// What stays true when nobody remembers: after a restart, or on another replica.
#include "verifier/appraise.h"

#include <gtest/gtest.h>

#include "token/ear.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

class AppraiseTest : public ::testing::Test {
 protected:
  // Until when the published result of the policy holds.
  std::optional<Time> expiry() {
    token::KeySet keys;
    EXPECT_TRUE(
        keys.add(*token::parse_jwk(rig_.signer_.public_entry(rig_.clock_.now() + seconds(600)))));
    const auto ear =
        token::verify_ear(rig_.record("n1")->results.at(0).ear, keys, rig_.clock_.now());
    EXPECT_TRUE(ear) << ear.error().message();
    return ear->find(PolicyName("production"))->expires;
  }

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

  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
};

// The nonce and the clock of the quote are known to the replica that saw them. Another one, or the
// same after a restart, takes the message for as long as the nonce lives, once; and says no more
// than was said: the verdict ends when it would have.
TEST_F(AppraiseTest, A50_AQuoteShownToAnotherReplicaGainsNoTime) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto message = api::to_json(rig_.answer(machine_, rig_.challenge("token-n1"), "token-n1"));
  ASSERT_EQ(rig_.post("/v1/attest", message, "token-n1").body.at("outcome"), "Appraised");
  const auto before = expiry();
  ASSERT_TRUE(before);

  rig_.clock_.advance(seconds(30));
  rig_.replica = &rig_.other_;
  EXPECT_EQ(rig_.post("/v1/attest", message, "token-n1").body.at("outcome"), "Appraised");
  EXPECT_EQ(expiry(), before);
  EXPECT_EQ(rig_.post("/v1/attest", message, "token-n1").body.at("outcome"), "Refused");

  rig_.clock_.advance(kNonceLife);
  rig_.replica = &rig_.service_;
  EXPECT_EQ(rig_.post("/v1/attest", message, "token-n1").body.at("outcome"), "Refused");
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
