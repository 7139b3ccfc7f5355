// A second opinion on the structures: libtss2-mu, which this layer does not use. Specification:
// TCG TSS 2.0 Marshaling/Unmarshaling API.
//
// What we accept, MU accepts, and reads alike; not the other way round: MU takes any magic, any
// type of attestation and unknown algorithms (in this very version: 3.2.1).
#include <gtest/gtest.h>
#include <tss2/tss2_mu.h>

#include <functional>
#include <optional>

#include "support/vectors.h"
#include "tpm/attest.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"

namespace seaworthy::tpm {
namespace {

using seaworthy::testing::vector_file;

Bytes bytes_of(const BYTE* data, UINT16 size) {
  return {data, data + size};
}

// The whole input is one structure; what it says.
template <class T>
std::optional<T> read(TSS2_RC (*unmarshal)(const std::uint8_t*, size_t, size_t*, T*), ByteSpan in) {
  T out{};
  std::size_t offset = 0;
  const TSS2_RC rc = unmarshal(in.data(), in.size(), &offset, &out);
  return rc == TSS2_RC_SUCCESS && offset == in.size() ? std::optional(out) : std::nullopt;
}

std::optional<TPMS_ATTEST> attest(ByteSpan in) {
  return read<TPMS_ATTEST>(Tss2_MU_TPMS_ATTEST_Unmarshal, in);
}
std::optional<TPMT_PUBLIC> public_area(ByteSpan in) {
  return read<TPMT_PUBLIC>(Tss2_MU_TPMT_PUBLIC_Unmarshal, in);
}
std::optional<TPMT_SIGNATURE> signature(ByteSpan in) {
  return read<TPMT_SIGNATURE>(Tss2_MU_TPMT_SIGNATURE_Unmarshal, in);
}

bool same(const Quote& ours, const TPMS_ATTEST& theirs) {
  const TPMS_QUOTE_INFO& quote = theirs.attested.quote;
  bool equal =
      theirs.magic == kGeneratedValue && theirs.type == kAttestQuote &&
      ours.qualified_signer == bytes_of(theirs.qualifiedSigner.name, theirs.qualifiedSigner.size) &&
      ours.extra_data == bytes_of(theirs.extraData.buffer, theirs.extraData.size) &&
      ours.clock.clock == theirs.clockInfo.clock &&
      ours.clock.reset_count == theirs.clockInfo.resetCount &&
      ours.clock.restart_count == theirs.clockInfo.restartCount &&
      ours.clock.safe == (theirs.clockInfo.safe == TPM2_YES) &&
      ours.firmware_version == theirs.firmwareVersion &&
      ours.pcr_digest == bytes_of(quote.pcrDigest.buffer, quote.pcrDigest.size) &&
      ours.pcrs.size() == quote.pcrSelect.count;
  for (std::size_t i = 0; equal && i < ours.pcrs.size(); ++i) {
    const TPMS_PCR_SELECTION& selection = quote.pcrSelect.pcrSelections[i];
    std::uint32_t bits = 0;
    for (std::uint8_t b = 0; b < selection.sizeofSelect; ++b) {
      bits |= std::uint32_t{selection.pcrSelect[b]} << (8 * b);
    }
    equal = static_cast<std::uint16_t>(ours.pcrs[i].bank) == selection.hash &&
            ours.pcrs[i].size_of_select == selection.sizeofSelect &&
            ours.pcrs[i].pcrs.bits() == bits;
  }
  return equal;
}

bool same(const PublicArea& ours, const TPMT_PUBLIC& theirs) {
  const bool common =
      static_cast<std::uint16_t>(ours.name_alg) == theirs.nameAlg &&
      ours.attributes == theirs.objectAttributes &&
      ours.auth_policy == bytes_of(theirs.authPolicy.buffer, theirs.authPolicy.size);
  if (const auto* rsa = std::get_if<RsaKey>(&ours.key)) {
    const TPM2B_PUBLIC_KEY_RSA& modulus = theirs.unique.rsa;
    return common && theirs.type == TPM2_ALG_RSA &&
           rsa->key_bits == theirs.parameters.rsaDetail.keyBits &&
           rsa->exponent == theirs.parameters.rsaDetail.exponent &&
           rsa->modulus == bytes_of(modulus.buffer, modulus.size);
  }
  const auto& ecc = std::get<EccKey>(ours.key);
  const TPMS_ECC_POINT& point = theirs.unique.ecc;
  return common && theirs.type == TPM2_ALG_ECC &&
         static_cast<std::uint16_t>(ecc.curve) == theirs.parameters.eccDetail.curveID &&
         ecc.x == bytes_of(point.x.buffer, point.x.size) &&
         ecc.y == bytes_of(point.y.buffer, point.y.size);
}

bool same(const Signature& ours, const TPMT_SIGNATURE& theirs) {
  const auto rsa = [&](std::uint16_t alg, crypto::HashAlg hash, const Bytes& bytes) {
    const TPMS_SIGNATURE_RSA& signed_by = theirs.signature.rsassa;  // the same place for RSAPSS
    return theirs.sigAlg == alg && signed_by.hash == static_cast<std::uint16_t>(hash) &&
           bytes == bytes_of(signed_by.sig.buffer, signed_by.sig.size);
  };
  if (const auto* rsassa = std::get_if<RsassaSignature>(&ours)) {
    return rsa(TPM2_ALG_RSASSA, rsassa->hash, rsassa->signature);
  }
  if (const auto* rsapss = std::get_if<RsapssSignature>(&ours)) {
    return rsa(TPM2_ALG_RSAPSS, rsapss->hash, rsapss->signature);
  }
  const auto& ecdsa = std::get<EcdsaSignature>(ours);
  const TPMS_SIGNATURE_ECC& signed_by = theirs.signature.ecdsa;
  return theirs.sigAlg == TPM2_ALG_ECDSA &&
         signed_by.hash == static_cast<std::uint16_t>(ecdsa.hash) &&
         ecdsa.r == bytes_of(signed_by.signatureR.buffer, signed_by.signatureR.size) &&
         ecdsa.s == bytes_of(signed_by.signatureS.buffer, signed_by.signatureS.size);
}

// The input, each strict prefix, one byte more, and each byte changed in three ways.
void each_variant(const Bytes& in, const std::function<void(ByteSpan)>& take) {
  take(in);
  for (std::size_t n = 0; n < in.size(); ++n) {
    take(ByteSpan(in).first(n));
    for (const std::uint8_t flip : Bytes{0x01, 0x80, 0xFF}) {
      Bytes changed = in;
      changed[n] ^= flip;
      take(changed);
    }
  }
  Bytes longer = in;
  longer.push_back(0);
  take(longer);
}

// Counts what we accepted, all of which MU reads alike.
template <class Ours, class Theirs>
std::size_t agreed(const Bytes& in, Ours ours, Theirs theirs) {
  std::size_t accepted = 0;
  each_variant(in, [&](ByteSpan variant) {
    const auto we = ours(variant);
    if (!we) {
      return;
    }
    ++accepted;
    const auto they = theirs(variant);
    ASSERT_TRUE(they);
    ASSERT_TRUE(same(*we, *they));
  });
  return accepted;
}

constexpr const char* kCases[] = {"01-good-rsassa-sha256", "02-good-ecdsa-p256",
                                  "03-good-two-banks-sha1-first", "05-good-rsapss-sha256",
                                  "30-after-tpm-reset-pcrs-zero"};

TEST(MuOracle, ReadsWhatWeAcceptAndReadsItAlike) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name : kCases) {
    SCOPED_TRACE(name);
    const std::string folder = std::string("_generated-swtpm/") + name;
    EXPECT_GT(agreed(vector_file(folder + "/attest.bin"), parse_quote, attest), 100u);
    EXPECT_GT(agreed(vector_file(folder + "/ak.tpmt_public"), parse_public_area, public_area), 64u);
    EXPECT_GT(agreed(vector_file(folder + "/signature.tpmt"), parse_signature, signature), 64u);
  }
}

TEST(MuOracle, AcceptsWhatIsNoQuote) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name :
       {"20-bad-type-gettime", "21-bad-type-certify", "23-bad-magic-signed-by-real-AK"}) {
    const Bytes bytes = vector_file(std::string("_generated-swtpm/") + name + "/attest.bin");
    const auto theirs = attest(bytes);
    ASSERT_TRUE(theirs) << name;
    EXPECT_FALSE(parse_quote(bytes)) << name;
    const auto header = parse_attest_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->magic, theirs->magic);
    EXPECT_EQ(header->type, theirs->type);
    EXPECT_EQ(header->clock.reset_count, theirs->clockInfo.resetCount);
  }
}

}  // namespace
}  // namespace seaworthy::tpm
