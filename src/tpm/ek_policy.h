// What the authorization policies of endorsement keys hash to, in hexadecimal.
// Spec: TCG EK Credential Profile 2.5, Annex B.6.
#pragma once

#include <string_view>

#include "crypto/digest.h"

namespace seaworthy::tpm {

// For keys whose nameAlg is `hash`.
struct EkPolicies {
  crypto::HashAlg hash;
  std::string_view a;  // TPM2_PolicySecret(TPM_RH_ENDORSEMENT): of the low range (L-1, L-2)
  std::string_view c;  // TPM2_PolicyAuthorizeNV of the index reserved for that
  std::string_view b;  // TPM2_PolicyOR(A, C): of the high range (H-1 to H-7)
};
inline constexpr EkPolicies kEkPolicies256 = {
    crypto::HashAlg::kSha256, "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa",
    "3767e2edd43ff45a3a7e1eaefcef78643dca964632e7aad82c673a30d8633fde",
    "ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0"};
inline constexpr EkPolicies kEkPolicies384 = {crypto::HashAlg::kSha384,
                                              "8bbf2266537c171cb56e403c4dc1d4b64f432611dc386e6f"
                                              "532050c3278c930e143e8bb1133824ccb431053871c6db53",
                                              "d6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b4"
                                              "55e261cffd217ad5b4947c2d73e63005eed2dc2b3593d165",
                                              "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4"
                                              "cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12"};
inline constexpr EkPolicies kEkPolicies512 = {
    crypto::HashAlg::kSha512,
    "1e3b76502c8a1425aa0b7b3fc646a1b0fae063b03b5368f9c4cddecaff0891dd"
    "682bac1a85d4d832b781ea451915de5fc5bf0dc4a1917cd42fa041e3f998e0ee",
    "589ee1e146544716e8deafe6db247b01b81e9f9c7dd16b814aa159138749105f"
    "ba5388dd1dea702f35240c184933121e2c61b8f50d3ef91393a49a38c3f73fc8",
    "b8221ca69e8550a4914de3faa6a18c072cc01208073a928d5d66d59ef79e49a4"
    "29c41a6b269571d57edb25fbdb1838425608b413cd616a5f6db5b6071af99bea"};

}  // namespace seaworthy::tpm
