#include "tpm/name.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "support/vectors.h"
#include "tpm/attest.h"

namespace seaworthy::tpm {
namespace {

using seaworthy::testing::vector_file;

TEST(Name, ChangesWithEveryFieldOfThePublicArea) {
  const PublicArea area{.name_alg = crypto::HashAlg::kSha256,
                        .attributes = 0x00050472,
                        .auth_policy = {},
                        .symmetric = {},
                        .scheme = Scheme{kAlgEcdsa, crypto::HashAlg::kSha256},
                        .key = EccKey{EccCurve::kNistP256, Bytes(32, 1), Bytes(32, 2)}};
  PublicArea other = area;
  other.attributes &= ~kRestricted;
  EXPECT_NE(name_of(area), name_of(other));
  other = area;
  other.name_alg = crypto::HashAlg::kSha384;
  EXPECT_EQ(name_of(other).size(), 2u + 48u);
  EXPECT_EQ(codec::to_hex(name_of(area)).substr(0, 4), "000b");
}

// R12: real TPMs write this name into what the key signs, and another for another hierarchy.
TEST(Name, R12_PrimaryOfTheEndorsementHierarchyAgreesWithARealTpm) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name :
       {"01-good-rsassa-sha256", "02-good-ecdsa-p256", "05-good-rsapss-sha256"}) {
    SCOPED_TRACE(name);
    const std::string folder = std::string("_generated-swtpm/") + name;
    const auto area = parse_public_area(vector_file(folder + "/ak.tpmt_public"));
    const auto quote = parse_quote(vector_file(folder + "/attest.bin"));
    ASSERT_TRUE(area && quote);
    EXPECT_EQ(quote->qualified_signer, primary_qualified_name(*area, Hierarchy::kEndorsement));
    EXPECT_NE(quote->qualified_signer, primary_qualified_name(*area, Hierarchy::kOwner));
    EXPECT_NE(quote->qualified_signer, primary_qualified_name(*area, Hierarchy::kNull));
    EXPECT_NE(quote->qualified_signer, child_qualified_name(*area, quote->qualified_signer));
  }
}

}  // namespace
}  // namespace seaworthy::tpm
