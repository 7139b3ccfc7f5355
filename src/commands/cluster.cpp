#include "commands/cluster.h"

#include <algorithm>

namespace seaworthy::commands {
namespace {

Result<std::vector<codec::Json>> list(kube::Client& client, const kube::Resource& resource,
                                      const kube::Call& call) {
  auto items = kube::list_all(client, resource, {.namespace_ = "", .limit = 500}, call);
  if (!items && items.error().code() == ErrorCode::kNotFound && resource.group == "seaworthy.dev") {
    return not_found("Seaworthy is not installed in this cluster: its custom resource definition " +
                     std::string(resource.plural) +
                     ".seaworthy.dev is missing (kubectl apply -k manifests/)");
  }
  return items;
}

api::PolicyVerdict unknown(const std::string& policy, std::string reason, std::string message) {
  api::PolicyVerdict verdict;
  verdict.policy = PolicyName(policy);
  verdict.verdict = api::Verdict::kUnknown;
  verdict.reason = std::move(reason);
  verdict.message = std::move(message);
  return verdict;
}

api::PolicyVerdict never_appraised(const api::NodeAttestation* attestation, const std::string& node,
                                   const std::string& policy) {
  if (attestation == nullptr) {
    return unknown(policy, "NeverEnrolled",
                   "no agent on this node has enrolled; is the agent running there, and has the "
                   "node a TPM? (kubectl -n seaworthy-system get pods -o wide)");
  }
  for (const api::Condition& condition : attestation->conditions) {
    if (condition.status == api::ConditionStatus::kFalse) {
      return unknown(policy, condition.reason, condition.message);
    }
  }
  if (attestation->pending) {
    return unknown(policy, "PendingApproval",
                   "TPM " + attestation->pending->ek_hash +
                       " asks to enrol; approve it: kubectl seaworthy approve " + node);
  }
  return unknown(policy, "NeverAppraised",
                 "the node has enrolled but was not yet appraised under this policy");
}

}  // namespace

bool ReadPolicy::governs(const Namespace& asked) const {
  return std::find(namespaces.begin(), namespaces.end(), asked) != namespaces.end();
}

bool ReadPolicy::selects(const api::Node& node) const {
  return !policy || policy->nodes.matches(node.meta.labels);
}

api::EnforcementMode ReadPolicy::mode() const {
  return policy ? policy->mode : api::EnforcementMode::kEnforce;
}

std::string ReadPolicy::shown() const {
  const auto how = mode();
  return how == api::EnforcementMode::kDryRun ? name + " (" + std::string(api::name(how)) + ")"
                                              : name;
}

std::vector<const ReadPolicy*> Cluster::governing(const Namespace& name) const {
  std::vector<const ReadPolicy*> out;
  for (const ReadPolicy& policy : policies) {
    if (policy.governs(name)) {
      out.push_back(&policy);
    }
  }
  return out;
}

Result<Cluster> read_cluster(kube::Client& client, const kube::Call& call) {
  Cluster cluster;
  for (const codec::Json& object : TRY(list(client, kube::kAttestationPolicies, call))) {
    cluster.policies.push_back(
        {kube::key_of(object).name, api::parse_policy(object), api::governed_namespaces(object)});
  }
  std::sort(cluster.policies.begin(), cluster.policies.end(),
            [](const ReadPolicy& a, const ReadPolicy& b) { return a.name < b.name; });
  for (const codec::Json& object : TRY(list(client, kube::kNodes, call))) {
    api::Node node = TRY(api::parse_node(object));
    cluster.nodes.emplace(node.meta.name, std::move(node));
  }
  for (const codec::Json& object : TRY(list(client, kube::kNodeAttestations, call))) {
    auto attestation = api::parse_node_attestation(object);
    if (!attestation) {
      return std::move(attestation).error().in("nodeattestation " + kube::key_of(object).name);
    }
    std::string name = attestation->meta.name;
    cluster.attestations.emplace(std::move(name), *std::move(attestation));
  }
  return cluster;
}

api::PolicyVerdict verdict_now(const Cluster& cluster, const std::string& node,
                               const std::string& policy, Time now) {
  const auto found = cluster.attestations.find(node);
  const api::NodeAttestation* attestation =
      found == cluster.attestations.end() ? nullptr : &found->second;
  const api::PolicyVerdict* stated = nullptr;
  if (attestation != nullptr) {
    for (const api::PolicyVerdict& verdict : attestation->verdicts) {
      stated = verdict.policy.str() == policy ? &verdict : stated;
    }
  }
  if (stated == nullptr || stated->verdict == api::Verdict::kUnknown) {
    api::PolicyVerdict verdict = never_appraised(attestation, node, policy);
    if (stated != nullptr) {
      verdict.since = stated->since;
    }
    return verdict;
  }
  if (stated->expires && *stated->expires <= now) {
    api::PolicyVerdict stale = *stated;
    stale.verdict = api::Verdict::kStale;
    stale.reason = "Expired";
    stale.message =
        "the last evidence is older than the policy allows; is the agent on this node "
        "running, and does it reach the operator?";
    stale.since = *stated->expires;
    return stale;
  }
  return *stated;
}

}  // namespace seaworthy::commands
