#include "tpm/public_area.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "support/vectors.h"
#include "tpm/name.h"

namespace seaworthy::tpm {
namespace {

using seaworthy::testing::vector_file;

PublicArea ak_p256() {
  return {.name_alg = crypto::HashAlg::kSha256,
          .attributes = 0x00050472,
          .auth_policy = {},
          .symmetric = {},
          .scheme = Scheme{kAlgEcdsa, crypto::HashAlg::kSha256},
          .key = EccKey{EccCurve::kNistP256, Bytes(32, 0x11), Bytes(32, 0x22)}};
}

PublicArea ek_rsa() {
  return {.name_alg = crypto::HashAlg::kSha256,
          .attributes = 0x000300b2,
          .auth_policy = Bytes(32, 0x44),
          .symmetric = SymmetricDef{128},
          .scheme = {},
          .key = RsaKey{2048, 0, Bytes(256, 0x55)}};
}

TEST(PublicArea, ParsesWhatItWrites) {
  PublicArea rsaes = ek_rsa();
  rsaes.scheme = Scheme{kAlgRsaes, std::nullopt};
  PublicArea pss = ek_rsa();
  pss.scheme = Scheme{kAlgRsapss, crypto::HashAlg::kSha384};
  PublicArea p384 = ak_p256();
  p384.name_alg = crypto::HashAlg::kSha384;
  p384.key = EccKey{EccCurve::kNistP384, Bytes(48, 1), Bytes(47, 2)};
  PublicArea p521 = p384;
  p521.name_alg = crypto::HashAlg::kSha512;
  p521.key = EccKey{EccCurve::kNistP521, Bytes(66, 1), Bytes(65, 2)};
  for (const PublicArea& area : {ak_p256(), ek_rsa(), rsaes, pss, p384, p521}) {
    const auto parsed = parse_public_area(write_public_area(area));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(*parsed, area);
  }
}

TEST(PublicArea, RefusesEveryStrictPrefixAndTrailingBytes) {
  for (const PublicArea& area : {ak_p256(), ek_rsa()}) {
    Bytes bytes = write_public_area(area);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(parse_public_area(ByteSpan(bytes).first(n))) << n;
    }
    bytes.push_back(0);
    EXPECT_EQ(parse_public_area(bytes).error().code(), ErrorCode::kMalformed);
  }
}

struct Refused {
  const char* name;
  const char* hex;
  ErrorCode code;
};

class PublicAreaRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(PublicAreaRefuses, What) {
  const auto parsed = parse_public_area(*codec::from_hex(GetParam().hex));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), GetParam().code) << parsed.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Table, PublicAreaRefuses,
    ::testing::Values(
        Refused{"AKeyedHash", "0008000b000000000000", ErrorCode::kUnsupported},
        Refused{"AnUnknownNameAlg", "0023001200000000", ErrorCode::kUnsupported},
        Refused{"AnOverLongPolicy", "0023000b000000000041", ErrorCode::kMalformed},
        Refused{"AnotherCipher", "0023000b0000000000000026", ErrorCode::kUnsupported},
        Refused{"AesInAnotherMode", "0023000b000000000000000600800044", ErrorCode::kUnsupported},
        Refused{"AnEccSchemeOnAnRsaKey", "0001000b00000000000000100018000b",
                ErrorCode::kUnsupported},
        Refused{"AnRsaSchemeOnAnEccKey", "0023000b00000000000000100014000b",
                ErrorCode::kUnsupported},
        Refused{"A10_ACurveThatIsNotOnTheList", "0023000b0000000000000010001000100010",
                ErrorCode::kUnsupported},
        Refused{"A10_AnOddKeySize", "0001000b000000000000001000100400", ErrorCode::kMalformed},
        Refused{"A10_RsaOf512Bits", "0001000b00000000000000100010020000000000",
                ErrorCode::kUnsupported},
        Refused{"AModulusOfAnotherSize",
                "0001000b00000000000000100010080000000000"
                "00ff",
                ErrorCode::kMalformed},
        Refused{"AnEmptyCoordinate",
                "0023000b0000000000000010001000030010"
                "0000",
                ErrorCode::kMalformed},
        Refused{"ACoordinateWiderThanTheCurve",
                "0023000b0000000000000010001000030010"
                "0021",
                ErrorCode::kMalformed},
        Refused{"A28_ACoordinateWiderThanP521",
                "0023000b0000000000000010001000050010"
                "0043",
                ErrorCode::kMalformed}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PublicArea, ParsesKeysOfRealTpms) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name : {"01-good-rsassa-sha256", "02-good-ecdsa-p256", "05-good-rsapss-sha256",
                           "24-bad-forged-quote-unrestricted-key"}) {
    SCOPED_TRACE(name);
    const Bytes bytes = vector_file(std::string("_generated-swtpm/") + name + "/ak.tpmt_public");
    const auto area = parse_public_area(bytes);
    ASSERT_TRUE(area) << area.error().message();
    EXPECT_EQ(write_public_area(*area), bytes);
    EXPECT_EQ((area->attributes & kRestricted) != 0, name[0] != '2');
  }
}

TEST(Name, A04_IsComputedFromThePublicArea) {
  SEAWORTHY_NEEDS_VECTORS();
  // TPM2B_PUBLIC: a size in front.
  const auto area_of = [](const char* file) {
    const Bytes bytes = vector_file(std::string("keylime+keylime/test-data/files/") + file);
    return *parse_public_area(ByteSpan(bytes).subspan(2));
  };
  EXPECT_EQ(codec::to_hex(name_of(area_of("ak.pub"))),
            "000b2d3fb7830f6cb214fac7d7cb213a21a0609148c4505927db61287e1e80322336");
  EXPECT_EQ(codec::to_hex(name_of(area_of("ek.pub"))),
            "000b524fe073981b4ac6fb4b571723bf939f67fa0a154dc85eee0dd1e5b21df47ca5");
}

}  // namespace
}  // namespace seaworthy::tpm
