// The public half of a TPM key, as bytes from a peer we do not trust.
// Spec: TPM 2.0 Library, Part 2: Structures, r1.59. Integers are big-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "tpm/algorithms.h"

namespace seaworthy::tpm {

// TPMT_SYM_DEF_OBJECT (§11.1.7) of a storage key; AES in CFB mode is the only one we know.
struct SymmetricDef {
  std::uint16_t key_bits;  // 128 or 256
  bool operator==(const SymmetricDef&) const = default;
};

// TPMT_RSA_SCHEME, TPMT_ECC_SCHEME (§11.2.4.2, §11.2.5.6).
struct Scheme {
  std::uint16_t alg;                    // kAlgRsassa, kAlgEcdsa, …
  std::optional<crypto::HashAlg> hash;  // absent for RSAES
  bool operator==(const Scheme&) const = default;
};

struct RsaKey {
  std::uint16_t key_bits;  // 1024 (weak, for verify to refuse), 2048, 3072 or 4096
  std::uint32_t exponent;  // as on the wire: 0 stands for 65537
  Bytes modulus;           // big-endian, exactly key_bits / 8 bytes
  bool operator==(const RsaKey&) const = default;
};

struct EccKey {
  EccCurve curve;
  Bytes x, y;  // big-endian, 1 to coordinate_size(curve) bytes: old TPMs strip leading zeros
  bool operator==(const EccKey&) const = default;
};

// TPMT_PUBLIC (§12.2.4) of an RSA or ECC key. Owns its bytes.
//
// Well-formed is not acceptable and not true: that a TPM holds the private half is shown by
// credential activation only, and which attributes are needed is verify's business. Whether the
// numbers are a sound key (a point on the curve, an odd modulus) is not looked at here.
struct PublicArea {
  crypto::HashAlg name_alg;
  std::uint32_t attributes = 0;           // TPMA_OBJECT (§8.3): kFixedTpm, …
  Bytes auth_policy;                      // empty or a digest
  std::optional<SymmetricDef> symmetric;  // absent for TPM_ALG_NULL
  std::optional<Scheme> scheme;           // absent for TPM_ALG_NULL
  std::variant<RsaKey, EccKey> key;

  bool operator==(const PublicArea&) const = default;
};

// Parses exactly one TPMT_PUBLIC and nothing after it. Errors name the field and the offset:
//   kMalformed    truncated, trailing, over-long or self-contradictory bytes;
//   kUnsupported  another type of object, curve, key size, scheme, hash or cipher.
// write_public_area(parse_public_area(x)) == x, so the Name may be computed from either.
Result<PublicArea> parse_public_area(ByteSpan in);

Bytes write_public_area(const PublicArea& area);

}  // namespace seaworthy::tpm
