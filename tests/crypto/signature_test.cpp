#include "crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/ecdsa.h>

#include <array>
#include <thread>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::new_ec_key;
using testing::new_rsa_key;
using testing::public_half;
using testing::rsa_2048;
using testing::TestKey;

const Bytes kMessage = to_bytes(as_bytes("what the TPM signed"));

const EVP_MD* md(HashAlg alg) {
  return alg == HashAlg::kSha1     ? EVP_sha1()
         : alg == HashAlg::kSha256 ? EVP_sha256()
         : alg == HashAlg::kSha384 ? EVP_sha384()
                                   : EVP_sha512();
}

Bytes raw_sign(const TestKey& key, SignatureScheme scheme, int salt = RSA_PSS_SALTLEN_DIGEST) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> c(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* pkey = nullptr;
  EVP_DigestSignInit(c.get(), &pkey, md(scheme.hash), nullptr, key.get());
  if (scheme.alg == SignatureAlg::kRsaPss) {
    EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, salt);
  }
  std::size_t size = 1024;
  Bytes out(size);
  EXPECT_EQ(EVP_DigestSign(c.get(), out.data(), &size, kMessage.data(), kMessage.size()), 1);
  out.resize(size);
  return out;
}

struct Ecdsa {
  Bytes r, s;
  operator Signature() const { return EcdsaSignature{r, s}; }
};

Ecdsa ecdsa_sign(const TestKey& key, HashAlg hash, std::size_t width) {
  const Bytes der = raw_sign(key, {SignatureAlg::kEcdsa, hash});
  const std::uint8_t* at = der.data();
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  Ecdsa out{Bytes(width), Bytes(width)};
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.r.data(), static_cast<int>(width));
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.s.data(), static_cast<int>(width));
  return out;
}

constexpr std::array kHashes = {HashAlg::kSha256, HashAlg::kSha384, HashAlg::kSha512};

TEST(Signature, AcceptsEachSchemeUnderItsOwnName) {
  const PublicKey rsa = public_half(rsa_2048());
  for (const HashAlg hash : kHashes) {
    for (const SignatureAlg alg : {SignatureAlg::kRsaSsa, SignatureAlg::kRsaPss}) {
      const Bytes sig = raw_sign(rsa_2048(), {alg, hash});
      EXPECT_TRUE(verify(rsa, {alg, hash}, kMessage, RsaSignature{sig})) << name(alg);
    }
  }
  const struct {
    const char* curve;
    std::size_t width;
  } curves[] = {{"P-256", 32}, {"P-384", 48}, {"P-521", 66}};
  for (const auto& c : curves) {
    const TestKey key = new_ec_key(c.curve);
    const Ecdsa sig = ecdsa_sign(key, HashAlg::kSha256, c.width);
    EXPECT_TRUE(verify(public_half(key), {SignatureAlg::kEcdsa, HashAlg::kSha256}, kMessage, sig))
        << c.curve;
  }
}

// Every scheme stated against every scheme signed: only the diagonal verifies.
TEST(Signature, A32_A33_NeverTriesAnotherScheme) {
  const PublicKey rsa = public_half(rsa_2048());
  for (const SignatureAlg made : {SignatureAlg::kRsaSsa, SignatureAlg::kRsaPss}) {
    for (const HashAlg made_hash : kHashes) {
      const Bytes sig = raw_sign(rsa_2048(), {made, made_hash});
      for (const SignatureAlg said :
           {SignatureAlg::kRsaSsa, SignatureAlg::kRsaPss, SignatureAlg::kEcdsa}) {
        for (const HashAlg said_hash : kHashes) {
          EXPECT_EQ(verify(rsa, {said, said_hash}, kMessage, RsaSignature{sig}),
                    said == made && said_hash == made_hash)
              << name(made) << name(made_hash) << " as " << name(said) << name(said_hash);
        }
      }
    }
  }
}

TEST(Signature, A32_RefusesKeysOfTheOtherKind) {
  const TestKey ec = new_ec_key();
  const Ecdsa ec_sig = ecdsa_sign(ec, HashAlg::kSha256, 32);
  const Bytes rsa_sig = raw_sign(rsa_2048(), {SignatureAlg::kRsaSsa, HashAlg::kSha256});
  for (const SignatureAlg alg :
       {SignatureAlg::kRsaSsa, SignatureAlg::kRsaPss, SignatureAlg::kEcdsa}) {
    const SignatureScheme scheme{alg, HashAlg::kSha256};
    EXPECT_FALSE(verify(public_half(rsa_2048()), scheme, kMessage, ec_sig));
    EXPECT_FALSE(verify(public_half(ec), scheme, kMessage, RsaSignature{rsa_sig}));
    EXPECT_FALSE(verify(public_half(rsa_2048()), scheme, kMessage, EcdsaSignature{}));
    EXPECT_FALSE(verify(public_half(ec), scheme, kMessage, RsaSignature{}));
  }
  EXPECT_FALSE(verify(public_half(new_ec_key("P-384")), {SignatureAlg::kEcdsa, HashAlg::kSha256},
                      kMessage, ec_sig));
}

TEST(Signature, A33_RefusesSha1EvenIfTheSignatureIsGood) {
  const Bytes sig = raw_sign(rsa_2048(), {SignatureAlg::kRsaSsa, HashAlg::kSha1});
  EXPECT_FALSE(verify(public_half(rsa_2048()), {SignatureAlg::kRsaSsa, HashAlg::kSha1}, kMessage,
                      RsaSignature{sig}));
  const TestKey ec = new_ec_key();
  EXPECT_FALSE(verify(public_half(ec), {SignatureAlg::kEcdsa, HashAlg::kSha1}, kMessage,
                      ecdsa_sign(ec, HashAlg::kSha1, 32)));
}

TEST(Signature, A34_RefusesRAndSOutOfRange) {
  const TestKey key = new_ec_key();
  const PublicKey pub = public_half(key);
  const SignatureScheme scheme{SignatureAlg::kEcdsa, HashAlg::kSha256};
  const Ecdsa good = ecdsa_sign(key, HashAlg::kSha256, 32);
  ASSERT_TRUE(verify(pub, scheme, kMessage, good));

  const Bytes order = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
                       0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
  Bytes with_zero = {0};
  append(with_zero, good.r);
  for (const Bytes& bad : {Bytes{}, Bytes(1, 0), Bytes(32, 0), order, Bytes(32, 0xFF),
                           Bytes(33, 0x01), with_zero, Bytes(5000, 0x01)}) {
    EXPECT_FALSE(verify(pub, scheme, kMessage, EcdsaSignature{bad, good.s})) << bad.size();
    EXPECT_FALSE(verify(pub, scheme, kMessage, EcdsaSignature{good.r, bad})) << bad.size();
    EXPECT_FALSE(verify(pub, scheme, kMessage, EcdsaSignature{bad, bad})) << bad.size();
  }
  EXPECT_FALSE(verify(pub, scheme, kMessage, EcdsaSignature{good.s, good.r}));
}

TEST(Signature, A28_AcceptsRAndSWithoutLeadingZeros) {
  const TestKey key = new_ec_key();
  const PublicKey pub = public_half(key);
  for (int found = 0; found < 2;) {  // about one signature in 128
    const Ecdsa sig = ecdsa_sign(key, HashAlg::kSha256, 32);
    ByteSpan r = sig.r;
    ByteSpan s = sig.s;
    if (r[0] != 0 && s[0] != 0) {
      continue;
    }
    ++found;
    r = r[0] == 0 ? r.subspan(1) : r;
    s = s[0] == 0 ? s.subspan(1) : s;
    EXPECT_TRUE(
        verify(pub, {SignatureAlg::kEcdsa, HashAlg::kSha256}, kMessage, EcdsaSignature{r, s}));
    EXPECT_TRUE(verify(pub, {SignatureAlg::kEcdsa, HashAlg::kSha256}, kMessage, sig));
  }
}

TEST(Signature, R8_RefusesEveryFlippedBit) {
  const TestKey ec = new_ec_key();
  Ecdsa sig = ecdsa_sign(ec, HashAlg::kSha256, 32);
  const PublicKey pub = public_half(ec);
  const SignatureScheme scheme{SignatureAlg::kEcdsa, HashAlg::kSha256};
  for (std::size_t bit = 0; bit < 256; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    sig.s[bit / 8] ^= mask;
    EXPECT_FALSE(verify(pub, scheme, kMessage, sig));
    sig.s[bit / 8] ^= mask;
  }
  Bytes message = kMessage;
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    message[bit / 8] ^= mask;
    EXPECT_FALSE(verify(pub, scheme, message, sig));
    message[bit / 8] ^= mask;
  }
  EXPECT_TRUE(verify(pub, scheme, kMessage, sig));
}

TEST(Signature, RefusesRsaSignaturesOfAnotherLength) {
  const PublicKey pub = public_half(rsa_2048());
  const SignatureScheme scheme{SignatureAlg::kRsaSsa, HashAlg::kSha256};
  Bytes sig = raw_sign(rsa_2048(), scheme);
  EXPECT_FALSE(verify(pub, scheme, kMessage, RsaSignature{ByteSpan(sig).first(255)}));
  sig.insert(sig.begin(), 0);
  EXPECT_FALSE(verify(pub, scheme, kMessage, RsaSignature{sig}));
  EXPECT_FALSE(verify(pub, scheme, kMessage, RsaSignature{Bytes(256, 0)}));
}

TEST(Signature, PssTakesAnySaltLength) {
  const SignatureScheme scheme{SignatureAlg::kRsaPss, HashAlg::kSha256};
  for (const int salt : {0, 20, 32, RSA_PSS_SALTLEN_MAX}) {
    const Bytes sig = raw_sign(rsa_2048(), scheme, salt);
    EXPECT_TRUE(verify(public_half(rsa_2048()), scheme, kMessage, RsaSignature{sig})) << salt;
  }
}

TEST(Signature, IsSafeFromManyThreads) {
  const TestKey key = new_ec_key();
  const PublicKey pub = public_half(key);
  const Ecdsa good = ecdsa_sign(key, HashAlg::kSha256, 32);
  const Ecdsa bad = ecdsa_sign(new_ec_key(), HashAlg::kSha256, 32);
  std::vector<std::thread> threads;
  std::array<int, 8> right{};
  for (int& count : right) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const SignatureScheme scheme{SignatureAlg::kEcdsa, HashAlg::kSha256};
        count += verify(pub, scheme, kMessage, good) && !verify(pub, scheme, kMessage, bad) ? 1 : 0;
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  EXPECT_EQ(right, (std::array<int, 8>{100, 100, 100, 100, 100, 100, 100, 100}));
}

TEST(Signature, KnowsIdentifiers) {
  EXPECT_EQ(signature_alg(0x0014), SignatureAlg::kRsaSsa);
  EXPECT_EQ(signature_alg(0x0016), SignatureAlg::kRsaPss);
  EXPECT_EQ(signature_alg(0x0018), SignatureAlg::kEcdsa);
  EXPECT_FALSE(signature_alg(0x001A));  // ECDAA
  EXPECT_FALSE(signature_alg(0x0010));  // NULL
}

TEST(Signature, KnowsWhatWasSignedByItsDigestToo) {
  const Digest digest = hash(HashAlg::kSha256, kMessage);
  const Bytes rsa = raw_sign(rsa_2048(), {SignatureAlg::kRsaSsa, HashAlg::kSha256});
  const PublicKey key = public_half(rsa_2048());
  EXPECT_TRUE(verify_digest(key, SignatureAlg::kRsaSsa, digest, RsaSignature{rsa}));
  EXPECT_FALSE(
      verify_digest(key, SignatureAlg::kRsaSsa, hash(HashAlg::kSha256, rsa), RsaSignature{rsa}));
  EXPECT_FALSE(verify_digest(key, SignatureAlg::kRsaPss, digest, RsaSignature{rsa}));
  EXPECT_FALSE(verify_digest(key, SignatureAlg::kEcdsa, digest, RsaSignature{rsa}));
  EXPECT_FALSE(verify_digest(key, SignatureAlg::kRsaSsa, hash(HashAlg::kSha1, kMessage),
                             RsaSignature{rsa}));
}

TEST(Signature, ReadsTheDerOfEcdsa) {
  for (const char* curve : {"P-256", "P-384", "P-521"}) {
    const TestKey key = new_ec_key(curve);
    for (int i = 0; i < 20; ++i) {  // lengths differ
      const Bytes der = raw_sign(key, {SignatureAlg::kEcdsa, HashAlg::kSha256});
      const auto parsed = parse_ecdsa_signature(der);
      ASSERT_TRUE(parsed) << curve;
      EXPECT_TRUE(verify(public_half(key), {SignatureAlg::kEcdsa, HashAlg::kSha256}, kMessage,
                         Signature(*parsed)));
      for (std::size_t n = 0; n < der.size(); ++n) {
        EXPECT_FALSE(parse_ecdsa_signature(ByteSpan(der).first(n)));
      }
    }
  }
}

TEST(Signature, A34_RefusesOtherEncodingsOfEcdsa) {
  const auto good = Bytes{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02};
  ASSERT_TRUE(parse_ecdsa_signature(good));
  const std::vector<Bytes> bad = {
      {0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02},  // length in two bytes
      {0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02, 0x00},  // something after
      {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02, 0x00},  // after all
      {0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02},        // a SET
      {0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x02},        // r is zero
      {0x30, 0x06, 0x02, 0x01, 0x80, 0x02, 0x01, 0x02},        // r is negative
      {0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x02},  // a zero too many
      {0x30, 0x03, 0x02, 0x01, 0x01},                          // no s
      {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x02, 0x02},        // s is longer than there is
      {0x30, 0x06, 0x02, 0x01, 0x01, 0x04, 0x01, 0x02}};       // s is no INTEGER
  for (const Bytes& der : bad) {
    EXPECT_FALSE(parse_ecdsa_signature(der));
  }
}

}  // namespace
}  // namespace seaworthy::crypto
