// Public keys of TPMs, certificate authorities and verifiers: parsed once, then used from any
// thread. Spec: RFC 8017 (RSA), SEC 1 v2 (points), RFC 5280 §4.1.2.7 (SubjectPublicKeyInfo).
//
// A PublicKey is well-formed: an RSA modulus of sane size, or a point that lies on its curve and is
// not infinity. It is not thereby strong (weakness()) and belongs to nobody in particular.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::crypto {

enum class KeyKind : std::uint8_t { kRsa, kEc };

// The values are the TPM_ECC_CURVE of each (TCG Algorithm Registry 1.34, Table 4).
enum class Curve : std::uint16_t { kP256 = 0x0003, kP384 = 0x0004, kP521 = 0x0005 };

std::string_view name(Curve curve);  // "P-256": the spelling of JWK (RFC 7518 §6.2.1.1)
// Null if this build does not know the identifier.
std::optional<Curve> curve(std::uint16_t tpm_ecc_curve);
// Bytes of a coordinate or scalar: 32, 48, 66.
std::size_t coordinate_size(Curve curve);

// Why a well-formed key must not be believed (E2 item 5, Q12).
enum class KeyWeakness : std::uint8_t {
  kRsaTooShort,         // modulus below 2048 bits
  kRsaExponent,         // not 65537
  kRsaRocaFingerprint,  // CVE-2017-15361: prime generation of an Infineon library
};
// What is wrong, for a person.
std::string_view describe(KeyWeakness weakness);

namespace internal {
struct KeyState;  // the EVP_PKEY; only src/crypto sees inside
}

// A cheap-to-copy handle to an immutable key. Const methods are safe from any thread.
class PublicKey {
 public:
  // Modulus and exponent, big-endian; leading zeros are ignored. Moduli of 1024 to 8192 bits, odd;
  // exponents odd, 3 to 2^32 - 1; anything else is kMalformed. (A TPM writes exponent 0 for 65537:
  // resolve that before.)
  static Result<PublicKey> from_rsa(ByteSpan modulus, std::uint32_t exponent);
  // Affine coordinates, big-endian, at most the curve's width each (shorter ones are padded: some
  // TPMs strip leading zeros, A-28). kMalformed if the point is not on the curve.
  static Result<PublicKey> from_ec(Curve on, ByteSpan x, ByteSpan y);
  // DER SubjectPublicKeyInfo and nothing after it, of RSA (also with the algorithm rsaesOaep, as
  // some EK certificates have) or of a named curve above. kUnsupported for other algorithms.
  static Result<PublicKey> from_spki_der(ByteSpan der);
  // One "PUBLIC KEY" block; text around it is ignored.
  static Result<PublicKey> from_pem(std::string_view pem);

  KeyKind kind() const;
  int bits() const;                    // of the modulus, or of the field: 2048, 256, …
  std::optional<Curve> curve() const;  // null for RSA

  // Big-endian, without leading zeros. Empty for EC.
  const Bytes& rsa_modulus() const;
  std::uint32_t rsa_exponent() const;  // 0 for EC
  // Big-endian, padded to the curve's width; views into this key. Empty for RSA.
  ByteSpan ec_x() const;
  ByteSpan ec_y() const;

  // Always with the algorithm rsaEncryption or id-ecPublicKey and a named curve, so that equal keys
  // have equal bytes whatever they were parsed from.
  const Bytes& to_spki_der() const;
  std::string to_pem() const;

  // Same key material.
  bool same_key(const PublicKey& other) const;

  // The first weakness found, or null.
  std::optional<KeyWeakness> weakness() const;

  const internal::KeyState& state() const { return *state_; }

 private:
  friend struct internal::KeyState;
  explicit PublicKey(std::shared_ptr<const internal::KeyState> state) : state_(std::move(state)) {}
  std::shared_ptr<const internal::KeyState> state_;
};

}  // namespace seaworthy::crypto
