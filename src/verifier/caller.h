// Who is asking: an agent, by the projected token of its pod, or a person who reads evidence, by a
// token of the ServiceAccount that is there for it. Nothing that the agent says about itself is
// used; the API server's TokenReview says which pod on which node the token is for (KEP-4193).
// Rules: design "Enrol"; attacks.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "base/mutex.h"
#include "base/strong.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "http/message.h"
#include "kube/client.h"

namespace seaworthy::verifier {

// Established by the API server, not by the agent.
struct Caller {
  NodeName node;
  NodeUid node_uid;
  std::string pod_uid;
  crypto::Digest token_hash;  // SHA-256 of the bearer token: the channel binding of quotes
};

// Authenticates requests. Thread-safe. Positive answers are kept for a minute per token, so that a
// flood with one token costs one review.
class CallerAuthenticator {
 public:
  struct Config {
    std::string audience;
    std::string service_account;  // "system:serviceaccount:<namespace>:<name>" of the agents
  };
  CallerAuthenticator(kube::Client& client, const Clock& clock, Config config)
      : client_(client), clock_(clock), config_(std::move(config)) {}

  // kDenied: no token, not a token for us, or not one bound to an agent's pod on a node. The
  // message names which, never the token. Other codes: the API server could not be asked.
  Result<Caller> authenticate(const http::Request& request, Deadline deadline,
                              std::stop_token stop);

 private:
  struct Known {
    Caller caller;
    Monotonic until;
  };
  std::optional<Caller> cached(const crypto::Digest& token_hash);

  kube::Client& client_;
  const Clock& clock_;
  const Config config_;
  Mutex mutex_;
  std::map<crypto::Digest, Known> known_ GUARDED_BY(mutex_);
  Monotonic last_sweep_ GUARDED_BY(mutex_){};
};

// Whoever may read evidence (docs/evidence.md): the API server has given them a token of the
// ServiceAccount that is there for nothing else. Thread-safe.
class EvidenceReaders {
 public:
  EvidenceReaders(kube::Client& client, std::string service_account)
      : client_(client), service_account_(std::move(service_account)) {}

  // As CallerAuthenticator; nothing is remembered, so that a right that was taken back is gone.
  Result<void> authenticate(const std::string& token, Deadline deadline, std::stop_token stop);

 private:
  kube::Client& client_;
  const std::string service_account_;  // "system:serviceaccount:<namespace>:<name>"
};

}  // namespace seaworthy::verifier
