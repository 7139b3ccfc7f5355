// Makes one node's label, taint and verdicts say what its signed results say.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/node.h"
#include "api/policy.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "controller/caches.h"
#include "controller/judgement.h"
#include "controller/metrics.h"
#include "controller/requeue.h"
#include "kube/events.h"

namespace seaworthy::controller {

inline constexpr const char* kFieldManager = "seaworthy-controller";

// All that a decision about one node rests on.
struct NodeInputs {
  api::Node node;
  std::optional<api::NodeAttestation> attestation;
  std::vector<api::AttestationPolicy> policies;  // that parse; others give no class to anybody
  std::shared_ptr<const Ears> ears;
  std::shared_ptr<const VerifierKeys> keys;
};

struct NodeDecision {
  std::vector<api::PolicyVerdict> verdicts;  // under each policy that selects the node, by name
  // Labels of our prefix: the value to set, or nullopt to remove. Empty: they are right.
  std::map<std::string, std::optional<std::string>> labels;
  std::optional<codec::Json> taints;  // the whole list as it should be; nullopt: it is right
  bool write_verdicts = false;
  struct Change {
    PolicyName policy;
    api::Verdict before = api::Verdict::kUnknown;
    api::PolicyVerdict now;
  };
  std::vector<Change> changes;  // for Events; those of dry runs are no news
  std::optional<Time> next_check;
};

// Pure. The taint is set if a policy in mode Enforce selects the node and it holds none of the
// classes that select it: policies that only warn or audit must not keep pods away. A dry run gives
// a verdict and no class.
NodeDecision decide(const NodeInputs& in, Time now);

// The label, the taint and nothing else of ours removed: for a node that no policy selects any
// more, and for uninstalling.
NodeDecision decide_nothing(const api::Node& node);

// One patch for label and taint together, bound to this very Node and version of it: nullopt if
// nothing is to be written.
std::optional<codec::Json> node_patch(const api::Node& node, const NodeDecision& decision);

// Level-triggered: it is told which node, never what happened, so a lost, repeated or stale event
// does no harm. All its writes are bound to UID and resourceVersion, so that a leader that was
// paused and is none any more changes nothing.
class NodeReconciler {
 public:
  using VerdictChanged = std::function<void(const PolicyName&)>;  // a node's class came or went

  NodeReconciler(kube::Client& client, const Caches& caches, EarCache& ears,
                 kube::EventRecorder& events, Metrics& metrics, const Clock& clock,
                 VerdictChanged verdict_changed);

  // An error means "could not find out" or "could not write", and the queue retries it. A violated
  // node is not an error: it is a decision, and is applied.
  Result<Requeue> reconcile(const NodeName& name, std::stop_token stop);

 private:
  std::optional<NodeInputs> gather(const NodeName& name) const;
  Result<void> apply(const NodeInputs& in, const NodeDecision& decision, std::stop_token stop);
  void notice(const NodeName& name, const NodeUid& uid, const NodeDecision& decision);

  kube::Client& client_;
  const Caches& caches_;
  EarCache& ears_;
  kube::EventRecorder& events_;
  Metrics& metrics_;
  const Clock& clock_;
  VerdictChanged verdict_changed_;
  Mutex mutex_;
  // Which classes each node held when it was looked at last, and as which Node.
  std::map<NodeName, std::map<PolicyName, std::pair<NodeUid, api::Verdict>>> last_
      GUARDED_BY(mutex_);
};

}  // namespace seaworthy::controller
