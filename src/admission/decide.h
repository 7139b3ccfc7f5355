// The decision about one request, from memory: no call, no clock, no lock. Takes microseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "admission/reasons.h"
#include "admission/snapshot.h"
#include "api/admission.h"
#include "base/time.h"

namespace seaworthy::admission {

// When the request is judged, and how old what we know is by then: the time since the API server
// last confirmed the stalest of our caches.
struct Moment {
  Time now;
  std::chrono::milliseconds snapshot_age{0};
  std::chrono::milliseconds max_snapshot_age{30'000};
};

enum class Outcome : std::uint8_t {
  kAllowed,
  kDenied,
  kWarned,   // would have been denied; the policy's mode is Warn
  kAudited,  // would have been denied; the policy's mode is Audit
};
std::string_view name(Outcome outcome);  // "allowed", "denied", "warned", "audited"

struct Decision {
  api::AdmissionResponse response;
  Outcome outcome = Outcome::kDenied;
  Reason reason = Reason::kUnexpectedRequest;
  NodeName node;      // that a pod would have come to; empty: none was named
  PolicyName policy;  // that decided; empty: none had to
};

// Judges every way in which a pod comes to a node: pods CREATE with spec.nodeName (mirror pods
// too), pods/binding, and the legacy bindings, which are never allowed in a governed namespace
// because the API server removes the pod's UID from them. New code in a running pod
// (pods/ephemeralcontainers) is judged like a new pod. Whatever else comes is allowed if it cannot
// bring a pod to a node, and denied otherwise.
//
// Allowed are placements in namespaces that no policy governs, and on nodes that are Trusted under
// every policy that does. Any doubt is a denial; its message says which node, which policy, which
// reason and what shows more. Policies with mode Warn or Audit never deny: they warn, or leave an
// audit annotation. A request that is wrong in itself is judged by the strictest mode.
Decision decide(const api::AdmissionRequest& request, const Snapshot& snapshot,
                const Moment& moment);

}  // namespace seaworthy::admission
