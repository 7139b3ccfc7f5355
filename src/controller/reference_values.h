// Says of one reference value set whether it counts, and who booted what it describes; and retires
// one that is to be retired as soon as nobody does.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "api/policy.h"
#include "api/reference_values.h"
#include "base/result.h"
#include "base/time.h"
#include "controller/caches.h"
#include "controller/judgement.h"
#include "controller/metrics.h"
#include "controller/owned.h"
#include "controller/requeue.h"
#include "kube/events.h"

namespace seaworthy::controller {

// Reasons of the conditions InForce and Retired.
inline constexpr const char* kSetInForce = "InForce";
inline constexpr const char* kSetNotYet = "NotYet";
inline constexpr const char* kSetWindowEnded = "WindowEnded";
inline constexpr const char* kSetUnused = "Unused";
inline constexpr const char* kSetInUse = "InUse";

struct SetInputs {
  api::ReferenceValueSet set;
  struct Node {
    NodeName name = {};
    NodeUid uid = {};
    std::map<std::string, std::string> labels = {};
    std::shared_ptr<const Ears> ears = {};  // null: no results
  };
  std::vector<Node> nodes = {};
  std::vector<api::AttestationPolicy> policies = {};  // whose boot may be of this set
  std::shared_ptr<const VerifierKeys> keys = {};
};

struct SetDecision {
  api::SetUse use;
  api::Condition in_force;
  api::Condition retired;
  std::optional<Time> next_check;
};

// Pure. A node uses the set if a signed result that counts says that its boot matches it; one that
// is silent, Stale or not Trusted by another set keeps a set from being retired early: it may come
// back with the old image.
SetDecision decide(const SetInputs& in, Time now);

class ReferenceValuesReconciler {
 public:
  ReferenceValuesReconciler(kube::Client& client, const Caches& caches, EarCache& ears,
                            kube::EventRecorder& events, Metrics& metrics, const Clock& clock)
      : client_(client),
        caches_(caches),
        ears_(ears),
        events_(events),
        metrics_(metrics),
        clock_(clock) {}

  Result<Requeue> reconcile(const std::string& name, std::stop_token stop);

 private:
  SetInputs gather(const api::ReferenceValueSet& set) const;
  Result<void> write(const api::ReferenceValueSet& set, const SetDecision& decision,
                     std::stop_token stop);

  kube::Client& client_;
  const Caches& caches_;
  EarCache& ears_;
  kube::EventRecorder& events_;
  Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace seaworthy::controller
