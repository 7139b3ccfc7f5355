#include "crypto/sealed.h"

#include <gtest/gtest.h>

#include "support/fake_random.h"

namespace seaworthy::crypto {
namespace {

SealKey new_key() {
  static testing::FakeRandom random;
  return SealKey::generate(random);
}

TEST(Sealed, OpensWhatItSealed) {
  const SealKey key = new_key();
  for (const std::string_view payload :
       {std::string_view(""), std::string_view("node uid, time")}) {
    const Bytes blob = seal(key, "challenge/v1", as_bytes(payload));
    EXPECT_EQ(blob.size(), payload.size() + kSealOverhead);
    const auto opened = open(key, "challenge/v1", blob);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(*opened), payload);
  }
}

TEST(Sealed, A24_EveryFailureLooksTheSame) {
  const SealKey key = new_key();
  const Bytes blob = seal(key, "challenge/v1", as_bytes("payload"));
  Bytes other_version = blob;
  other_version[0] = 2;
  Bytes longer = blob;
  longer.push_back(0);
  Bytes other_tag = blob;
  other_tag.back() ^= 1;
  for (const auto& failed :
       {open(new_key(), "challenge/v1", blob), open(key, "session/v1", blob), open(key, "", blob),
        open(key, "challenge/v1", other_version), open(key, "challenge/v1", longer),
        open(key, "challenge/v1", other_tag), open(key, "challenge/v1", {}),
        open(key, "challenge/v1", Bytes(33, 1))}) {
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::kDenied);
    EXPECT_EQ(failed.error().message(), "not a blob of ours");
  }
}

TEST(Sealed, RefusesEveryFlippedBitAndEveryPrefix) {
  const SealKey key = new_key();
  Bytes blob = seal(key, "statement/v1", as_bytes("ek, ak, node"));
  for (std::size_t bit = 0; bit < 8 * blob.size(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    blob[bit / 8] ^= mask;
    EXPECT_FALSE(open(key, "statement/v1", blob)) << bit;
    blob[bit / 8] ^= mask;
  }
  for (std::size_t n = 0; n < blob.size(); ++n) {
    EXPECT_FALSE(open(key, "statement/v1", ByteSpan(blob).first(n))) << n;
  }
}

TEST(Sealed, LabelAndPayloadDoNotRunTogether) {
  const SealKey key = new_key();
  const Bytes blob = seal(key, "ab", as_bytes("c"));
  Bytes moved = {0x01, 'b', 'c'};
  moved.insert(moved.end(), blob.end() - 32, blob.end());
  EXPECT_FALSE(open(key, "a", moved));
}

TEST(Sealed, KeysHaveExactly32Bytes) {
  EXPECT_FALSE(SealKey::from_bytes({}));
  EXPECT_FALSE(SealKey::from_bytes(Bytes(31)));
  EXPECT_FALSE(SealKey::from_bytes(Bytes(33)));
  const auto key = SealKey::from_bytes(Bytes(32, 7));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_bytes(key->bytes()), Bytes(32, 7));
}

TEST(Sealed, DerivedKeysAreIndependent) {
  const SealKey key = new_key();
  const Bytes blob = seal(key.derive("a"), "l", as_bytes("p"));
  EXPECT_TRUE(open(key.derive("a"), "l", blob));
  EXPECT_FALSE(open(key.derive("b"), "l", blob));
  EXPECT_FALSE(open(key, "l", blob));
}

}  // namespace
}  // namespace seaworthy::crypto
