#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::CertificateRecipe;
using testing::make_der;
using testing::TestTpmMaker;

const TestTpmMaker& maker() {
  static const TestTpmMaker made;
  return made;
}

const Bytes& ek_der() {
  static const Bytes der = make_der(maker().ek_recipe());
  return der;
}

TEST(Certificate, KeepsTheOriginalBytesAndReadsWhatTheySay) {
  const auto ek = Certificate::parse(ek_der());
  ASSERT_TRUE(ek) << ek.error().message();
  EXPECT_EQ(ek->der(), ek_der());
  EXPECT_EQ(ek->fingerprint(), sha256(ek_der()));
  EXPECT_EQ(ek->subject(), "");
  EXPECT_EQ(ek->issuer(), "CN=Test Intermediate");
  EXPECT_EQ(ek->serial_hex(), "1234");
  EXPECT_EQ(ek->not_before(), Time::from_unix(seconds(1'700'000'000)));
  EXPECT_EQ(ek->not_after(), Time::from_unix(seconds(1'900'000'000)));
  EXPECT_FALSE(ek->is_ca());
  ASSERT_TRUE(ek->public_key());
  EXPECT_TRUE(ek->public_key()->same_key(testing::public_half(maker().ek_key)));
  const TpmClaims claims = ek->tpm_claims();
  EXPECT_EQ(claims.manufacturer, "id:49465800");
  EXPECT_EQ(claims.model, "SLB9670");
  EXPECT_EQ(claims.version, "id:00070055");
}

TEST(Certificate, A16_RefusesEveryStrictPrefixAndTrailingBytes) {
  for (std::size_t n = 0; n < ek_der().size(); ++n) {
    EXPECT_FALSE(Certificate::parse(ByteSpan(ek_der()).first(n))) << n;
    EXPECT_FALSE(Certificate::parse_tpm_nv(ByteSpan(ek_der()).first(n))) << n;
  }
  Bytes longer = ek_der();
  longer.push_back(0);
  const auto refused = Certificate::parse(longer);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("1 bytes after its end"), std::string::npos);
}

TEST(Certificate, A16_RefusesOversizedBytesAndLengths) {
  EXPECT_FALSE(Certificate::parse(Bytes(kMaxCertificateBytes + 1, 0x30)));
  EXPECT_FALSE(Certificate::parse_tpm_nv(Bytes(kMaxCertificateBytes + 1, 0x30)));
  for (const Bytes& bad : {Bytes{0x30, 0x84, 0x00, 0x00, 0x00, 0x01}, Bytes{0x30, 0x80, 0, 0, 0},
                           Bytes{0x30, 0x83, 0xFF, 0xFF, 0xFF}, Bytes{0x31, 0x02, 0x05, 0x00},
                           Bytes{0x30, 0x82, 0x10}, Bytes{0x30, 0x02, 0x05, 0x00}, Bytes{}}) {
    EXPECT_FALSE(Certificate::parse(bad));
    EXPECT_FALSE(Certificate::parse_tpm_nv(bad));
  }
}

TEST(Certificate, SurvivesEveryFlippedByte) {
  Bytes der = ek_der();
  for (std::size_t i = 0; i < der.size(); ++i) {
    der[i] ^= 0xFF;
    if (const auto parsed = Certificate::parse(der)) {
      (void)parsed->tpm_claims();
      (void)parsed->subject();
    }
    der[i] ^= 0xFF;
  }
}

TEST(Certificate, A15_CutsThePaddingOfNvAreas) {
  for (const std::uint8_t filler : Bytes{0x00, 0xFF, 0x11}) {
    Bytes area = ek_der();
    area.resize(area.size() + 300, filler);
    EXPECT_FALSE(Certificate::parse(area));
    const auto parsed = Certificate::parse_tpm_nv(area);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->der(), ek_der());
  }
}

TEST(Certificate, A15_SkipsTheHeaderOfOldStParts) {
  Bytes area = {0x10, 0x01, 0x00, 0x04, 0x64, 0x10, 0x02};
  append(area, ek_der());
  area.resize(area.size() + 10, 0xFF);
  const auto parsed = Certificate::parse_tpm_nv(area);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->der(), ek_der());
  area[5] = 0x11;
  EXPECT_FALSE(Certificate::parse_tpm_nv(area));
}

// ST33 and Nuvoton NPCT6xx: OpenSSL 3.0 makes no key of them.
TEST(Certificate, A15_ReadsTheKeyOfAnRsaesOaepCertificate) {
  CertificateRecipe recipe = maker().ek_recipe();
  recipe.edit = [](X509* x509) {
    std::uint8_t* key = nullptr;
    const int size = i2d_PublicKey(X509_get0_pubkey(x509), &key);
    X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_nid2obj(NID_rsaesOaep), V_ASN1_NULL,
                           nullptr, key, size);
  };
  const auto parsed = Certificate::parse(make_der(recipe));
  ASSERT_TRUE(parsed);
  const auto key = parsed->public_key();
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_TRUE(key->same_key(testing::public_half(maker().ek_key)));
}

TEST(Certificate, SaysWhyItHasNoUsableKey) {
  CertificateRecipe recipe = maker().ek_recipe();
  recipe.key = testing::new_ec_key("secp256k1");
  const auto parsed = Certificate::parse(make_der(recipe));
  ASSERT_TRUE(parsed);
  ASSERT_FALSE(parsed->public_key());
  EXPECT_EQ(parsed->public_key().error().code(), ErrorCode::kUnsupported);
}

TEST(Certificate, PemGoesThereAndBack) {
  const auto ek = Certificate::parse(ek_der());
  ASSERT_TRUE(ek);
  const auto again = Certificate::parse_pem(ek->to_pem());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *ek);
}

TEST(PemBundle, ReadsAllCertificatesAndIgnoresTextBetween) {
  const std::string one = Certificate::parse(ek_der())->to_pem();
  const std::string two = testing::make_certificate(maker().root_recipe()).to_pem();
  const auto bundle = parse_pem_bundle("# vendor roots\n" + one + "\nsome text\n" + two + "\n");
  ASSERT_TRUE(bundle) << bundle.error().message();
  ASSERT_EQ(bundle->size(), 2u);
  EXPECT_EQ((*bundle)[0].der(), ek_der());
  EXPECT_TRUE((*bundle)[1].is_ca());
  EXPECT_FALSE(Certificate::parse_pem(one + two));
}

TEST(PemBundle, RefusesWhatIsNotABundleAndNamesTheBlock) {
  const std::string good = Certificate::parse(ek_der())->to_pem();
  EXPECT_FALSE(parse_pem_bundle(""));
  EXPECT_FALSE(parse_pem_bundle("no certificate here"));
  const auto key_inside =
      parse_pem_bundle(good + "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
  ASSERT_FALSE(key_inside);
  EXPECT_NE(key_inside.error().message().find("PEM block 2"), std::string::npos);
  EXPECT_FALSE(parse_pem_bundle(good + "-----BEGIN CERTIFICATE-----\n!!!!\n"));
  EXPECT_FALSE(
      parse_pem_bundle(good + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(parse_pem_bundle(std::string(kMaxBundleBytes + 1, '\n')));
}

TEST(PemBundle, RefusesMoreCertificatesThanTheLimit) {
  CertificateRecipe small{"a", testing::new_ec_key(), "a", nullptr, {}};
  small.issuer_key = small.key;
  const std::string one = testing::make_certificate(small).to_pem();
  std::string many;
  for (std::size_t i = 0; i < kMaxBundleCertificates; ++i) {
    many += one;
  }
  ASSERT_LT(many.size() + one.size(), kMaxBundleBytes);
  EXPECT_TRUE(parse_pem_bundle(many));
  EXPECT_FALSE(parse_pem_bundle(many + one));
}

TEST(Certificate, RefusesViewsWithoutAnAddress) {
  EXPECT_FALSE(Certificate::parse({}));
  EXPECT_FALSE(Certificate::parse_tpm_nv({}));
  EXPECT_FALSE(Certificate::parse_pem({}));
  EXPECT_FALSE(parse_pem_bundle({}));
}

TEST(Certificate, LeavesNothingInTheErrorQueue) {
  ERR_clear_error();
  EXPECT_FALSE(Certificate::parse(as_bytes("no certificate")));
  EXPECT_FALSE(parse_pem_bundle("no certificate"));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace seaworthy::crypto
