// Who is asking: an agent, by the projected token of its pod. Nothing that the agent says about
// itself is used; the API server's TokenReview says which pod on which node the token is for
// (KEP-4193). Rules: design "Enrol"; attacks.
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

}  // namespace seaworthy::verifier
