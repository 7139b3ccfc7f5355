#include "attester/tss/session.h"

#include <algorithm>
#include <array>

#include "codec/hex.h"
#include "tpm/ek_policy.h"
#include "tpm/public_area.h"

namespace seaworthy::attester::tss {
namespace {

constexpr auto kEkPolicies =
    std::to_array({tpm::kEkPolicies256, tpm::kEkPolicies384, tpm::kEkPolicies512});

TPM2B_DIGEST digest_of(std::string_view hex) {
  const Bytes bytes = *codec::from_hex(hex);
  TPM2B_DIGEST out{};
  out.size = static_cast<UINT16>(bytes.size());
  std::ranges::copy(bytes, out.buffer);
  return out;
}

}  // namespace

Result<Flushed> start_session(const Connection& tpm, TPM2_SE type, TPM2_ALG_ID hash,
                              ESYS_TR salt_key, TPMA_SESSION attributes) {
  TPMT_SYM_DEF symmetric{};
  symmetric.algorithm = TPM2_ALG_NULL;
  if (salt_key != ESYS_TR_NONE) {
    symmetric.algorithm = TPM2_ALG_AES;
    symmetric.keyBits.aes = 128;
    symmetric.mode.aes = TPM2_ALG_CFB;
  }
  ESYS_TR handle = ESYS_TR_NONE;
  TRY(check(Esys_StartAuthSession(tpm.esys(), salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                  ESYS_TR_NONE, nullptr, type, &symmetric, hash, &handle),
            "TPM2_StartAuthSession"));
  Flushed session(tpm, handle);
  TRY(check(Esys_TRSess_SetAttributes(tpm.esys(), session.get(), attributes, 0xFF),
            "session attributes"));
  return session;
}

Result<Flushed> start_ek_session(const Connection& tpm, ByteSpan ek_public) {
  const tpm::PublicArea ek = TRY(tpm::parse_public_area(ek_public));
  const std::string policy = codec::to_hex(ek.auth_policy);
  const auto* known = std::ranges::find_if(kEkPolicies, [&](const tpm::EkPolicies& policies) {
    return policies.hash == ek.name_alg && (policies.a == policy || policies.b == policy);
  });
  if (known == kEkPolicies.end()) {
    return unsupported("the EK has the authorization policy " + policy +
                       ", which is neither PolicyA nor PolicyB of the EK Credential Profile");
  }
  Flushed session = TRY(start_session(tpm, TPM2_SE_POLICY, static_cast<TPM2_ALG_ID>(ek.name_alg),
                                      ESYS_TR_NONE, TPMA_SESSION_CONTINUESESSION));
  TRY(check(
      Esys_PolicySecret(tpm.esys(), ESYS_TR_RH_ENDORSEMENT, session.get(), ESYS_TR_PASSWORD,
                        ESYS_TR_NONE, ESYS_TR_NONE, nullptr, nullptr, nullptr, 0, nullptr, nullptr),
      "TPM2_PolicySecret"));
  if (policy == known->b) {
    TPML_DIGEST branches{};
    branches.count = 2;
    branches.digests[0] = digest_of(known->a);
    branches.digests[1] = digest_of(known->c);
    TRY(check(Esys_PolicyOR(tpm.esys(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            &branches),
              "TPM2_PolicyOR"));
  }
  return session;
}

}  // namespace seaworthy::attester::tss
