#include "controller/judgement.h"

#include <gtest/gtest.h>

#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using api::Verdict;
using std::chrono::seconds;
using testing::Says;

class Judgement : public ::testing::Test {
 protected:
  Says says(Verdict verdict = Verdict::kTrusted) {
    return {.node = "n1",
            .node_uid = "nu",
            .policy = "p",
            .policy_uid = "pu",
            .generation = 3,
            .verdict = verdict,
            .issued = clock_.now()};
  }
  api::PolicyVerdict judged(const std::vector<Says>& all,
                            const api::PolicyVerdict* before = nullptr) {
    api::NodeAttestation attestation;
    attestation.meta.name = "n1";
    for (const Says& one : all) {
      attestation.results.push_back(
          {"v" + std::to_string(attestation.results.size()), testing::ear(signer_, one)});
    }
    VerifierKeys keys{signer_.as_set(), 1};
    const auto ears = cache_.ears(attestation, keys, clock_.now());
    return judge({PolicyName("p"), "pu", 3}, NodeName("n1"), NodeUid("nu"), *ears, keys.keys,
                 before, now_.value_or(clock_.now()));
  }

  testing::FakeClock clock_;
  testing::TestSigner signer_;
  EarCache cache_;
  std::optional<Time> now_;
};

TEST_F(Judgement, ASignedFreshResultIsBelieved) {
  const auto verdict = judged({says()});
  EXPECT_EQ(verdict.verdict, Verdict::kTrusted);
  EXPECT_EQ(verdict.reason, kReasonAppraised);
  EXPECT_EQ(verdict.expires, clock_.now() + seconds(120));
}

TEST_F(Judgement, AViolationTellsItsFirstFindingAndOutweighsTrust) {
  const auto verdict = judged({says(), says(Verdict::kViolated)});
  EXPECT_EQ(verdict.verdict, Verdict::kViolated);
  EXPECT_EQ(verdict.reason, "PcrMismatch");
  EXPECT_EQ(verdict.findings.size(), 1u);
}

TEST_F(Judgement, WithoutAResultTheNodeIsUnknown) {
  EXPECT_EQ(judged({}).verdict, Verdict::kUnknown);
  EXPECT_EQ(judged({}).reason, kReasonNeverAppraised);
}

TEST_F(Judgement, A62_ItHoldsUntilItExpiresAndNotAMomentLonger) {
  now_ = clock_.now() + seconds(119);
  EXPECT_EQ(judged({says()}).verdict, Verdict::kTrusted);
  now_ = clock_.now() + seconds(120);
  const auto verdict = judged({says()});
  EXPECT_EQ(verdict.verdict, Verdict::kStale);
  EXPECT_EQ(verdict.reason, kReasonExpired);
  EXPECT_FALSE(verdict.expires);
}

TEST_F(Judgement, A63_AnotherGenerationOrIncarnationOfThePolicyDoesNotCount) {
  Says other = says();
  other.generation = 2;
  EXPECT_EQ(judged({other}).reason, kReasonPolicyChanged);
  EXPECT_EQ(judged({other}).verdict, Verdict::kUnknown);
  other = says();
  other.policy_uid = "another";
  EXPECT_EQ(judged({other}).verdict, Verdict::kUnknown);
}

TEST_F(Judgement, A144_AnotherNodeUidDoesNotCount) {
  Says other = says();
  other.node_uid = "old";
  EXPECT_EQ(judged({other}).verdict, Verdict::kUnknown);
  EXPECT_EQ(judged({other}).reason, kReasonNodeUidChanged);
}

TEST_F(Judgement, AResultAboutAnotherNodeDoesNotCount) {
  Says other = says();
  other.node = "n2";
  EXPECT_EQ(judged({other}).reason, kReasonNeverAppraised);
}

TEST_F(Judgement, A134_AnUnsignedVerdictInStatusMakesNothingTrusted) {
  api::PolicyVerdict forged;
  forged.policy = PolicyName("p");
  forged.verdict = Verdict::kTrusted;
  forged.expires = clock_.now() + seconds(100'000);
  EXPECT_EQ(judged({}, &forged).verdict, Verdict::kStale);
}

TEST_F(Judgement, AKeyThatIsNotPublishedOrHasExpiredDoesNotCount) {
  const testing::TestSigner stranger;
  api::NodeAttestation attestation;
  attestation.meta.name = "n1";
  attestation.results = {{"seaworthy-operator", testing::ear(stranger, says())}};
  EXPECT_TRUE(cache_.ears(attestation, {signer_.as_set(), 1}, clock_.now())->empty());

  attestation.results = {{"seaworthy-operator", testing::ear(signer_, says())}};
  token::KeySet dying;
  ASSERT_TRUE(dying.add(token::Jwk::of(signer_.key().public_key(), "seaworthy-operator",
                                       clock_.now() + seconds(10))));
  const auto ears = cache_.ears(attestation, {dying, 2}, clock_.now());
  ASSERT_EQ(ears->size(), 1u);
  const auto at = [&](seconds later) {
    return judge({PolicyName("p"), "pu", 3}, NodeName("n1"), NodeUid("nu"), *ears, dying, nullptr,
                 clock_.now() + later)
        .verdict;
  };
  EXPECT_EQ(at(seconds(9)), Verdict::kTrusted);
  EXPECT_EQ(at(seconds(10)), Verdict::kStale);
}

TEST_F(Judgement, ATokenThatIsNoneIsAsGoodAsAbsent) {
  api::NodeAttestation attestation;
  attestation.meta.name = "n1";
  attestation.results = {{"seaworthy-operator", "e30.e30.AAAA"}};
  EXPECT_TRUE(cache_.ears(attestation, {signer_.as_set(), 1}, clock_.now())->empty());
}

TEST_F(Judgement, SinceIsKeptWhileTheVerdictIs) {
  api::PolicyVerdict before;
  before.verdict = Verdict::kTrusted;
  before.since = clock_.now() - seconds(1000);
  EXPECT_EQ(judged({says()}, &before).since, before.since);
  EXPECT_EQ(judged({says(Verdict::kViolated)}, &before).since, clock_.now());
}

}  // namespace
}  // namespace seaworthy::controller
