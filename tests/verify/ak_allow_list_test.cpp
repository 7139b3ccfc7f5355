// Every kind of AK that is accepted, with quotes that it signed; and that nothing changed in what
// was signed passes.
#include <gtest/gtest.h>
#include <openssl/ecdsa.h>

#include "verify/expect.h"
#include "verify/quote.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;
using seaworthy::testing::TestKey;

struct Row {
  const char* name;
  int rsa_bits;  // 0: ECC on this curve
  const char* curve;
  std::uint16_t scheme;
  HashAlg hash;
};

const TestKey& key_of(const Row& row) {
  static std::map<std::string, TestKey> made;
  TestKey& key = made[std::to_string(row.rsa_bits) + row.curve];
  if (!key) {
    key = row.rsa_bits == 0 ? seaworthy::testing::new_ec_key(row.curve)
                            : seaworthy::testing::new_rsa_key(static_cast<unsigned>(row.rsa_bits));
  }
  return key;
}

tpm::PublicArea area_of(const Row& row) {
  const crypto::PublicKey key = seaworthy::testing::public_half(key_of(row));
  tpm::PublicArea area{};
  area.name_alg = row.hash;
  area.attributes = 0x00050472;
  area.scheme = tpm::Scheme{row.scheme, row.hash};
  if (row.rsa_bits != 0) {
    area.key = tpm::RsaKey{static_cast<std::uint16_t>(row.rsa_bits), 0, key.rsa_modulus()};
  } else {
    const bool p256 = std::string_view(row.curve) == "P-256";
    area.key = tpm::EccKey{p256 ? tpm::EccCurve::kNistP256 : tpm::EccCurve::kNistP384,
                           to_bytes(key.ec_x()), to_bytes(key.ec_y())};
  }
  return area;
}

Bytes sign(const Row& row, ByteSpan message) {
  const EVP_MD* md = row.hash == HashAlg::kSha256 ? EVP_sha256() : EVP_sha384();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_PKEY_CTX* key = nullptr;
  EVP_DigestSignInit(context.get(), &key, md, nullptr, key_of(row).get());
  if (row.scheme == tpm::kAlgRsapss) {
    EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST);
  }
  std::size_t size = 1024;
  Bytes raw(size);
  EXPECT_EQ(EVP_DigestSign(context.get(), raw.data(), &size, message.data(), message.size()), 1);
  raw.resize(size);
  if (row.scheme == tpm::kAlgRsassa) {
    return tpm::write_signature(tpm::RsassaSignature{row.hash, raw});
  }
  if (row.scheme == tpm::kAlgRsapss) {
    return tpm::write_signature(tpm::RsapssSignature{row.hash, raw});
  }
  const std::uint8_t* at = raw.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(raw.size())), ECDSA_SIG_free);
  const auto bytes = [](const BIGNUM* number) {
    Bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, out.data());
    return out;
  };
  return tpm::write_signature(tpm::EcdsaSignature{row.hash, bytes(ECDSA_SIG_get0_r(parsed.get())),
                                                  bytes(ECDSA_SIG_get0_s(parsed.get()))});
}

class AkAllowList : public ::testing::TestWithParam<Row> {
 protected:
  AkAllowList() {
    quote_.qualified_signer = tpm::primary_qualified_name(area_, tpm::Hierarchy::kEndorsement);
    quote_.extra_data = to_bytes(challenge_.extra_data.bytes());
    quote_.pcrs = challenge_.selection;
    quote_.pcr_digest = to_bytes(crypto::hash(GetParam().hash, Bytes(32)).bytes());
    attested_ = tpm::write_quote(quote_);
    signature_ = sign(GetParam(), attested_);
  }
  AttestationKey ak() const { return *enrolled_attestation_key(tpm::write_public_area(area_)); }
  Checked<VerifiedQuote> verified(ByteSpan attested, ByteSpan signature) const {
    return verify_quote({attested, signature}, ak(), challenge_);
  }

  const tpm::PublicArea area_ = area_of(GetParam());
  const Challenge challenge_{crypto::sha256(as_bytes("asked")),
                             {{HashAlg::kSha256, tpm::PcrMask{tpm::PcrIndex::at<7>()}}}};
  tpm::Quote quote_;
  Bytes attested_;
  Bytes signature_;
};

// Q8: the digest over the PCRs is made with the hash of the AK's scheme.
TEST_P(AkAllowList, R4_R8_R10_ItsQuotesAreAccepted) {
  const auto quote = verified(attested_, signature_);
  ASSERT_TRUE(ok(quote)) << text(std::get<Findings>(quote));
  const ClaimedPcrs zero = {{"sha256", {{7, Bytes(32)}}}};
  EXPECT_TRUE(ok(verify_pcrs(std::get<VerifiedQuote>(quote), zero, [](const auto&) {})));
}

TEST_P(AkAllowList, A31_EveryBitFlipIsRefused) {
  for (Bytes* part : {&attested_, &signature_}) {
    for (std::size_t bit = 0; bit < part->size() * 8; ++bit) {
      (*part)[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      ASSERT_FALSE(ok(verified(attested_, signature_))) << "bit " << bit;
      (*part)[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
  }
}

TEST_P(AkAllowList, A44_EveryStrictPrefixIsRefusedAlsoIfItIsSigned) {
  for (std::size_t size = 0; size < attested_.size(); ++size) {
    const ByteSpan prefix = ByteSpan(attested_).first(size);
    ASSERT_FALSE(ok(verified(prefix, signature_))) << size;
    if (size % 8 == 0) {
      EXPECT_EQ(refusals(verified(prefix, sign(GetParam(), prefix))), Reasons{Reason::kNotAQuote});
    }
  }
  for (std::size_t size = 0; size < signature_.size(); ++size) {
    EXPECT_EQ(refusals(verified(attested_, ByteSpan(signature_).first(size))),
              Reasons{Reason::kSignatureMalformed});
  }
}

// Each changed key is another key: what was enrolled, certified and pinned is not it (R3, R23).
TEST_P(AkAllowList, R3_EveryBitFlipOfThePublicAreaIsRefusedOrAnotherName) {
  const Bytes original = tpm::write_public_area(area_);
  const Bytes name = ak().name();
  for (std::size_t bit = 0; bit < original.size() * 8; bit += GetParam().rsa_bits == 0 ? 1 : 7) {
    Bytes flipped = original;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    const auto key = enrolled_attestation_key(flipped);
    ASSERT_TRUE(!key || key->name() != name) << "bit " << bit;
  }
  for (std::size_t size = 0; size < original.size(); ++size) {
    ASSERT_FALSE(enrolled_attestation_key(ByteSpan(original).first(size))) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, AkAllowList,
    ::testing::Values(Row{"P256", 0, "P-256", tpm::kAlgEcdsa, HashAlg::kSha256},
                      Row{"P384", 0, "P-384", tpm::kAlgEcdsa, HashAlg::kSha384},
                      Row{"Rsa2048Ssa", 2048, "", tpm::kAlgRsassa, HashAlg::kSha256},
                      Row{"Rsa2048Pss", 2048, "", tpm::kAlgRsapss, HashAlg::kSha256},
                      Row{"Rsa3072Ssa", 3072, "", tpm::kAlgRsassa, HashAlg::kSha384},
                      Row{"Rsa3072Pss", 3072, "", tpm::kAlgRsapss, HashAlg::kSha384}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace seaworthy::verify
