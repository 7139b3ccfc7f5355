#include "controller/policy.h"

#include <algorithm>

#include "controller/node.h"

namespace seaworthy::controller {
namespace {

using codec::Json;

// Whether everything that `wanted` says is in `live` too.
bool includes(const Json& live, const Json& wanted) {
  if (wanted.is_object()) {
    return live.is_object() &&
           std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& item) {
             const auto at = live.find(item.key());
             return at != live.end() && includes(*at, item.value());
           });
  }
  if (wanted.is_array()) {
    return live.is_array() && live.size() == wanted.size() &&
           std::equal(live.begin(), live.end(), wanted.begin(), includes);
  }
  return live == wanted;
}

std::vector<api::Condition> conditions_in(const Json& raw) {
  const auto root = codec::Fields::of(raw, "");
  if (root) {
    auto fields = *root;
    if (auto status = fields.maybe_object("status"); status && *status) {
      if (auto conditions = api::parse_conditions(**status)) {
        return *std::move(conditions);
      }
    }
  }
  return {};
}

}  // namespace

PolicyReconciler::PolicyReconciler(kube::Client& client, const Caches& caches, EarCache& ears,
                                   OwnedObjects& owned, kube::EventRecorder& events,
                                   Metrics& metrics, Options options, const Clock& clock)
    : client_(client),
      caches_(caches),
      ears_(ears),
      owned_(owned),
      events_(events),
      metrics_(metrics),
      options_(std::move(options)),
      clock_(clock) {}

std::optional<PolicyInputs> PolicyReconciler::gather(const PolicyName& name) const {
  const auto policy = caches_.policies.find(name.str());
  if (!policy) {
    return std::nullopt;
  }
  PolicyInputs in{.policy = policy->value, .raw = policy->raw};
  in.keys = caches_.keys();
  const auto nodes = caches_.nodes.snapshot();
  for (const auto& [unused, node] : *nodes) {
    if (!node->value || node->value->meta.deleting) {
      continue;
    }
    PolicyInputs::NodeView view{
        .name = node->value->name(), .uid = node->value->uid(), .labels = node->value->meta.labels};
    if (const auto attestation = caches_.attestations.find(node->key.name);
        attestation && attestation->value) {
      view.ears = ears_.ears(*attestation->value, *in.keys, clock_.now());
      const auto& identity = attestation->value->identity;
      for (const api::PolicyVerdict& verdict : attestation->value->verdicts) {
        if (verdict.policy == name && identity && identity->node_uid == view.uid) {
          view.before = verdict;
        }
      }
    }
    in.nodes.push_back(std::move(view));
  }
  const auto sets = caches_.reference_values.snapshot();
  for (const auto& [key, set] : *sets) {
    in.sets[key.name] = !set->value                    ? SetState::kInvalid
                        : set->value->describes_boot() ? SetState::kDescribesBoot
                                                       : SetState::kFilesOnly;
  }
  const auto maps = caches_.config_maps.snapshot();
  for (const auto& [key, map] : *maps) {
    if (map->value) {
      for (const auto& [data_key, unused] : map->value->data) {
        in.config_map_keys[key.name].push_back(data_key);
      }
    }
  }
  if (const auto ca =
          caches_.config_maps.find(kube::ObjectKey{api::kSystemNamespace, kCaConfigMap});
      ca && ca->value) {
    const auto bundle = ca->value->data.find(kCaKey);
    in.ca_bundle_pem = bundle != ca->value->data.end() ? bundle->second : "";
  }
  return in;
}

Result<Requeue> PolicyReconciler::reconcile(const PolicyName& name, std::stop_token stop) {
  const auto in = gather(name);
  if (!in) {
    metrics_.policy_gone(name);
    TRY(remove_all(name, std::move(stop)));
    return Requeue::never();
  }
  const PolicyDecision decision = decide(*in, clock_.now());
  if (decision.abandoned) {
    TRY(remove_abandoned(*in, std::move(stop)));
    return Requeue::never();
  }
  if (decision.in_force.mode == api::EnforcementMode::kDryRun) {
    metrics_.policy_gone(name);  // nobody is to be woken by a dry run
  } else {
    metrics_.nodes(name, decision.counts);
  }
  TRY(apply(*in, decision, std::move(stop)));
  return Requeue::at(decision.next_check);
}

Result<void> PolicyReconciler::apply(const PolicyInputs& in, const PolicyDecision& decision,
                                     std::stop_token stop) {
  const bool has_class = decision.in_force.mode != api::EnforcementMode::kDryRun;
  // The class first: what refers to it must find it, and losing a class must not wait for the rest.
  if (has_class) {
    TRY(owned_.ensure(kube::kAttestationClasses,
                      attestation_class(decision.in_force, decision.members), call(stop)));
  }

  WebhookAddress address = options_.webhook;
  address.ca_bundle_pem = in.ca_bundle_pem;
  const auto wanted = generated(decision.in_force, address, options_.steering_supported);
  for (const Generated& object : wanted) {
    if (TRY(owned_.ensure(object.resource, object.object, call(stop))) ==
        OwnedObjects::Done::kRepaired) {
      events_.record(
          {.regarding = kube::reference_to(kube::kAttestationPolicies,
                                           kube::cluster_key(decision.in_force.name.str()),
                                           decision.in_force.uid),
           .type = kube::EventType::kWarning,
           .reason = "EnforcementRepaired",
           .action = "Repaired",
           .note = std::string(object.resource.kind) + " " + kube::key_of(object.object).name +
                   " had been changed or removed by somebody else; it was put back"});
    }
  }
  for (const auto& possible : all_generated(decision.in_force.name)) {
    // Not a structured binding: clang 14 lets no lambda see one.
    const kube::Resource& resource = possible.first;
    const kube::ObjectKey& key = possible.second;
    const bool keep =
        (has_class && resource.plural == kube::kAttestationClasses.plural) ||
        std::any_of(wanted.begin(), wanted.end(),
                    [&](const Generated& object) {
                      return object.resource.plural == resource.plural &&
                             kube::key_of(object.object) == key;
                    }) ||
        // Without a CA at this moment the configuration that stands is better than none.
        (resource.plural == kube::kValidatingWebhookConfigurations.plural &&
         in.ca_bundle_pem.empty() && !decision.in_force.namespaces.empty());
    if (!keep) {
      TRY(owned_.remove(resource, key, call(stop)));
    }
  }
  return write_status(in, decision, call(stop));
}

Result<void> PolicyReconciler::write_status(const PolicyInputs& in, const PolicyDecision& decision,
                                            const kube::Call& call) {
  api::AttestationPolicy policy;
  auto root = TRY(codec::Fields::of(in.raw, ""));
  policy.meta = TRY(api::parse_meta(root));
  std::vector<api::Condition> conditions = conditions_in(in.raw);
  std::erase_if(conditions, [](const api::Condition& c) { return c.type != kConditionReady; });
  api::Condition ready = decision.ready;
  ready.observed_generation = policy.meta.generation;
  api::set_condition(conditions, std::move(ready), clock_.now());
  Json patch = api::policy_status_patch(policy, decision.counts, conditions);
  const auto live = in.raw.find("status");
  if (live != in.raw.end() && includes(*live, patch["status"])) {
    return {};
  }
  patch["metadata"]["uid"] = policy.meta.uid;
  metrics_.write(kube::kAttestationPolicies.plural);
  auto done = kube::apply_status(client_, kube::kAttestationPolicies, patch, kFieldManager, call);
  if (!done && done.error().code() != ErrorCode::kNotFound) {
    return std::move(done).error();
  }
  return {};
}

// Bound to the version that was judged: somebody may be putting it into force. The reference value
// sets of the question are owned by its policies and go with them.
Result<void> PolicyReconciler::remove_abandoned(const PolicyInputs& in, std::stop_token stop) {
  metrics_.write(kube::kAttestationPolicies.plural);
  auto done = client_.delete_(
      kube::kAttestationPolicies, kube::key_of(in.raw),
      {.uid = kube::uid_of(in.raw), .resource_version = kube::resource_version_of(in.raw)},
      call(std::move(stop)));
  if (!done && done.error().code() != ErrorCode::kNotFound) {
    return std::move(done).error();
  }
  return {};
}

// The garbage collector would do it too, in its own order and time: until then a floor whose class
// is gone refuses everything.
Result<void> PolicyReconciler::remove_all(const PolicyName& name, std::stop_token stop) {
  for (const auto& [resource, key] : all_generated(name)) {
    TRY(owned_.remove(resource, key, call(stop)));
  }
  return {};
}

}  // namespace seaworthy::controller
