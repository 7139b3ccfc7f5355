#include "attester/verifier_client.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"
#include "support/fake_clock.h"

namespace seaworthy::attester {
namespace {

class VerifierClientTest : public ::testing::Test {
 protected:
  Wait wait_for_answer() {
    auto answer = client_.challenge("token", {});
    EXPECT_TRUE(std::holds_alternative<Wait>(answer));
    return std::get<Wait>(answer);
  }

  seaworthy::testing::FakeClock clock_;
  testing::FakeVerifier verifier_;
  VerifierClient client_{verifier_, clock_};
};

TEST_F(VerifierClientTest, SendsTheTokenItIsGiven) {
  verifier_.enrolled = true;
  EXPECT_TRUE(std::holds_alternative<api::ChallengeMessage>(client_.challenge("abc", {})));
  EXPECT_EQ(verifier_.authorizations.back(), "Bearer abc");
  EXPECT_EQ(verifier_.asked.back(), "/v1/challenge");
}

TEST_F(VerifierClientTest, TakesAChallengeWithAndWithoutItsWrapping) {
  const api::ChallengeMessage challenge{.nonce = {1},
                                        .node_uid = NodeUid("u"),
                                        .expires_seconds = 60,
                                        .selection = {{.bank = "sha256", .pcrs = {0}}},
                                        .boot_log_known = {},
                                        .ima_from = 0,
                                        .interval_seconds = 30};
  codec::Json wrapped;
  wrapped["challenge"] = api::to_json(challenge);
  for (const codec::Json& json : {api::to_json(challenge), wrapped}) {
    verifier_.instead = http::json_response(200, codec::to_json_text(json));
    const auto answer = client_.challenge("t", {});
    ASSERT_TRUE(std::holds_alternative<api::ChallengeMessage>(answer));
    EXPECT_EQ(std::get<api::ChallengeMessage>(answer), challenge);
  }
}

TEST_F(VerifierClientTest, ARefusalSaysWhatTheVerifierSays) {
  verifier_.instead = testing::FakeVerifier::refuse(409, "NoPolicy");
  const Wait wait = wait_for_answer();
  EXPECT_EQ(wait.why.code(), ErrorCode::kConflict);
  EXPECT_NE(wait.why.message().find("409 NoPolicy: no"), std::string::npos);
}

TEST_F(VerifierClientTest, EveryStatusHasItsCode) {
  const std::vector<std::pair<int, ErrorCode>> table{
      {400, ErrorCode::kMalformed},   {401, ErrorCode::kDenied},
      {403, ErrorCode::kDenied},      {404, ErrorCode::kNotFound},
      {409, ErrorCode::kConflict},    {413, ErrorCode::kMalformed},
      {429, ErrorCode::kUnavailable}, {500, ErrorCode::kUnavailable},
      {503, ErrorCode::kUnavailable}, {302, ErrorCode::kUnavailable}};
  for (const auto& [status, code] : table) {
    verifier_.instead = http::text_response(status, "not JSON");
    EXPECT_EQ(wait_for_answer().why.code(), code) << status;
  }
}

TEST_F(VerifierClientTest, PassesOnForHowLongToWait) {
  verifier_.instead = testing::FakeVerifier::refuse(429, "TooMany");
  verifier_.instead->retry_after = std::chrono::seconds(17);
  EXPECT_EQ(wait_for_answer().at_least, std::chrono::seconds(17));
}

TEST_F(VerifierClientTest, AnAnswerThatDoesNotParseIsNoAnswer) {
  for (const char* body : {"", "{}", "[]", "{\"challenge\":{}}"}) {
    verifier_.instead = http::json_response(200, body);
    EXPECT_EQ(wait_for_answer().why.code(), ErrorCode::kMalformed) << body;
  }
}

TEST_F(VerifierClientTest, ATransportErrorIsPassedOn) {
  verifier_.unreachable = Error(ErrorCode::kDeadline, "too late");
  EXPECT_EQ(wait_for_answer().why.code(), ErrorCode::kDeadline);
}

}  // namespace
}  // namespace seaworthy::attester
