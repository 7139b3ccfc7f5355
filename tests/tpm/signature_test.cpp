#include "tpm/signature.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "support/vectors.h"

namespace seaworthy::tpm {
namespace {

using seaworthy::testing::vector_file;

const std::vector<Signature>& each_kind() {
  static const std::vector<Signature> all = {
      RsassaSignature{crypto::HashAlg::kSha256, Bytes(256, 1)},
      RsapssSignature{crypto::HashAlg::kSha384, Bytes(384, 2)},
      EcdsaSignature{crypto::HashAlg::kSha256, Bytes(32, 3), Bytes(31, 4)}};
  return all;
}

TEST(Signature, ParsesWhatItWrites) {
  for (const Signature& signature : each_kind()) {
    const auto parsed = parse_signature(write_signature(signature));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(*parsed, signature);
  }
}

TEST(Signature, RefusesEveryStrictPrefixAndTrailingBytes) {
  for (const Signature& signature : each_kind()) {
    Bytes bytes = write_signature(signature);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(parse_signature(ByteSpan(bytes).first(n))) << n;
    }
    bytes.push_back(0);
    EXPECT_FALSE(parse_signature(bytes));
  }
}

TEST(Signature, A31_RefusesTheEmptySignature) {
  EXPECT_FALSE(parse_signature({}));
  EXPECT_FALSE(parse_signature(*codec::from_hex("0010")));              // TPM_ALG_NULL
  EXPECT_FALSE(parse_signature(*codec::from_hex("0014000b0000")));      // no bytes
  EXPECT_FALSE(parse_signature(*codec::from_hex("0018000b00000000")));  // no r, no s
}

TEST(Signature, RefusesOtherAlgorithmsAndNumbersThatAreTooWide) {
  EXPECT_EQ(parse_signature(*codec::from_hex("0005000b0000")).error().code(),
            ErrorCode::kUnsupported);  // HMAC
  EXPECT_EQ(parse_signature(*codec::from_hex("001400120001"
                                             "ff"))
                .error()
                .code(),
            ErrorCode::kUnsupported);  // SM3
  EXPECT_FALSE(
      parse_signature(write_signature(RsassaSignature{crypto::HashAlg::kSha256, Bytes(513, 1)})));
  EXPECT_FALSE(parse_signature(
      write_signature(EcdsaSignature{crypto::HashAlg::kSha256, Bytes(67, 1), Bytes(32, 1)})));
}

TEST(Signature, ParsesSignaturesOfRealTpms) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* file : {"_generated-swtpm/01-good-rsassa-sha256/signature.tpmt",
                           "_generated-swtpm/02-good-ecdsa-p256/signature.tpmt",
                           "_generated-swtpm/05-good-rsapss-sha256/signature.tpmt",
                           "keylime+keylime/test-data/files/quotesig.out"}) {
    SCOPED_TRACE(file);
    const Bytes bytes = vector_file(file);
    const auto signature = parse_signature(bytes);
    ASSERT_TRUE(signature) << signature.error().message();
    EXPECT_EQ(write_signature(*signature), bytes);
  }
}

}  // namespace
}  // namespace seaworthy::tpm
