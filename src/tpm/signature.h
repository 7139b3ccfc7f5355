// A TPM's signature, as bytes from a peer we do not trust.
// Spec: TPM 2.0 Library, Part 2: Structures, r1.59. Integers are big-endian.
#pragma once

#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace seaworthy::tpm {

struct RsassaSignature {  // PKCS#1 v1.5
  crypto::HashAlg hash;
  Bytes signature;
  bool operator==(const RsassaSignature&) const = default;
};

struct RsapssSignature {
  crypto::HashAlg hash;
  Bytes signature;
  bool operator==(const RsapssSignature&) const = default;
};

struct EcdsaSignature {
  crypto::HashAlg hash;
  Bytes r, s;  // big-endian integers of any width up to 66 bytes
  bool operator==(const EcdsaSignature&) const = default;
};

// TPMT_SIGNATURE (§11.3.4). One alternative per algorithm: there is no RSA part to forget to look
// at in an ECDSA signature. Says nothing about validity.
using Signature = std::variant<RsassaSignature, RsapssSignature, EcdsaSignature>;

// Parses exactly one signature and nothing after it. Errors name the field and the offset:
//   kMalformed    truncated, trailing or over-long bytes, an empty number;
//   kUnsupported  another algorithm or hash.
Result<Signature> parse_signature(ByteSpan in);

Bytes write_signature(const Signature& signature);

}  // namespace seaworthy::tpm
