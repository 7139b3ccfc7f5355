// MakeCredential in software: a secret that only one TPM can open, and only if it holds a given AK.
// Spec: TPM 2.0 Library r1.59, Part 1: Architecture, §24 "Credential Protection", Annex B.10.4 and
// C.6.4 (secret sharing), §11.4.10 (KDFa, KDFe); steps E4, rule R5.
//
// Establishes nothing by itself: the answer to the challenge does.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto {

// What of an EK's public area decides how to wrap for it.
struct EkParameters {
  PublicKey key;
  HashAlg name_alg;          // nameAlg: not SHA-1
  int symmetric_bits = 128;  // of its AES-CFB: 128 or 256
};

struct Credential {
  // The contents of TPM2B_ID_OBJECT, that is TPM2B(integrity HMAC) || encrypted identity. The wire
  // form has a 16-bit length in front.
  Bytes id_object;
  // The contents of TPM2B_ENCRYPTED_SECRET: OAEP ciphertext, or TPM2B(x) || TPM2B(y) of the
  // ephemeral point. The wire form has a 16-bit length in front.
  Bytes encrypted_secret;
};

// `ak_name` is the Name computed by us (R3): nameAlg || digest. `secret` is at most one digest of
// name_alg long (Part 2 §10.12.1). Draws the seed or the ephemeral key from `random`; only OAEP's
// padding comes from OpenSSL. kUnsupported for other keys and hashes, kMalformed for an empty or
// over-long secret or name.
Result<Credential> make_credential(const EkParameters& ek, ByteSpan ak_name, ByteSpan secret,
                                   Random& random);

// KDFa (Part 1 §11.4.10.2): HMAC in counter mode. The label is given without its NUL, which is
// added. `bits` is at most 4096; surplus top bits are masked.
Bytes kdfa(HashAlg alg, ByteSpan key, std::string_view label, ByteSpan context_u,
           ByteSpan context_v, std::uint32_t bits);

// KDFe (Part 1 §11.4.10.3): for ECDH. `z` and the party infos are x-coordinates of full width.
Bytes kdfe(HashAlg alg, ByteSpan z, std::string_view label, ByteSpan party_u, ByteSpan party_v,
           std::uint32_t bits);

// The last two steps of wrapping, given the seed: encrypt-then-MAC under keys derived from it.
Bytes protect_credential(HashAlg name_alg, int symmetric_bits, ByteSpan seed, ByteSpan ak_name,
                         ByteSpan secret);

}  // namespace seaworthy::crypto
