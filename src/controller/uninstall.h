// Leaves a working cluster behind: takes back what would bind after Seaworthy is gone.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "controller/caches.h"
#include "controller/metrics.h"
#include "kube/client.h"

namespace seaworthy::controller {

// Whether we are being removed: our namespace or the definition of policies is going or gone. Asks
// the caches only.
bool being_uninstalled(const Caches& caches);
// The same by asking the API server; an answer that cannot be had is a no.
bool ask_whether_uninstalled(kube::Client& client, const std::string& system_namespace,
                             const kube::Call& call);

// Removes every webhook configuration and policy object of ours, then our labels and taints from
// all nodes, as the API server has them now; of the caches it learns only which kinds there are.
// Nobody else may reconcile meanwhile. Goes on after a failure and gives the first error; what is
// gone already is fine.
Result<void> uninstall(kube::Client& client, const Caches& caches, Metrics& metrics,
                       const Clock& clock, std::stop_token stop);

}  // namespace seaworthy::controller
