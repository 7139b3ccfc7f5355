#include "attester/enrol.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"
#include "codec/hex.h"
#include "support/fake_clock.h"

namespace seaworthy::attester {
namespace {

class EnrolTest : public ::testing::Test {
 protected:
  Answer<api::ChallengeMessage> enrol_now() {
    return enrol(device_, device_.who, client_, "token", {});
  }
  seaworthy::testing::FakeClock clock_;
  testing::FakeVerifier verifier_;
  testing::FakeDevice device_;
  VerifierClient client_{verifier_, clock_};
};

TEST_F(EnrolTest, GivesTheFirstChallenge) {
  const auto answer = enrol_now();
  ASSERT_TRUE(std::holds_alternative<api::ChallengeMessage>(answer));
  EXPECT_EQ(verifier_.asked, (std::vector<std::string>{"/v1/enrol", "/v1/enrol/activate"}));
}

TEST_F(EnrolTest, R5_TheProofIsAMacOverTheSessionAndNotTheSecret) {
  const Bytes secret(32, 1);
  const Bytes session = to_bytes(as_bytes("session"));
  const Bytes proof = activation_proof(secret, session);
  EXPECT_EQ(proof.size(), 32u);
  EXPECT_NE(proof, secret);
  EXPECT_NE(proof, activation_proof(secret, to_bytes(as_bytes("other"))));
  EXPECT_NE(proof, activation_proof(Bytes(32, 2), session));
  // Computed by Python: hmac.new(b"\x01"*32, b"seaworthy/activate/v1session", "sha256").
  EXPECT_EQ(codec::to_hex(proof),
            "dbc79ba189c24ba43cc2d0045cac0010dbbc27f9c60c962f87f8045c1cd60ada");
}

TEST_F(EnrolTest, WaitsForApprovalAsLongAsTheVerifierAsks) {
  verifier_.pending = "PendingApproval";
  const auto answer = enrol_now();
  ASSERT_TRUE(std::holds_alternative<Wait>(answer));
  const Wait& wait = std::get<Wait>(answer);
  EXPECT_EQ(wait.at_least, std::chrono::seconds(40));
  EXPECT_EQ(wait.why.message(), "PendingApproval: ask a person");
  EXPECT_TRUE(retryable(wait.why.code()));
}

TEST_F(EnrolTest, SaysWhenTheTpmIsAtFault) {
  device_.broken = Error(ErrorCode::kDenied, "TPM2_ActivateCredential: integrity");
  const auto answer = enrol_now();
  ASSERT_TRUE(std::holds_alternative<Wait>(answer));
  EXPECT_EQ(std::get<Wait>(answer).whose, Whose::kDevice);
  EXPECT_EQ(verifier_.asked.size(), 1u);
}

TEST_F(EnrolTest, PassesOnARefusal) {
  verifier_.instead = testing::FakeVerifier::refuse(409, "NoPolicy");
  const auto answer = enrol_now();
  ASSERT_TRUE(std::holds_alternative<Wait>(answer));
  EXPECT_EQ(std::get<Wait>(answer).why.code(), ErrorCode::kConflict);
  EXPECT_EQ(std::get<Wait>(answer).whose, Whose::kVerifier);
}

}  // namespace
}  // namespace seaworthy::attester
