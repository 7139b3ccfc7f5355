// Verifies signatures: one key, one stated scheme, one attempt (R8, Q5).
//
// Spec: RFC 8017 §8.2.2 RSASSA-PKCS1-v1_5, §8.1.2 RSASSA-PSS; FIPS 186-5 §6.4.2 ECDSA; identifiers:
// TCG Algorithm Registry 1.34, Table 3. Nothing is guessed: not the padding, not the hash.
#pragma once

#include <compare>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto {

// The values are the TPM_ALG_ID of each.
enum class SignatureAlg : std::uint16_t { kRsaSsa = 0x0014, kRsaPss = 0x0016, kEcdsa = 0x0018 };

// Null if this build does not know the identifier.
std::optional<SignatureAlg> signature_alg(std::uint16_t tpm_alg_id);
std::string_view name(SignatureAlg alg);  // "rsassa", "rsapss", "ecdsa"

struct SignatureScheme {
  SignatureAlg alg;
  HashAlg hash;  // of the message; for PSS also of MGF1
  auto operator<=>(const SignatureScheme&) const = default;
};

// Views into bytes nobody has vouched for; the owner outlives them.
struct RsaSignature {
  ByteSpan bytes;  // exactly as long as the modulus
};
struct EcdsaSignature {
  ByteSpan r;  // big-endian, unsigned; leading zeros may be missing
  ByteSpan s;
};
using Signature = std::variant<RsaSignature, EcdsaSignature>;

// True only if `signature` is one of `key` over `message` under `scheme`.
//
// False, never a crash and never another attempt, if key, scheme and signature are of different
// kinds, if the scheme's hash is SHA-1, if r or s is not in [1, n-1] or wider than
// the curve, if the RSA signature has another length than the modulus. PSS: any salt length.
// Thread-safe. It costs what the public key operation costs, and a few microseconds.
bool verify(const PublicKey& key, SignatureScheme scheme, ByteSpan message,
            const Signature& signature);
// The same, where what was signed is known by its digest only (a file that IMA measured).
bool verify_digest(const PublicKey& key, SignatureAlg alg, const Digest& digest,
                   const Signature& signature);

// ECDSA-Sig-Value (RFC 3279 §2.2.3), strict DER and nothing after it; views into `der`. Null if it
// is not one, of any curve of ours.
std::optional<EcdsaSignature> parse_ecdsa_signature(ByteSpan der);

}  // namespace seaworthy::crypto
