#include "attester/tss/session.h"

#include <algorithm>
#include <array>

#include "codec/hex.h"
#include "tpm/public_area.h"

namespace seaworthy::attester::tss {
namespace {

// Annex B.6. A is TPM2_PolicySecret(TPM_RH_ENDORSEMENT), C is TPM2_PolicyAuthorizeNV of the index
// reserved for that, B is TPM2_PolicyOR(A, C).
struct EkPolicies {
  crypto::HashAlg hash;
  std::string_view a, c, b;
};
constexpr auto kEkPolicies = std::to_array<EkPolicies>({
    {crypto::HashAlg::kSha256, "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa",
     "3767e2edd43ff45a3a7e1eaefcef78643dca964632e7aad82c673a30d8633fde",
     "ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0"},
    {crypto::HashAlg::kSha384,
     "8bbf2266537c171cb56e403c4dc1d4b64f432611dc386e6f532050c3278c930e143e8bb1133824ccb431053871c6d"
     "b"
     "53",
     "d6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b455e261cffd217ad5b4947c2d73e63005eed2dc2b3593d"
     "1"
     "65",
     "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80"
     "e"
     "12"},
});

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
  const auto* known = std::ranges::find_if(kEkPolicies, [&](const EkPolicies& policies) {
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
