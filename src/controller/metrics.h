// What the controller counts.
#pragma once

#include <chrono>
#include <set>
#include <string_view>

#include "api/policy.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/strong.h"
#include "telemetry/metrics.h"

namespace seaworthy::controller {

inline constexpr std::string_view kWritesMetric = "seaworthy_controller_writes_total";  // kind
// Somebody else changed or removed an object that we keep: alert on it. Label kind.
inline constexpr std::string_view kDriftMetric = "seaworthy_controller_drift_repaired_total";

// Thread-safe. The registry outlives it.
class Metrics {
 public:
  explicit Metrics(telemetry::Metrics& registry) : registry_(registry) {}

  // Of the nodes that a policy selects, how many have each verdict.
  void nodes(const PolicyName& policy, const api::NodeCounts& counts);
  void policy_gone(const PolicyName& policy);
  // One change of a kind of object was sent to the API server: "nodes", "nodeattestations", …
  void write(std::string_view resource);
  void drift(std::string_view resource);
  // One pass of a reconciler: "node", "policy", "serving", "keys"; null: it went well.
  void reconciled(std::string_view reconciler, std::chrono::milliseconds took, const Error* error);
  void leading(bool yes);

 private:
  telemetry::Metrics& registry_;
};

}  // namespace seaworthy::controller
