#include "controller/metrics.h"

#include <array>
#include <utility>

#include "telemetry/names.h"

namespace seaworthy::controller {
namespace {

namespace metric = telemetry::metric;

std::array<std::pair<const char*, int>, 4> by_verdict(const api::NodeCounts& counts) {
  return {{{"Trusted", counts.trusted},
           {"Violated", counts.violated},
           {"Stale", counts.stale},
           {"Unknown", counts.unknown}}};
}

telemetry::Labels nodes_labels(const PolicyName& policy, const char* verdict) {
  return {{"policy", policy.str()}, {"verdict", verdict}};
}

}  // namespace

void Metrics::nodes(const PolicyName& policy, const api::NodeCounts& counts) {
  for (const auto& [verdict, count] : by_verdict(counts)) {
    registry_
        .gauge(metric::kNodesByVerdict, "Nodes that a policy selects, by verdict.",
               nodes_labels(policy, verdict))
        .set(count);
  }
}

void Metrics::policy_gone(const PolicyName& policy) {
  for (const auto& [verdict, unused] : by_verdict({})) {
    registry_.remove_gauge(metric::kNodesByVerdict, nodes_labels(policy, verdict));
  }
}

void Metrics::write(std::string_view resource) {
  registry_
      .counter(kWritesMetric, "Changes sent to the API server.", {{"kind", std::string(resource)}})
      .add();
}

void Metrics::drift(std::string_view resource) {
  registry_
      .counter(kDriftMetric, "Objects of ours that somebody else changed or removed; put back.",
               {{"kind", std::string(resource)}})
      .add();
}

void Metrics::reconciled(std::string_view reconciler, std::chrono::milliseconds took,
                         const Error* error) {
  const std::string outcome = error == nullptr ? "Done" : std::string(name(error->code()));
  registry_
      .counter(metric::kReconciles, "Passes of a reconciler.",
               {{"controller", std::string(reconciler)}, {"outcome", outcome}})
      .add();
  registry_
      .histogram(metric::kReconcileSeconds, "How long a pass took.", telemetry::slow_buckets(),
                 {{"controller", std::string(reconciler)}})
      .observe(std::chrono::duration<double>(took).count());
}

void Metrics::leading(bool yes) {
  registry_.gauge(metric::kLeader, "1 while this replica leads.").set(yes ? 1 : 0);
}

}  // namespace seaworthy::controller
