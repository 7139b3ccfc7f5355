// Signed compact tokens. Spec: RFC 7515 (JWS compact serialisation), RFC 7518 §3.4 (ES256), RFC
// 8725 (best practices). Attacks.
//
// Narrow on purpose: one algorithm, a header of exactly alg, kid and typ, and keys that come from
// the caller and never from the token.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "token/jwks.h"

namespace seaworthy::token {

inline constexpr std::size_t kMaxJwsBytes = 256 * 1024;  // an EAR of one policy: up to 30 KiB
inline constexpr std::size_t kMaxKeyIdBytes = 128;       // an RFC 7638 thumbprint: 43

// Who signs: holds a P-256 key that this layer never sees. Thread-safe.
class Signer {
 public:
  virtual ~Signer() = default;
  // The RFC 7638 thumbprint of the key.
  virtual const std::string& key_id() const = 0;
  // ECDSA with SHA-256 over the message: r || s, 64 bytes.
  virtual Result<Bytes> sign(ByteSpan message) const = 0;
};

// header.payload.signature. `type` becomes `typ`: it keeps tokens of one purpose from being taken
// for those of another. kMalformed if the result would be longer than kMaxJwsBytes.
Result<std::string> sign_jws(const Signer& signer, std::string_view type, ByteSpan payload);

struct VerifiedJws {
  Jwk key;  // by which it was signed
  Bytes payload;
};

// Verifies one token. The header names a key (kid), which is looked up in `keys` and is nothing but
// a look-up; the key decides the algorithm.
//
// kMalformed: not three parts of strict base64url, too long, or a header with other members than
// alg, kid and typ (so also crit, jwk, jku, x5u, x5c, b64, zip). kDenied: another typ or alg, a key
// id that is not in `keys`, or a signature that is not by that key.
Result<VerifiedJws> verify_jws(std::string_view text, std::string_view type, const KeySet& keys);

// What a token says of itself, for showing it to a person: nobody has looked at its signature.
struct UntrustedJws {
  std::string alg;
  std::string key_id;
  std::string type;
  Bytes payload;
};
// kMalformed as verify_jws().
Result<UntrustedJws> untrusted_jws(std::string_view text);

}  // namespace seaworthy::token
