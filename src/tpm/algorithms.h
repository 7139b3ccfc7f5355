// The constants of the TPM that we know by name. Spec: TPM 2.0 Library, Part 2: Structures, r1.59;
// algorithm identifiers: TCG Algorithm Registry 1.34, Table 3.
//
// Hash algorithms are crypto::HashAlg, whose values are the TPM_ALG_IDs.
#pragma once

#include <cstdint>

namespace seaworthy::tpm {

// TPM_ALG_ID (§6.3).
inline constexpr std::uint16_t kAlgRsa = 0x0001;     // TPM_ALG_RSA
inline constexpr std::uint16_t kAlgAes = 0x0006;     // TPM_ALG_AES
inline constexpr std::uint16_t kAlgNull = 0x0010;    // TPM_ALG_NULL
inline constexpr std::uint16_t kAlgRsassa = 0x0014;  // TPM_ALG_RSASSA: PKCS#1 v1.5
inline constexpr std::uint16_t kAlgRsaes = 0x0015;   // TPM_ALG_RSAES
inline constexpr std::uint16_t kAlgRsapss = 0x0016;  // TPM_ALG_RSAPSS
inline constexpr std::uint16_t kAlgOaep = 0x0017;    // TPM_ALG_OAEP
inline constexpr std::uint16_t kAlgEcdsa = 0x0018;   // TPM_ALG_ECDSA
inline constexpr std::uint16_t kAlgEcdh = 0x0019;    // TPM_ALG_ECDH
inline constexpr std::uint16_t kAlgEcc = 0x0023;     // TPM_ALG_ECC
inline constexpr std::uint16_t kAlgCfb = 0x0043;     // TPM_ALG_CFB

// TPM_GENERATED_VALUE (§6.2): the first four bytes of everything a TPM made itself. A restricted
// key signs nothing else that begins with them.
inline constexpr std::uint32_t kGeneratedValue = 0xFF544347;
inline constexpr std::uint16_t kAttestQuote = 0x8018;  // TPM_ST_ATTEST_QUOTE (§6.9)

// TPM_ECC_CURVE (§6.4), those we accept.
enum class EccCurve : std::uint16_t {
  kNistP256 = 0x0003,  // TPM_ECC_NIST_P256
  kNistP384 = 0x0004,  // TPM_ECC_NIST_P384
  kNistP521 = 0x0005,  // TPM_ECC_NIST_P521
};
constexpr int field_bits(EccCurve curve) {
  switch (curve) {
    case EccCurve::kNistP256:
      return 256;
    case EccCurve::kNistP384:
      return 384;
    case EccCurve::kNistP521:
      return 521;
  }
  return 0;
}
constexpr std::size_t coordinate_size(EccCurve curve) {
  return static_cast<std::size_t>(field_bits(curve) + 7) / 8;
}

// TPMA_OBJECT (§8.3), in the specification's spelling.
inline constexpr std::uint32_t kFixedTpm = 1u << 1;               // fixedTPM
inline constexpr std::uint32_t kStClear = 1u << 2;                // stClear
inline constexpr std::uint32_t kFixedParent = 1u << 4;            // fixedParent
inline constexpr std::uint32_t kSensitiveDataOrigin = 1u << 5;    // sensitiveDataOrigin
inline constexpr std::uint32_t kUserWithAuth = 1u << 6;           // userWithAuth
inline constexpr std::uint32_t kAdminWithPolicy = 1u << 7;        // adminWithPolicy
inline constexpr std::uint32_t kNoDa = 1u << 10;                  // noDA
inline constexpr std::uint32_t kEncryptedDuplication = 1u << 11;  // encryptedDuplication
inline constexpr std::uint32_t kRestricted = 1u << 16;            // restricted
inline constexpr std::uint32_t kDecrypt = 1u << 17;               // decrypt
inline constexpr std::uint32_t kSign = 1u << 18;                  // sign / encrypt
inline constexpr std::uint32_t kX509Sign = 1u << 19;              // x509sign

// TPM_RH (§7.4), the handle of a hierarchy: the parent of its primary keys.
enum class Hierarchy : std::uint32_t {
  kOwner = 0x40000001,        // TPM_RH_OWNER
  kNull = 0x40000007,         // TPM_RH_NULL
  kEndorsement = 0x4000000B,  // TPM_RH_ENDORSEMENT
};

}  // namespace seaworthy::tpm
