// Public keys of verifiers as JSON. Spec: RFC 7517 (JWK, JWK Set), RFC 7518 §6.2 (EC keys), RFC
// 7638 (thumbprint). Attack A-159.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/public_key.h"

namespace seaworthy::token {

inline constexpr std::size_t kMaxJwkBytes = 4 * 1024;
inline constexpr std::size_t kMaxKeys = 64;  // replicas, living and recently gone
inline constexpr std::size_t kMaxJwksBytes = kMaxKeys * kMaxJwkBytes;

// The RFC 7638 thumbprint (SHA-256, base64url) of a P-256 key: its key id wherever Seaworthy
// publishes it.
std::string thumbprint(const crypto::PublicKey& key);

// One P-256 key for ES256 signatures, and whose it is.
struct Jwk {
  std::string key_id;  // always the thumbprint of `key`
  crypto::PublicKey key;
  std::string verifier;           // member `verifier`; empty if absent
  std::optional<Time> not_after;  // member `notAfter`, seconds since the epoch

  // `key` is on P-256.
  static Jwk of(const crypto::PublicKey& key, std::string verifier = "",
                std::optional<Time> not_after = std::nullopt);
};

// Compact JSON: kty, crv, x, y, alg, use, kid, and verifier and notAfter if given.
std::string to_jwk_text(const Jwk& key);

// Establishes that the text holds a key on the curve and that its kid is its thumbprint, so that
// nobody can publish a key under the id of another. Unknown members are ignored. kMalformed: more
// than 4 KiB, bad JSON or coordinates, another kid, or a private key (`d`). kUnsupported: kty,
// crv, alg or use other than EC, P-256, ES256, sig.
Result<Jwk> parse_jwk(std::string_view text);

// Keys by id. A value; copying is cheap enough for configuration.
class KeySet {
 public:
  // A JWK Set (RFC 7517 §5), all of it or nothing: at most 64 keys, no id twice.
  static Result<KeySet> parse(std::string_view text);
  std::string to_text() const;

  // kConflict if the id is there already, kMalformed beyond 64 keys.
  Result<void> add(Jwk key);
  // Null if there is none.
  const Jwk* find(std::string_view key_id) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, Jwk, std::less<>> keys_;
};

}  // namespace seaworthy::token
