#include "attester/tss/endorsement.h"

#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "attester/tss/nv.h"
#include "codec/hex.h"
#include "codec/writer.h"
#include "tpm/algorithms.h"
#include "tpm/ek_policy.h"

namespace seaworthy::attester::tss {
namespace {

struct Kind {
  TPM2_HANDLE certificate;
  TPM2_HANDLE nonce;            // 0 in the high range: there is none
  TPM2_HANDLE stored_template;  // likewise
  std::uint16_t rsa_bits;       // 0: ECC on this curve
  TPM2_ECC_CURVE curve;
  const tpm::EkPolicies& policies;  // of its nameAlg
  std::uint16_t symmetric_bits;
  std::size_t unique_bytes;  // of each buffer, all zero; none in the high range
};
// In order of preference. A kind that a newer build looks for goes to the end: the EK of a node
// that is enrolled has to stay the same (R23).
constexpr auto kKinds = std::to_array<Kind>({
    {0x01C0000A, 0x01C0000B, 0x01C0000C, 0, TPM2_ECC_NIST_P256, tpm::kEkPolicies256, 128, 32},
    {0x01C00014, 0, 0, 0, TPM2_ECC_NIST_P256, tpm::kEkPolicies256, 128, 0},  // H-2
    {0x01C00016, 0, 0, 0, TPM2_ECC_NIST_P384, tpm::kEkPolicies384, 256, 0},  // H-3
    {0x01C00002, 0x01C00003, 0x01C00004, 2048, 0, tpm::kEkPolicies256, 128, 256},
    {0x01C00012, 0, 0, 2048, 0, tpm::kEkPolicies256, 128, 0},                // H-1
    {0x01C00018, 0, 0, 0, TPM2_ECC_NIST_P521, tpm::kEkPolicies512, 256, 0},  // H-4
    {0x01C0001C, 0, 0, 3072, 0, tpm::kEkPolicies384, 256, 0},                // H-6
    {0x01C0001E, 0, 0, 4096, 0, tpm::kEkPolicies384, 256, 0},                // H-7
});
constexpr const Kind& kWithoutCertificate = kKinds[3];

// Annex B.3. Only the high range lets a caller with the key's (empty) authorization use it.
Bytes template_of(const Kind& kind) {
  const bool high_range = kind.unique_bytes == 0;
  codec::Writer w;
  w.u16be(kind.rsa_bits != 0 ? tpm::kAlgRsa : tpm::kAlgEcc);
  w.u16be(static_cast<std::uint16_t>(kind.policies.hash));
  w.u32be(tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kAdminWithPolicy |
          tpm::kRestricted | tpm::kDecrypt | (high_range ? tpm::kUserWithAuth : 0));
  w.sized16be(*codec::from_hex(high_range ? kind.policies.b : kind.policies.a));
  w.u16be(tpm::kAlgAes).u16be(kind.symmetric_bits).u16be(tpm::kAlgCfb);
  w.u16be(tpm::kAlgNull);  // scheme
  const Bytes unique(kind.unique_bytes);
  if (kind.rsa_bits != 0) {
    w.u16be(kind.rsa_bits).u32be(0).sized16be(unique);  // keyBits, exponent, unique
  } else {
    w.u16be(kind.curve).u16be(tpm::kAlgNull).sized16be(unique).sized16be(unique);  // curve, kdf
  }
  return std::move(w).bytes();
}

// The nonce goes to the beginning of `unique` (of its x), the rest of which is zero (§2.2.1.4).
Result<Bytes> with_nonce(const Bytes& area, const Bytes& nonce) {
  auto parsed = std::make_unique<TPMT_PUBLIC>();
  std::size_t offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Unmarshal(area.data(), area.size(), &offset, parsed.get()),
            "the template in NV"));
  const auto fill = [&](UINT16& size, BYTE* buffer, std::size_t width) -> Result<void> {
    if (nonce.size() > width) {
      return unsupported("the EK nonce in NV has " + std::to_string(nonce.size()) +
                         " bytes, at most " + std::to_string(width) + " fit into the template");
    }
    std::fill_n(buffer, width, BYTE{0});
    std::ranges::copy(nonce, buffer);
    size = static_cast<UINT16>(width);
    return {};
  };
  if (parsed->type == TPM2_ALG_RSA) {
    TPM2B_PUBLIC_KEY_RSA& unique = parsed->unique.rsa;
    TRY(fill(unique.size, unique.buffer, 256));
  } else {
    TPMS_ECC_POINT& unique = parsed->unique.ecc;
    TRY(fill(unique.x.size, unique.x.buffer, 32));
    unique.y = TPM2B_ECC_PARAMETER{.size = 32, .buffer = {}};
  }
  Bytes out(sizeof(TPMT_PUBLIC));
  offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Marshal(parsed.get(), out.data(), out.size(), &offset),
            "the template with the nonce"));
  out.resize(offset);
  return out;
}

// The first of these kinds with a key like that.
Result<const Kind*> kind_of(const crypto::Certificate& certificate) {
  const crypto::PublicKey key = TRY(certificate.public_key());
  const auto* const found = std::ranges::find_if(kKinds, [&](const Kind& kind) {
    return key.curve() ? kind.curve == static_cast<std::uint16_t>(*key.curve())
                       : kind.rsa_bits == key.bits();
  });
  if (found == kKinds.end()) {
    return unsupported("a configured certificate with a key that no EK template has");
  }
  return found;
}

}  // namespace

Result<Endorsement> find_endorsement(const Connection& tpm,
                                     const std::vector<crypto::Certificate>& configured) {
  Endorsement out;
  const Kind* kind = &kWithoutCertificate;
  for (const Kind& candidate : kKinds) {
    Bytes leaf = TRY(read_nv_if_there(tpm, candidate.certificate));
    if (!leaf.empty()) {
      out.certificates.push_back(std::move(leaf));
      kind = &candidate;
      break;
    }
  }
  const auto leaf = std::ranges::find_if(configured, [](const auto& c) { return !c.is_ca(); });
  if (out.certificates.empty() && leaf != configured.end()) {
    out.certificates.push_back(leaf->der());
    kind = TRY(kind_of(*leaf));
  }
  for (const TPM2_HANDLE index : TRY(existing_handles(tpm, kChainFirst, kChainLast, kMaxChain))) {
    Bytes issuers = TRY(read_nv(tpm, index));
    if (!issuers.empty()) {
      out.certificates.push_back(std::move(issuers));
    }
  }
  for (const crypto::Certificate& issuer : configured) {
    if (issuer.is_ca()) {
      out.certificates.push_back(issuer.der());
    }
  }
  out.ek_template = TRY(read_nv_if_there(tpm, kind->stored_template));
  if (out.ek_template.empty()) {
    out.ek_template = template_of(*kind);
  }
  const Bytes nonce = TRY(read_nv_if_there(tpm, kind->nonce));
  if (!nonce.empty()) {
    out.ek_template = TRY(with_nonce(out.ek_template, nonce));
  }
  return out;
}

}  // namespace seaworthy::attester::tss
