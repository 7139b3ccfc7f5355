// The stateless half of credential activation, and the enrolment statement.
// Rules R5, R23; attacks.
#pragma once

#include <chrono>
#include <string>

#include "api/evidence.h"
#include "base/random.h"
#include "base/strong.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/sealed.h"

namespace seaworthy::verifier {

inline constexpr std::chrono::seconds kSessionLife{60};
// The one answer for everything that can be wrong with an activation.
inline constexpr const char* kNotActivated =
    "the activation was not accepted; start the enrolment again (sessions last 60 seconds)";

// A session that was asked for and is not yet answered. Whoever holds the key can check it: the
// activation secret is derived from the session, so no replica stores anything.
class EnrolmentSessions {
 public:
  EnrolmentSessions(const crypto::SealKey& key, Random& random) : key_(key), random_(random) {}

  // Bound to the node, the pod and every byte of the request (EK, certificates, AK).
  Bytes start(const NodeUid& node, const std::string& pod_uid, const api::EnrolRequest& request,
              Time now);
  // 32 bytes that only the TPM with the EK can learn; the same for the same session.
  Bytes secret(ByteSpan session) const;
  // The agent's proof that it learned the secret: constant time, and one answer for all that can
  // be wrong. When the session was started, which also says when it ends; kDenied.
  Result<Time> check(const api::ActivateRequest& answer, const NodeUid& node,
                     const std::string& pod_uid, Time now) const;

  // What the agent computes: HMAC-SHA256(secret, "seaworthy/activate/v1" || session).
  static Bytes proof(ByteSpan secret, ByteSpan session);

 private:
  const crypto::SealKey key_;
  Random& random_;
};

// What enrolment established, once and for all: this EK and this AK live in one TPM, and it belongs
// to this Node. Kept in NodeAttestation.status; believed for its seal, not for its place.
struct EnrolmentStatement {
  NodeName node;
  NodeUid node_uid;
  std::string ek_hash;                                    // "sha256:<hex>"
  Bytes ak_public;                                        // TPMT_PUBLIC
  Bytes ek_public;                                        // TPMT_PUBLIC
  crypto::Digest certificates{crypto::HashAlg::kSha256};  // certificates_digest()
  bool ak_certified = false;                              // the AK came with a certificate
  Time enrolled;
};

std::string seal_statement(const crypto::SealKey& key, const EnrolmentStatement& statement);
// kDenied if it is not sealed by us; kMalformed cannot happen to a sealed one.
Result<EnrolmentStatement> open_statement(const crypto::SealKey& key, const std::string& sealed);

// SHA-256 over the certificates of both keys, each with its length.
crypto::Digest certificates_digest(const std::vector<Bytes>& ek, const std::vector<Bytes>& ak);

}  // namespace seaworthy::verifier
