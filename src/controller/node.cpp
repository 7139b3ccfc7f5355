#include "controller/node.h"

#include <algorithm>

namespace seaworthy::controller {
namespace {

using api::Verdict;
using codec::Json;

constexpr const char* kEventAction = "Appraised";

// "NodeTrusted", "NodeViolated", …: reasons of Events that people filter by.
std::string event_reason(Verdict verdict) {
  return "Node" + std::string(api::name(verdict));
}

}  // namespace

NodeReconciler::NodeReconciler(kube::Client& client, const Caches& caches, EarCache& ears,
                               kube::EventRecorder& events, Metrics& metrics, const Clock& clock,
                               VerdictChanged verdict_changed)
    : client_(client),
      caches_(caches),
      ears_(ears),
      events_(events),
      metrics_(metrics),
      clock_(clock),
      verdict_changed_(std::move(verdict_changed)) {}

std::optional<NodeInputs> NodeReconciler::gather(const NodeName& name) const {
  const auto node = caches_.nodes.find(name.str());
  if (!node || !node->value || node->value->meta.deleting) {
    return std::nullopt;
  }
  NodeInputs in;
  in.node = *node->value;
  if (const auto attestation = caches_.attestations.find(name.str());
      attestation && attestation->value) {
    in.attestation = *attestation->value;
  }
  const auto policies = caches_.policies.snapshot();
  for (const auto& [unused, policy] : *policies) {
    if (policy->value) {
      in.policies.push_back(*policy->value);
    }
  }
  in.keys = caches_.keys();
  if (in.attestation) {
    in.ears = ears_.ears(*in.attestation, *in.keys, clock_.now());
  }
  return in;
}

Result<Requeue> NodeReconciler::reconcile(const NodeName& name, std::stop_token stop) {
  const auto in = gather(name);  // all the reading, and only that
  if (!in) {                     // owner references clean up what was about it
    ears_.forget(name);
    notice(name, NodeUid(), {});
    return Requeue::never();
  }
  const NodeDecision decision = decide(*in, clock_.now());  // all the judgement; pure
  notice(name, in->node.uid(), decision);
  TRY(apply(*in, decision, std::move(stop)));  // all the writing; nothing if nothing differs
  // Verdicts expire without any event, so ask to be woken for it.
  return Requeue::at(decision.next_check);
}

Result<void> NodeReconciler::apply(const NodeInputs& in, const NodeDecision& decision,
                                   std::stop_token stop) {
  const auto call = [&] { return kube::call_within(clock_, kube::kUsualCallTime, stop); };
  // Label and taint first: they act; verdicts in status only inform.
  if (const auto patch = node_patch(in.node, decision)) {
    metrics_.write(kube::kNodes.plural);
    auto done =
        client_.patch(kube::kNodes, kube::cluster_key(in.node.meta.name), kube::PatchType::kMerge,
                      *patch, {.field_manager = kFieldManager}, call());
    if (!done && done.error().code() != ErrorCode::kNotFound) {
      return std::move(done).error();
    }
  }
  if (decision.write_verdicts) {
    Json patch = api::controller_status_patch(in.node.name(), decision.verdicts);
    patch["metadata"]["uid"] = in.attestation->meta.uid;
    patch["metadata"]["resourceVersion"] = in.attestation->meta.resource_version.str();
    metrics_.write(kube::kNodeAttestations.plural);
    auto done = kube::apply_status(client_, kube::kNodeAttestations, patch, kFieldManager, call());
    if (!done && done.error().code() != ErrorCode::kNotFound) {
      return std::move(done).error();
    }
    // Only what was recorded is told, so that a retry does not tell it again.
    for (const NodeDecision::Change& change : decision.changes) {
      const bool bad =
          change.now.verdict == Verdict::kViolated || change.before == Verdict::kTrusted;
      events_.record({.regarding = kube::reference_to(
                          kube::kNodes, kube::cluster_key(in.node.meta.name), in.node.meta.uid),
                      .type = bad ? kube::EventType::kWarning : kube::EventType::kNormal,
                      .reason = event_reason(change.now.verdict),
                      .action = kEventAction,
                      .note = "policy " + change.policy.str() + ": " +
                              std::string(api::name(change.before)) + " → " +
                              std::string(api::name(change.now.verdict)) + ": " +
                              change.now.reason + ": " + change.now.message +
                              ". See: kubectl seaworthy explain node " + in.node.meta.name});
    }
  }
  return {};
}

// Tells the policies whose picture of this node changed. What is told too often only costs a look.
void NodeReconciler::notice(const NodeName& name, const NodeUid& uid,
                            const NodeDecision& decision) {
  std::map<PolicyName, std::pair<NodeUid, Verdict>> next;
  for (const api::PolicyVerdict& verdict : decision.verdicts) {
    next[verdict.policy] = {uid, verdict.verdict};
  }
  std::map<PolicyName, std::pair<NodeUid, Verdict>> before;
  {
    MutexLock lock(mutex_);
    if (const auto at = last_.find(name); at != last_.end()) {
      before = at->second;
    }
    if (next.empty()) {
      last_.erase(name);
    } else {
      last_[name] = next;
    }
  }
  for (const auto& [policy, verdict] : next) {
    const auto at = before.find(policy);
    if (at == before.end() || at->second != verdict) {
      verdict_changed_(policy);
    }
  }
  for (const auto& [policy, unused] : before) {
    if (!next.contains(policy)) {
      verdict_changed_(policy);
    }
  }
}

}  // namespace seaworthy::controller
