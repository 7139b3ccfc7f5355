#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace seaworthy::crypto {
namespace {

std::string hex(ByteSpan bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

TEST(Digest, HashesTheVectorsOfFips180) {
  EXPECT_EQ(hex(hash(HashAlg::kSha1, as_bytes("abc")).bytes()),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha256(as_bytes("abc")).bytes()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256({}).bytes()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_size(HashAlg::kSha384), hash(HashAlg::kSha384, as_bytes("")).bytes().size());
}

TEST(Digest, PartsAndPiecesAreTheWhole) {
  const Digest whole = sha256(as_bytes("hello world"));
  EXPECT_EQ(hash(HashAlg::kSha256, {as_bytes("hello"), as_bytes(" world")}), whole);
  EXPECT_EQ(Hasher(HashAlg::kSha256).update(as_bytes("hello ")).update(as_bytes("world")).finish(),
            whole);
}

TEST(Digest, ExtendsLikeATpm) {
  const Digest zero(HashAlg::kSha256);
  EXPECT_TRUE(zero.is_zero());
  const Digest d = sha256(as_bytes("x"));
  EXPECT_EQ(extended(zero, d.bytes()), hash(HashAlg::kSha256, {zero.bytes(), d.bytes()}));
}

TEST(Digest, MacsTheVectorsOfRfc4231) {
  const Bytes key(20, 0x0B);
  EXPECT_EQ(hex(hmac(HashAlg::kSha256, key, {as_bytes("Hi "), as_bytes("There")}).bytes()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac(HashAlg::kSha256, {}, {}).bytes()),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, KnowsIdentifiersAndNames) {
  EXPECT_EQ(hash_alg(0x000B), HashAlg::kSha256);
  EXPECT_FALSE(hash_alg(0x0012));
  EXPECT_EQ(hash_alg_named("sha384"), HashAlg::kSha384);
  EXPECT_FALSE(hash_alg_named("SHA384"));
}

TEST(Digest, EqualComparesLengthAndBytes) {
  EXPECT_TRUE(equal(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("ac")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("a")));
  EXPECT_TRUE(equal({}, {}));
}

}  // namespace
}  // namespace seaworthy::crypto
