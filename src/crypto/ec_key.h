// Private keys of our own, on P-256: they sign results (ES256) and serve TLS.
// Spec: FIPS 186-5 §6, RFC 7518 §3.4 (ES256), RFC 5208 (PKCS#8).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto {

namespace internal {
struct PrivateState;
}

// A cheap-to-copy handle to one private key; the last copy wipes it. Safe from any thread.
class EcPrivateKey {
 public:
  // The scalar is drawn from `random` (rejection sampling, FIPS 186-5 A.2.2).
  static EcPrivateKey generate(Random& random);
  // PKCS#8 ("PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY"), not encrypted, on P-256. The error never
  // quotes the text.
  static Result<EcPrivateKey> from_pem(std::string_view pem);

  std::string to_pem() const;  // PKCS#8
  const PublicKey& public_key() const;

  // ECDSA with SHA-256 over the message: r || s, 32 bytes each. OpenSSL draws the nonce.
  ByteArray<64> sign(ByteSpan message) const;
  // The x-coordinate of the shared point, full width. kUnsupported if `peer` is on another curve.
  Result<Bytes> ecdh(const PublicKey& peer) const;

  const internal::PrivateState& state() const { return *state_; }

 private:
  friend struct internal::PrivateState;
  explicit EcPrivateKey(std::shared_ptr<const internal::PrivateState> state)
      : state_(std::move(state)) {}
  std::shared_ptr<const internal::PrivateState> state_;
};

}  // namespace seaworthy::crypto
