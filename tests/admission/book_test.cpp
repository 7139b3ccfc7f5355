#include "admission/book.h"

#include <gtest/gtest.h>

#include "admission/standing.h"
#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using namespace seaworthy::testing;
using api::Verdict;

const NodeName kN1("n1");

TEST(Book, BelievesWhatATrustedKeySigned) {
  World world;
  const auto snapshot = world.book.snapshot();
  ASSERT_EQ(snapshot->find_node(kN1)->results.size(), 1u);
  const ResultView& result = snapshot->find_node(kN1)->results[0];
  EXPECT_EQ(result.verifier, "seaworthy-operator");
  EXPECT_EQ(result.key_id, world.signer.key_id());
  EXPECT_EQ(result.node_uid, NodeUid("uid-n1"));
  EXPECT_EQ(result.verdicts.size(), 1u);
  EXPECT_EQ(world.book.counts().set_aside, 0u);
  EXPECT_EQ(world.book.counts().nodes, 1u);
  EXPECT_EQ(world.book.counts().policies, 1u);
  EXPECT_EQ(world.book.counts().keys, 1u);
}

TEST(Book, AReaderKeepsItsSnapshotWhileOthersAreMade) {
  World world;
  const auto before = world.book.snapshot();
  world.book.drop_attestation("n1");
  EXPECT_EQ(before->find_node(kN1)->results.size(), 1u);
  EXPECT_EQ(world.book.snapshot()->find_node(kN1)->results.size(), 0u);
}

TEST(Book, AResultIsSetAsideUntilItsKeyIsPublished) {
  World world;
  TestSigner late("seaworthy-operator");
  const std::string ear =
      ear_of(claims_of(late, {result_of("production", Verdict::kTrusted)}), late);
  world.book.put_attestation(attestation_object("n1", {{"seaworthy-operator", ear}}), kNow);
  EXPECT_TRUE(world.book.snapshot()->find_node(kN1)->results.empty());
  EXPECT_FALSE(world.book.snapshot()->find_node(kN1)->refused.empty());
  EXPECT_EQ(world.book.counts().set_aside, 1u);

  world.book.put_keys(jwks_of({&world.signer, &late}), kNow);
  EXPECT_EQ(world.book.snapshot()->find_node(kN1)->results.size(), 1u);
  EXPECT_EQ(world.book.snapshot()->find_node(kN1)->refused, "");
  EXPECT_EQ(world.book.counts().set_aside, 0u);
}

TEST(Book, OneResultOfTwoThatWaitedJoinsTheOther) {
  World world;
  TestSigner late("second");
  const std::string first =
      ear_of(claims_of(world.signer, {result_of("production", Verdict::kTrusted)}), world.signer);
  const std::string second =
      ear_of(claims_of(late, {result_of("production", Verdict::kTrusted)}), late);
  world.book.put_attestation(attestation_object("n1", {{"a", first}, {"b", second}}), kNow);
  EXPECT_EQ(world.book.snapshot()->find_node(kN1)->results.size(), 1u);
  world.book.put_keys(jwks_of({&world.signer, &late}), kNow);
  EXPECT_EQ(world.book.snapshot()->find_node(kN1)->results.size(), 2u);
}

TEST(Book, AForgedResultIsNotBelieved) {
  World world;
  std::string ear =
      ear_of(claims_of(world.signer, {result_of("production", Verdict::kTrusted)}), world.signer);
  char& c = ear[ear.size() - 10];
  c = c == 'A' ? 'B' : 'A';
  world.book.put_attestation(attestation_object("n1", {{"v", ear}}), kNow);
  EXPECT_TRUE(world.book.snapshot()->find_node(kN1)->results.empty());
}

TEST(Book, AResultCopiedFromAnotherNodeIsNotBelieved) {
  World world;
  const std::string ear =
      ear_of(claims_of(world.signer, {result_of("production", Verdict::kTrusted)}), world.signer);
  world.book.put_node("n2", "uid-n1");  // even with the same UID
  world.book.put_attestation(attestation_object("n2", {{"v", ear}}), kNow);
  const auto snapshot = world.book.snapshot();
  EXPECT_TRUE(snapshot->find_node(NodeName("n2"))->results.empty());
  EXPECT_EQ(snapshot->find_node(NodeName("n2"))->refused, "it is about node n1");
}

TEST(Book, VerdictsInTheStatusCountForNothing) {
  World world;
  world.book.put_node("n2", "uid-n2");
  world.book.put_attestation(
      parsed(R"({"metadata": {"name": "n2"}, "status": {"verdicts": [{"policy": "production",
          "verdict": "Trusted", "sinceTime": "2026-11-24T13:34:00Z"}]}})"),
      kNow);
  EXPECT_TRUE(world.book.snapshot()->find_node(NodeName("n2"))->results.empty());
}

TEST(Book, AnAttestationThatDoesNotParseHasNoResults) {
  World world;
  auto object = attestation_object("n1", {{"v", "x"}});
  object["status"]["results"][0]["ear"] = 7;
  world.book.put_attestation(object, kNow);
  const auto snapshot = world.book.snapshot();
  EXPECT_TRUE(snapshot->find_node(kN1)->results.empty());
  EXPECT_EQ(snapshot->find_node(kN1)->refused, "status.results[0].ear: expected a string, got 7");
  world.book.put_attestation(parsed("[]"), kNow);  // names no node: nothing to know
}

TEST(Book, KeysWithoutOwnerOrEndAreLeftOut) {
  World world;
  auto keys = jwks_of({&world.signer});
  TestSigner other("other");
  keys["no-end"] = token::to_jwk_text(other.jwk());
  token::Jwk ownerless = TestSigner("").jwk();
  ownerless.not_after = kNow + seconds(60);
  keys["no-owner"] = token::to_jwk_text(ownerless);
  keys["no-key"] = "{}";
  EXPECT_EQ(world.book.put_keys(keys, kNow), 3u);
  EXPECT_EQ(world.book.counts().keys, 1u);
}

TEST(Book, APolicyThatIsGoneGovernsNothing) {
  World world;
  world.book.drop_policy("production");
  EXPECT_TRUE(world.book.snapshot()->governing(Namespace("payments")).empty());
}

}  // namespace
}  // namespace seaworthy::admission
