#include "admission/standing.h"

#include <gtest/gtest.h>

#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using namespace seaworthy::testing;
using api::Verdict;

Standing of(const World& world, Time now = kNow, const char* policy_uid = "uid-production") {
  PolicyView policy = PolicyView::of(policy_object("production", {"payments"}));
  policy.uid = policy_uid;
  // The views in the answer point into a snapshot that must live as long.
  static std::shared_ptr<const Snapshot> kept;
  kept = world.book.snapshot();
  return standing(*kept, NodeName("n1"), policy, now);
}

TEST(Standing, ATrustedNodeHoldsTheClass) {
  EXPECT_TRUE(of(World()).trusted());
}

struct Row {
  const char* name;
  Verdict verdict;
  Reason reason;
};
class ByVerdict : public ::testing::TestWithParam<Row> {};
TEST_P(ByVerdict, AnythingElseDoesNot) {
  EXPECT_EQ(of(World(GetParam().verdict)).reason, GetParam().reason);
}
INSTANTIATE_TEST_SUITE_P(Table, ByVerdict,
                         ::testing::Values(Row{"Violated", Verdict::kViolated, Reason::kViolated},
                                           Row{"Stale", Verdict::kStale, Reason::kStale},
                                           Row{"Unknown", Verdict::kUnknown,
                                               Reason::kNeverAppraised}),
                         [](const auto& row) { return row.param.name; });

TEST(Standing, AVerdictExpiresWithoutAnyEvent) {
  World world;
  EXPECT_TRUE(of(world, kNow + milliseconds(119'999)).trusted());
  const Standing expired = of(world, kNow + seconds(120));
  EXPECT_EQ(expired.reason, Reason::kStale);
  EXPECT_EQ(expired.detail,
            "its last good evidence expired at 2027-01-15T08:02:00Z: is the agent running, and "
            "does it reach the operator?");
}

TEST(Standing, TheVerdictOfAPolicyExpiresBeforeTheResult) {
  World world;
  auto result = result_of("production", Verdict::kTrusted);
  result.expires = kNow + seconds(30);
  world.attest({result});
  EXPECT_TRUE(of(world, kNow + seconds(29)).trusted());
  EXPECT_EQ(of(world, kNow + seconds(30)).reason, Reason::kStale);
}

TEST(Standing, AnExpiredViolationIsStaleAndStillShown) {
  World world(Verdict::kViolated);
  const Standing expired = of(world, kNow + seconds(120));
  EXPECT_EQ(expired.reason, Reason::kStale);
  EXPECT_TRUE(expired.detail.starts_with("its last evidence contradicted the policy"));
  EXPECT_NE(expired.verdict, nullptr);
}

TEST(Standing, ANodeMadeAnewIsUnknown) {
  World world;
  world.book.put_node("n1", "uid-n1-new");
  EXPECT_EQ(of(world).reason, Reason::kNodeReplaced);
  world.book.put_node("n1", "uid-n1");
  EXPECT_TRUE(of(world).trusted());
}

TEST(Standing, A131_WithoutANodeThereIsNoTrust) {
  World world;
  world.book.drop_node("n1");
  EXPECT_EQ(of(world).reason, Reason::kNodeUnknown);
}

TEST(Standing, WithoutAResultThereIsNoTrust) {
  World world;
  world.book.drop_attestation("n1");
  EXPECT_EQ(of(world).reason, Reason::kNotAttested);
}

TEST(Standing, APolicyMadeAnewWasNeverAppraised) {
  EXPECT_EQ(of(World(), kNow, "uid-other").reason, Reason::kPolicyReplaced);
}

TEST(Standing, OtherPoliciesDoNotCount) {
  World world;
  world.attest({result_of("staging", Verdict::kTrusted)});
  EXPECT_EQ(of(world).reason, Reason::kNeverAppraised);
}

TEST(Standing, AKeyThatIsNotPublishedAnyMoreIsNotBelieved) {
  World world;
  world.book.put_keys({}, kNow);
  EXPECT_EQ(of(world).reason, Reason::kKeyNotTrusted);
  world.book.put_keys(jwks_of({&world.signer}), kNow);
  EXPECT_TRUE(of(world).trusted());
}

TEST(Standing, AKeyThatRanOutIsNotBelieved) {
  World world;
  world.book.put_keys(jwks_of({&world.signer}, kNow + seconds(10)), kNow);
  EXPECT_TRUE(of(world, kNow + seconds(9)).trusted());
  EXPECT_EQ(of(world, kNow + seconds(10)).reason, Reason::kKeyNotTrusted);
}

TEST(Standing, AKeyThatChangedHandsIsNotBelieved) {
  World world;
  auto keys = jwks_of({&world.signer});
  token::Jwk jwk = world.signer.jwk();
  jwk.verifier = "another";
  jwk.not_after = kNow + seconds(60);
  keys[jwk.key_id] = token::to_jwk_text(jwk);
  world.book.put_keys(keys, kNow);
  EXPECT_EQ(of(world).reason, Reason::kKeyNotTrusted);
}

TEST(Standing, OneViolatedOutweighsATrusted) {
  World world;
  TestSigner second("second");
  world.book.put_keys(jwks_of({&world.signer, &second}), kNow);
  const std::string good =
      ear_of(claims_of(world.signer, {result_of("production", Verdict::kTrusted)}), world.signer);
  const std::string bad =
      ear_of(claims_of(second, {result_of("production", Verdict::kViolated)}), second);
  world.book.put_attestation(
      attestation_object("n1", {{"seaworthy-operator", good}, {"second", bad}}), kNow);
  EXPECT_EQ(of(world).reason, Reason::kViolated);
  // Unless it has expired, or its key is gone: a verifier that is no more must not block for ever.
  world.book.put_keys(jwks_of({&world.signer}), kNow);
  EXPECT_TRUE(of(world).trusted());
}

TEST(Standing, ABrokenPolicyIsHeldByNobody) {
  World world;
  auto object = policy_object("production", {"payments"});
  object["spec"]["x"] = 1;
  const auto snapshot = world.book.snapshot();
  const Standing one = standing(*snapshot, NodeName("n1"), PolicyView::of(object), kNow);
  EXPECT_EQ(one.reason, Reason::kPolicyInvalid);
  EXPECT_EQ(one.detail, "the policy cannot be understood: spec.x: unknown field");
}

}  // namespace
}  // namespace seaworthy::admission
