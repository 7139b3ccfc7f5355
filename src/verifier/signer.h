// The key by which this replica signs results, and its publication.
//
// Made at start, kept in memory only, never written anywhere: a restart makes a new one. The public
// half stands in a ConfigMap that only the operator may write (manifests: RBAC and a
// ValidatingAdmissionPolicy), under its key id, with the time until which it may be believed. The
// replica renews that time while it lives; the controller removes what has expired.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "crypto/ec_key.h"
#include "kube/client.h"
#include "token/jws.h"

namespace seaworthy::verifier {

inline constexpr const char* kKeysConfigMap = "seaworthy-jwks";
inline constexpr std::chrono::hours kKeyLife{3};  // longer than any result lives
inline constexpr std::chrono::minutes kKeyRenewal{30};

class ResultSigner final : public token::Signer {
 public:
  ResultSigner(std::string verifier, Random& random);

  const std::string& key_id() const override { return key_id_; }
  Result<Bytes> sign(ByteSpan message) const override;

  const std::string& verifier() const { return verifier_; }
  // The entry of the ConfigMap: a JWK with `verifier` and `notAfter` (seconds since the epoch).
  std::string public_entry(Time not_after) const;
  // Writes the entry by server-side apply under a field manager of this key, so that replicas
  // never overwrite one another.
  Result<void> publish(kube::Client& client, const std::string& namespace_, Time now,
                       const kube::Call& call) const;

 private:
  const std::string verifier_;
  const crypto::EcPrivateKey key_;
  const std::string key_id_;  // RFC 7638 thumbprint
};

}  // namespace seaworthy::verifier
