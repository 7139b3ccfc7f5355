// What the authorization policies of endorsement keys hash to, in hexadecimal.
// Spec: TCG EK Credential Profile 2.5, Annex B.6.
#pragma once

#include <string_view>

namespace seaworthy::tpm {

// PolicyA, SHA-256: of the low range (templates L-1, L-2).
inline constexpr std::string_view kEkPolicyA =
    "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
// PolicyB, by the hash of the key's Name: of the high range (H-1 to H-7).
inline constexpr std::string_view kEkPolicyB256 =
    "ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0";
inline constexpr std::string_view kEkPolicyB384 =
    "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e"
    "12";

}  // namespace seaworthy::tpm
