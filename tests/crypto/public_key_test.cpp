#include "crypto/public_key.h"

#include <gtest/gtest.h>

#include "crypto/der.h"
#include "crypto/make_certificate.h"
#include "crypto/pem.h"

namespace seaworthy::crypto {
namespace {

using testing::new_ec_key;
using testing::new_rsa_key;
using testing::public_half;
using testing::rsa_2048;
using testing::TestKey;

Bytes from_hex(std::string_view text) {
  Bytes out(text.size() / 2);
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  }
  return out;
}

// Two primes k * M + (65537^a mod M), with M the product of the first 126 primes: what the faulty
// library made for 2048 bits (CCS 2017, §2.1). Made for this test; the factors were thrown away.
constexpr std::string_view kRocaModulus =
    "aebe2befe706703d88b7a8f83202e6384f2ccd8d43983cbb408aa80dee3e17a003ced9407c34900fae2d709f5cf296"
    "af"
    "76666656416df356ae7f3374dd764f5c3c68e2099933f0713266d620439d1befbd30b2504fb4a512830814704d50ad"
    "a9"
    "6051c2450795291c6ac9ab9f240ce186718a4b947463156838652197065ed7af074e960efde7c707e3e469a78ec7eb"
    "f0"
    "73faf17084c40b9590dd853d118df226918d5ce03eda448f7b1f4c03be861796d16d4ab438e903b851a611859d4c28"
    "c3"
    "758fc11d27d3d61cb7af7e2a6203b32164c1d7e4904d6091069f0ffd419c259b6f9cfcedbe75410c322c7d1d348149"
    "d0"
    "f74b5d66574d77bb11d032bbd32b1c2f";

// The generator of P-256 (SEC 2 §2.4.2).
const Bytes kGx = from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
const Bytes kGy = from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

TEST(PublicKey, RsaKeepsModulusAndExponent) {
  const PublicKey key = public_half(rsa_2048());
  EXPECT_EQ(key.kind(), KeyKind::kRsa);
  EXPECT_EQ(key.bits(), 2048);
  EXPECT_FALSE(key.curve());
  EXPECT_EQ(key.rsa_exponent(), 65537u);
  EXPECT_EQ(key.rsa_modulus().size(), 256u);
  Bytes padded = {0, 0};
  append(padded, key.rsa_modulus());
  const auto again = PublicKey::from_rsa(padded, 65537);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(again->same_key(key));
  EXPECT_EQ(again->rsa_modulus(), key.rsa_modulus());
}

TEST(PublicKey, RefusesModuliAndExponentsThatAreNone) {
  const Bytes good = public_half(rsa_2048()).rsa_modulus();
  Bytes even = good;
  even.back() &= 0xFE;
  EXPECT_FALSE(PublicKey::from_rsa({}, 65537));
  EXPECT_FALSE(PublicKey::from_rsa(even, 65537));
  EXPECT_FALSE(PublicKey::from_rsa(ByteSpan(good).first(100), 65537));
  Bytes huge(1025, 0xFF);
  EXPECT_FALSE(PublicKey::from_rsa(huge, 65537));
  huge.resize(1024);
  EXPECT_TRUE(PublicKey::from_rsa(huge, 65537));
  EXPECT_FALSE(PublicKey::from_rsa(good, 0));
  EXPECT_FALSE(PublicKey::from_rsa(good, 1));
  EXPECT_FALSE(PublicKey::from_rsa(good, 65536));
}

TEST(PublicKey, EcKeepsCoordinates) {
  const auto key = PublicKey::from_ec(Curve::kP256, kGx, kGy);
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->kind(), KeyKind::kEc);
  EXPECT_EQ(key->bits(), 256);
  EXPECT_EQ(key->curve(), Curve::kP256);
  EXPECT_EQ(to_bytes(key->ec_x()), kGx);
  EXPECT_EQ(to_bytes(key->ec_y()), kGy);
  EXPECT_TRUE(key->rsa_modulus().empty());
  EXPECT_FALSE(key->weakness());
}

// Both directions through OpenSSL: it writes the PEM, and our reader takes apart what we wrote.
TEST(PublicKey, ItsSubjectPublicKeyInfoIsThatOfOpenSsl) {
  const Bytes high(256, 0xFF);  // an INTEGER that needs a sign byte
  Bytes low = high;
  low[0] = 0x7F;
  const std::vector<PublicKey> keys = {*PublicKey::from_rsa(high, 65537),
                                       *PublicKey::from_rsa(low, 3),
                                       *PublicKey::from_rsa(Bytes(1024, 0xFF), 0xFFFFFFFF),
                                       *PublicKey::from_ec(Curve::kP256, kGx, kGy),
                                       public_half(new_ec_key("P-384")),
                                       public_half(new_ec_key("P-521"))};
  for (const PublicKey& key : keys) {
    const std::string pem = key.to_pem();
    const auto block = internal::PemReader(pem).next();
    ASSERT_TRUE(block && *block);
    EXPECT_EQ(to_bytes((*block)->der), key.to_spki_der()) << key.bits();
    const auto again = PublicKey::from_spki_der(key.to_spki_der());
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_TRUE(again->same_key(key));
    EXPECT_EQ(to_bytes(again->ec_x()), to_bytes(key.ec_x()));
    EXPECT_EQ(to_bytes(again->ec_y()), to_bytes(key.ec_y()));
    EXPECT_EQ(again->rsa_modulus(), key.rsa_modulus());
  }
}

TEST(PublicKey, A10_RefusesPointsOffTheCurve) {
  Bytes y = kGy;
  y.back() ^= 1;
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, kGx, y));
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, {}, {}));  // infinity has no coordinates
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, Bytes(32, 0), Bytes(32, 0)));
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, Bytes(32, 0xFF), kGy));  // above the prime
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP384, kGx, kGy));
  Bytes wide = {0};
  append(wide, kGx);
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, wide, kGy));
}

TEST(PublicKey, A28_PadsCoordinatesWithoutLeadingZeros) {
  for (;;) {  // about one key in 256
    const PublicKey key = public_half(new_ec_key());
    if (key.ec_x()[0] != 0) {
      continue;
    }
    const auto same = PublicKey::from_ec(Curve::kP256, key.ec_x().subspan(1), key.ec_y());
    ASSERT_TRUE(same);
    EXPECT_EQ(same->ec_x().size(), 32u);
    EXPECT_TRUE(same->same_key(key));
    return;
  }
}

TEST(PublicKey, A10_ReportsWeakRsaKeys) {
  EXPECT_FALSE(public_half(rsa_2048()).weakness());
  const PublicKey shorter = public_half(new_rsa_key(1024));
  EXPECT_EQ(shorter.weakness(), KeyWeakness::kRsaTooShort);
  const auto exponent3 = PublicKey::from_rsa(public_half(rsa_2048()).rsa_modulus(), 3);
  ASSERT_TRUE(exponent3);
  EXPECT_EQ(exponent3->weakness(), KeyWeakness::kRsaExponent);
  const auto roca = PublicKey::from_rsa(from_hex(kRocaModulus), 65537);
  ASSERT_TRUE(roca);
  EXPECT_EQ(roca->weakness(), KeyWeakness::kRsaRocaFingerprint);
  EXPECT_NE(describe(*roca->weakness()).find("CVE-2017-15361"), std::string_view::npos);
}

TEST(PublicKey, SpkiGoesThereAndBack) {
  for (const TestKey& key : {rsa_2048(), new_ec_key(), new_ec_key("P-384"), new_ec_key("P-521")}) {
    const PublicKey first = public_half(key);
    const auto second = PublicKey::from_spki_der(first.to_spki_der());
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_TRUE(first.same_key(*second));
    EXPECT_EQ(first.to_spki_der(), second->to_spki_der());
    const auto third = PublicKey::from_pem(first.to_pem());
    ASSERT_TRUE(third) << third.error().message();
    EXPECT_TRUE(first.same_key(*third));
    EXPECT_FALSE(first.same_key(public_half(new_ec_key())));
  }
}

TEST(PublicKey, RefusesEveryStrictPrefixOfSpkiAndTrailingBytes) {
  const Bytes der = public_half(new_ec_key()).to_spki_der();
  for (std::size_t n = 0; n < der.size(); ++n) {
    EXPECT_FALSE(PublicKey::from_spki_der(ByteSpan(der).first(n))) << n;
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::from_spki_der(longer));
  EXPECT_FALSE(PublicKey::from_spki_der(Bytes(5000, 0x30)));
}

// Structure by structure: what OpenSSL would refuse, and a little more.
TEST(PublicKey, RefusesSpkiThatIsNotOne) {
  using internal::der_of;
  using internal::kDerBitString;
  using internal::kDerInteger;
  using internal::kDerSequence;
  const Bytes rsa{0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                  0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
  const Bytes modulus = public_half(rsa_2048()).rsa_modulus();
  const Bytes n = internal::der_integer(modulus);
  const Bytes e{kDerInteger, 1, 3};
  const auto spki = [&](const Bytes& key, std::uint8_t unused = 0) {
    const Bytes bits{unused};
    return der_of(kDerSequence, {rsa, der_of(kDerBitString, {bits, key})});
  };
  const auto refused = [](const Bytes& der) {
    const auto made = PublicKey::from_spki_der(der);
    return !made && made.error().code() == ErrorCode::kMalformed;
  };
  EXPECT_TRUE(PublicKey::from_spki_der(spki(der_of(kDerSequence, {n, e}))));
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n, e}), 1))) << "bits that are not used";
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n}))));
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n, e, e}))));
  EXPECT_TRUE(refused(spki(der_of(kDerInteger, {n, e}))));
  EXPECT_TRUE(refused(spki(Bytes{})));
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {der_of(kDerInteger, {modulus}), e}))))
      << "negative";
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n, Bytes{kDerInteger, 1, 0x83}}))));
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n, Bytes{kDerInteger, 0}}))));
  EXPECT_TRUE(refused(spki(der_of(kDerSequence, {n, Bytes{kDerInteger, 5, 1, 0, 0, 0, 1}}))));
  EXPECT_TRUE(refused(der_of(kDerSequence, {rsa})));
  EXPECT_TRUE(refused(der_of(kDerSequence, {rsa, Bytes{kDerBitString, 0}})));
}

TEST(PublicKey, A10_RefusesOtherCurvesAndAlgorithms) {
  for (const char* curve : {"P-224", "secp256k1", "brainpoolP256r1"}) {
    const TestKey key = new_ec_key(curve);
    std::uint8_t* der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    const auto made = PublicKey::from_spki_der({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    ASSERT_FALSE(made) << curve;
    EXPECT_EQ(made.error().code(), ErrorCode::kUnsupported);
  }
  const TestKey ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(ed.get(), &der);
  EXPECT_FALSE(PublicKey::from_spki_der({der, static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
}

// CVE-2020-0601: with explicit parameters the sender chooses the generator.
TEST(PublicKey, RefusesExplicitCurveParameters) {
  const TestKey key = new_ec_key();
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit"), 1);
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  ASSERT_GT(size, 200);
  EXPECT_FALSE(PublicKey::from_spki_der({der, static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
}

TEST(PublicKey, RefusesPemThatIsNotAPublicKey) {
  EXPECT_FALSE(PublicKey::from_pem(""));
  EXPECT_FALSE(PublicKey::from_pem({}));
  EXPECT_FALSE(PublicKey::from_spki_der({}));
  EXPECT_FALSE(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(
      PublicKey::from_pem("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(PublicKey::from_pem(std::string(20'000, 'x')));
}

TEST(PublicKey, LeavesNothingInTheErrorQueue) {
  ERR_clear_error();
  EXPECT_FALSE(PublicKey::from_spki_der(as_bytes("not a key")));
  EXPECT_FALSE(PublicKey::from_ec(Curve::kP256, Bytes(32, 1), Bytes(32, 1)));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(PublicKey, KnowsCurves) {
  EXPECT_EQ(curve(0x0003), Curve::kP256);
  EXPECT_EQ(curve(0x0004), Curve::kP384);
  EXPECT_FALSE(curve(0x0001));  // P-192
  EXPECT_FALSE(curve(0x0020));  // SM2
  EXPECT_EQ(name(Curve::kP384), "P-384");
  EXPECT_EQ(coordinate_size(Curve::kP521), 66u);
}

}  // namespace
}  // namespace seaworthy::crypto
