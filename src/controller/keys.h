// Prunes the verifiers' public keys: each replica publishes its own and renews it while it lives
// (verifier); the leader removes those whose time is over, so that the list does not grow for ever
// and fits its bounds.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "controller/caches.h"
#include "controller/metrics.h"
#include "controller/requeue.h"

namespace seaworthy::controller {

struct KeysDecision {
  std::vector<std::string> expired;  // data keys to remove
  std::optional<Time> next_check;    // when the next one expires
};
// Pure. A key that does not parse stays: it may be of a newer version, and it makes nothing
// trusted.
KeysDecision decide(const ConfigMap& jwks, Time now);

class KeysReconciler {
 public:
  KeysReconciler(kube::Client& client, const Caches& caches, Metrics& metrics, const Clock& clock)
      : client_(client), caches_(caches), metrics_(metrics), clock_(clock) {}
  Result<Requeue> reconcile(std::stop_token stop);

 private:
  kube::Client& client_;
  const Caches& caches_;
  Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace seaworthy::controller
