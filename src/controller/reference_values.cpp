#include "controller/reference_values.h"

#include <algorithm>

#include "controller/node.h"
#include "kube/status.h"

namespace seaworthy::controller {
namespace {

using api::Condition;
using api::ConditionStatus;

// Who uses a set changes without the set: looked at again this often.
constexpr seconds kLookAgain{30};

// What the node's signed result under the policy says it booted; null: there is none for this Node.
const token::PolicyResult* result_of(const SetInputs::Node& node,
                                     const api::AttestationPolicy& policy) {
  if (!node.ears) {
    return nullptr;
  }
  for (const token::VerifiedEar& ear : *node.ears) {
    const token::PolicyResult* result = ear.find(policy.name());
    if (result != nullptr && ear.claims().node == node.name && ear.claims().node_uid == node.uid &&
        result->policy_uid == policy.meta.uid) {
      return result;
    }
  }
  return nullptr;
}

// Whether the node is Trusted, at this moment, by another set.
bool has_moved_on(const SetInputs& in, const SetInputs::Node& node,
                  const api::AttestationPolicy& policy, Time now) {
  static const Ears kNoEars;
  const token::PolicyResult* result = result_of(node, policy);
  return result != nullptr && !result->boot_set.empty() && result->boot_set != in.set.meta.name &&
         judge(version_of(policy), node.name, node.uid, node.ears ? *node.ears : kNoEars,
               in.keys->keys, nullptr, now)
                 .verdict == api::Verdict::kTrusted;
}

Condition in_force(const SetInputs& in, bool unused, Time now) {
  const api::ReferenceValueSet& set = in.set;
  Condition out{.type = api::kConditionInForce,
                .status = ConditionStatus::kFalse,
                .reason = "",
                .message = "",
                .last_transition = now,
                .observed_generation = set.meta.generation};
  if (set.not_before && now < *set.not_before) {
    out.reason = kSetNotYet;
    out.message = "counts from " + set.not_before->rfc3339();
  } else if (set.retire_after && now >= *set.retire_after) {
    out.reason = kSetWindowEnded;
    out.message = "retired since " + set.retire_after->rfc3339() +
                  ": nodes that boot it are Violated; put retireAfter off to bring it back";
  } else if (unused) {
    out.reason = kSetUnused;
    out.message = "retired before " + set.retire_after->rfc3339() +
                  ", because no node ran it any more; change spec to bring it back";
  } else {
    out.status = ConditionStatus::kTrue;
    out.reason = kSetInForce;
    out.message = set.retire_after ? "counts until " + set.retire_after->rfc3339() +
                                         ", or until no node runs it any more"
                                   : "counts";
  }
  return out;
}

const Condition* find(const std::vector<Condition>& conditions, const char* type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [type](const Condition& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

}  // namespace

SetDecision decide(const SetInputs& in, Time now) {
  const api::ReferenceValueSet& set = in.set;
  SetDecision out;
  // What was seen under another spec does not count: a change brings a set back.
  const Condition* before = find(set.conditions, api::kConditionInForce);
  if (before != nullptr && before->observed_generation == set.meta.generation) {
    out.use.first_used = set.use.first_used;
  }
  bool all_moved_on = !in.policies.empty();
  for (const SetInputs::Node& node : in.nodes) {
    bool uses = false;
    for (const api::AttestationPolicy& policy : in.policies) {
      if (!policy.nodes.matches(node.labels)) {
        continue;
      }
      const token::PolicyResult* result = result_of(node, policy);
      uses = uses || (result != nullptr && result->boot_set == set.meta.name);
      all_moved_on = all_moved_on && has_moved_on(in, node, policy, now);
    }
    if (uses) {
      ++out.use.nodes;
      if (out.use.names.size() < api::kMaxUsersShown) {
        out.use.names.push_back(node.name.str());
      }
    }
  }
  if (out.use.nodes > 0 && !out.use.first_used) {
    out.use.first_used = now;
  }
  // One that nobody has run yet is new, not old.
  const bool unused = set.found_unused() || (set.retire_after && out.use.first_used &&
                                             out.use.nodes == 0 && all_moved_on);
  out.in_force = in_force(in, unused, now);
  out.retired = {.type = api::kConditionRetired,
                 .status = unused ? ConditionStatus::kTrue : ConditionStatus::kFalse,
                 .reason = unused ? kSetUnused : kSetInUse,
                 .message = unused ? "no node runs it any more" : "not retired early",
                 .last_transition = now,
                 .observed_generation = set.meta.generation};
  const auto ahead = [now](const std::optional<Time>& time) {
    return time && *time > now ? time : std::nullopt;
  };
  out.next_check = earlier(ahead(set.not_before), ahead(set.retire_after));
  if (!in.policies.empty()) {
    out.next_check = earlier(out.next_check, now + kLookAgain);
  }
  return out;
}

SetInputs ReferenceValuesReconciler::gather(const api::ReferenceValueSet& set) const {
  SetInputs in{.set = set};
  in.keys = caches_.keys();
  const auto policies = caches_.policies.snapshot();
  for (const auto& [unused, policy] : *policies) {
    if (!policy->value || policy->value->dry_run()) {  // a dry run uses nothing and retires nothing
      continue;
    }
    const auto& names = policy->value->evidence.reference_values;
    if (std::find(names.begin(), names.end(), set.meta.name) != names.end()) {
      in.policies.push_back(*policy->value);
    }
  }
  if (in.policies.empty()) {
    return in;
  }
  const auto nodes = caches_.nodes.snapshot();
  for (const auto& [unused, node] : *nodes) {
    if (!node->value || node->value->meta.deleting) {
      continue;
    }
    SetInputs::Node view{
        .name = node->value->name(), .uid = node->value->uid(), .labels = node->value->meta.labels};
    if (const auto attestation = caches_.attestations.find(node->key.name);
        attestation && attestation->value) {
      view.ears = ears_.ears(*attestation->value, *in.keys, clock_.now());
    }
    in.nodes.push_back(std::move(view));
  }
  return in;
}

Result<Requeue> ReferenceValuesReconciler::reconcile(const std::string& name,
                                                     std::stop_token stop) {
  const auto cached = caches_.reference_values.find(name);
  if (!cached || !cached->value || cached->value->meta.deleting) {
    return Requeue::never();  // one that does not parse is the policies' condition to tell
  }
  const SetInputs in = gather(*cached->value);
  const SetDecision decision = decide(in, clock_.now());
  TRY(write(in.set, decision, std::move(stop)));
  return Requeue::at(decision.next_check);
}

Result<void> ReferenceValuesReconciler::write(const api::ReferenceValueSet& set,
                                              const SetDecision& decision, std::stop_token stop) {
  const Time now = clock_.now();
  std::vector<Condition> conditions = set.conditions;
  std::erase_if(conditions, [](const Condition& c) {
    return c.type != api::kConditionInForce && c.type != api::kConditionRetired;
  });
  const Condition* before = find(conditions, api::kConditionInForce);
  const bool turned = before != nullptr && before->status != decision.in_force.status;
  const bool changed = api::set_condition(conditions, decision.in_force, now);
  const bool retired = api::set_condition(conditions, decision.retired, now);
  if (!changed && !retired && decision.use == set.use) {
    return {};
  }
  codec::Json patch = api::reference_values_status_patch(set, decision.use, conditions);
  patch["metadata"]["uid"] = set.meta.uid;
  metrics_.write(kube::kReferenceValueSets.plural);
  auto done = kube::apply_status(client_, kube::kReferenceValueSets, patch, kFieldManager,
                                 kube::call_within(clock_, kube::kUsualCallTime, std::move(stop)));
  if (!done) {
    return done.error().code() == ErrorCode::kNotFound ? Result<void>() : std::move(done).error();
  }
  if (turned) {
    const bool on = decision.in_force.status == ConditionStatus::kTrue;
    events_.record({.regarding = kube::reference_to(kube::kReferenceValueSets,
                                                    kube::cluster_key(set.meta.name), set.meta.uid),
                    .type = kube::EventType::kNormal,
                    .reason = on ? "ReferenceValuesInForce" : "ReferenceValuesRetired",
                    .action = on ? "Opened" : "Closed",
                    .note = decision.in_force.message});
  }
  return {};
}

}  // namespace seaworthy::controller
