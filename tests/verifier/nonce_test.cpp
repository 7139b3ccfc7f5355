#include "verifier/nonce.h"

#include <gtest/gtest.h>

#include <set>

#include "support/fake_random.h"

namespace seaworthy::verifier {
namespace {

const Time kNow = Time::from_unix(seconds(1'800'000'000));
const NodeUid kNode("node-uid-1");

class NonceTest : public ::testing::Test {
 protected:
  testing::FakeRandom random_;
  crypto::SealKey key_ = crypto::SealKey::generate(random_);
  Nonces nonces_{key_, "seaworthy-operator", random_};
};

TEST_F(NonceTest, AnotherReplicaWithTheSameKeyAcceptsIt) {
  Nonces replica(key_, "seaworthy-operator", random_);
  const auto issued =
      replica.open(nonces_.issue(kNode, "pod", kNow), kNode, "pod", kNow + seconds(10));
  ASSERT_TRUE(issued) << issued.error().message();
  EXPECT_EQ(issued->issued, kNow);
  EXPECT_EQ(issued->selection, Selection::kUsual);
}

TEST_F(NonceTest, R9_CarriesWhatWasAskedFor) {
  const Bytes nonce = nonces_.issue(kNode, "pod", kNow, Selection::kWithUserspace);
  EXPECT_EQ(nonces_.open(nonce, kNode, "pod", kNow)->selection, Selection::kWithUserspace);
}

TEST_F(NonceTest, A48_A52_RefusesTheNonceOfAnotherNodeOrPod) {
  const Bytes nonce = nonces_.issue(kNode, "pod", kNow);
  EXPECT_FALSE(nonces_.open(nonce, NodeUid("node-uid-2"), "pod", kNow));
  EXPECT_FALSE(nonces_.open(nonce, kNode, "pod-2", kNow));
}

TEST_F(NonceTest, A45_A60_RefusesAnOldNonceAndOneFromTheFuture) {
  const Bytes nonce = nonces_.issue(kNode, "pod", kNow);
  EXPECT_TRUE(nonces_.open(nonce, kNode, "pod", kNow + kNonceLife));
  EXPECT_FALSE(nonces_.open(nonce, kNode, "pod", kNow + kNonceLife + milliseconds(1)));
  EXPECT_TRUE(nonces_.open(nonce, kNode, "pod", kNow - kClockSkew));
  EXPECT_FALSE(nonces_.open(nonce, kNode, "pod", kNow - kClockSkew - milliseconds(1)));
}

TEST_F(NonceTest, RefusesWhatAnotherKeyOrVerifierMade) {
  Nonces other_key(crypto::SealKey::generate(random_), "seaworthy-operator", random_);
  Nonces other_verifier(key_, "seaworthy-2", random_);
  EXPECT_FALSE(nonces_.open(other_key.issue(kNode, "pod", kNow), kNode, "pod", kNow));
  EXPECT_FALSE(nonces_.open(other_verifier.issue(kNode, "pod", kNow), kNode, "pod", kNow));
  EXPECT_FALSE(nonces_.open({}, kNode, "pod", kNow));
}

TEST_F(NonceTest, RefusesEverySingleBitFlip) {
  const Bytes nonce = nonces_.issue(kNode, "pod", kNow);
  for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit) {
    Bytes flipped = nonce;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(nonces_.open(flipped, kNode, "pod", kNow)) << "bit " << bit;
  }
}

TEST_F(NonceTest, A47_TenThousandNoncesAreUnique) {
  std::set<Bytes> seen;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(seen.insert(nonces_.issue(kNode, "pod", kNow)).second);
  }
}

TEST_F(NonceTest, A45_ANonceIsSpentOnce) {
  NonceBook book;
  const Bytes nonce = nonces_.issue(kNode, "pod", kNow);
  EXPECT_TRUE(book.spend(nonce, kNow, kNow + seconds(1)));
  EXPECT_FALSE(book.spend(nonce, kNow, kNow + seconds(2)));
  EXPECT_FALSE(book.spend(nonce, kNow, kNow + kNonceLife + seconds(1)));
}

TEST_F(NonceTest, A170_TheBookIsBoundedAndForgetsWhatHasExpired) {
  NonceBook book(2);
  EXPECT_TRUE(book.spend(nonces_.issue(kNode, "a", kNow), kNow, kNow));
  EXPECT_TRUE(book.spend(nonces_.issue(kNode, "b", kNow), kNow, kNow));
  EXPECT_FALSE(book.spend(nonces_.issue(kNode, "c", kNow), kNow, kNow));
  const Time later = kNow + kNonceLife + kClockSkew + seconds(2);
  EXPECT_TRUE(book.spend(nonces_.issue(kNode, "d", later), later, later));
}

}  // namespace
}  // namespace seaworthy::verifier
