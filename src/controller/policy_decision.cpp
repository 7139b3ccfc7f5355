#include <algorithm>

#include "api/values.h"
#include "api/what_if.h"
#include "controller/policy.h"

namespace seaworthy::controller {
namespace {

using api::AttestationPolicy;
using api::ConditionStatus;

constexpr std::size_t kMaxRefusalBytes = 400;

struct Complaint {
  const char* reason;
  std::string message;
};

// Why the policy cannot be met by any node, however honest; the first thing found.
std::optional<Complaint> complaint(const AttestationPolicy& policy, const PolicyInputs& in) {
  const auto missing = [](const std::string& set) {
    return Complaint{
        kReferenceValueSetNotFound,
        "ReferenceValueSet " + set + " does not exist: no node can become Trusted before it does"};
  };
  for (const std::string& set : policy.evidence.reference_values) {
    const auto at = in.sets.find(set);
    if (at == in.sets.end()) {
      return missing(set);
    }
    if (at->second != SetState::kDescribesBoot) {
      return Complaint{kReferenceValueSetInvalid,
                       "ReferenceValueSet " + set +
                           (at->second == SetState::kInvalid
                                ? " does not parse"
                                : " is named in evidence.referenceValues and has neither "
                                  "spec.boot.pcrs nor spec.boot.applications")};
    }
  }
  for (const std::string& set : policy.evidence.runtime.reference_values) {
    const auto at = in.sets.find(set);
    if (at == in.sets.end()) {
      return missing(set);
    }
    if (at->second == SetState::kInvalid) {
      return Complaint{kReferenceValueSetInvalid, "ReferenceValueSet " + set + " does not parse"};
    }
  }
  std::vector<api::ConfigMapKey> sources(policy.identity.trust_anchors.begin(),
                                         policy.identity.trust_anchors.end());
  sources.insert(sources.end(), policy.identity.revocation_lists.begin(),
                 policy.identity.revocation_lists.end());
  for (const api::ConfigMapKey& source : sources) {
    const auto at = in.config_map_keys.find(source.name);
    if (at == in.config_map_keys.end() ||
        std::find(at->second.begin(), at->second.end(), source.key) == at->second.end()) {
      return Complaint{kTrustAnchorNotFound, "ConfigMap " + source.name + " in namespace " +
                                                 api::kSystemNamespace + " with key " + source.key +
                                                 " does not exist"};
    }
  }
  return std::nullopt;
}

void count(api::NodeCounts& counts, api::Verdict verdict) {
  ++counts.matched;
  switch (verdict) {
    case api::Verdict::kTrusted:
      ++counts.trusted;
      break;
    case api::Verdict::kViolated:
      ++counts.violated;
      break;
    case api::Verdict::kStale:
      ++counts.stale;
      break;
    case api::Verdict::kUnknown:
      ++counts.unknown;
      break;
  }
}

}  // namespace

std::string refusal(const api::PolicyVerdict& verdict) {
  std::string out = std::string(api::name(verdict.verdict)) + ": ";
  if (verdict.findings.empty()) {
    out += verdict.reason + (verdict.message.empty() ? "" : ", " + verdict.message);
  } else {
    const api::FindingView& first = verdict.findings.front();
    out += first.reason + (first.about.empty() ? "" : " " + first.about);
    out += first.message.empty() ? "" : ", " + first.message;
    out.erase(out.find_last_not_of('.') + 1);
    if (const std::size_t more = verdict.findings.size() - 1; more > 0) {
      out += "; and " + std::to_string(more) + (more == 1 ? " more finding" : " more findings");
    }
  }
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return api::cut(out, kMaxRefusalBytes);
}

PolicyDecision decide(const PolicyInputs& in, Time now) {
  static const Ears kNoEars;
  PolicyDecision out;
  out.in_force.name = PolicyName(kube::key_of(in.raw).name);
  out.in_force.uid = kube::uid_of(in.raw);
  out.in_force.namespaces = api::governed_namespaces(in.raw);
  out.in_force.mode = api::readable_mode(in.raw);
  if (const auto end = api::what_if_end(in.raw)) {
    out.abandoned = *end <= now;
    out.next_check = *end;
  }
  out.ready.type = kConditionReady;
  out.ready.status = ConditionStatus::kFalse;

  if (!in.policy) {
    out.ready.reason = kInvalidSpec;
    out.ready.message = in.policy.error().message() + ". Until it is corrected no node " +
                        (out.in_force.mode == api::EnforcementMode::kDryRun
                             ? "is judged under it"
                             : "holds the class; the namespaces it names stay governed");
    return out;
  }
  const AttestationPolicy& policy = *in.policy;
  out.ready.observed_generation = policy.meta.generation;
  for (const PolicyInputs::NodeView& node : in.nodes) {
    if (!policy.nodes.matches(node.labels)) {
      continue;
    }
    const auto verdict =
        judge(version_of(policy), node.name, node.uid, node.ears ? *node.ears : kNoEars,
              in.keys->keys, node.before ? &*node.before : nullptr, now);
    count(out.counts, verdict.verdict);
    if (verdict.verdict == api::Verdict::kTrusted) {
      out.members.holders[node.name] = node.uid;
    } else {
      out.members.refusals[node.name] = refusal(verdict);
    }
    out.next_check = earlier(out.next_check, verdict.expires);
  }
  if (auto why = complaint(policy, in)) {
    out.ready.reason = why->reason;
    out.ready.message = std::move(why->message);
  } else if (in.ca_bundle_pem.empty() && !policy.namespaces.empty()) {
    out.ready.reason = kCertificateMissing;
    out.ready.message = std::string("ConfigMap ") + kCaConfigMap +
                        " has no CA yet: the webhook is not configured, only the floor holds";
  } else {
    out.ready.status = ConditionStatus::kTrue;
    out.ready.reason = policy.dry_run() ? kDryRun : kReady;
    out.ready.message =
        policy.dry_run() ? "nodes are judged, and nothing follows from it" : "in force";
  }
  return out;
}

}  // namespace seaworthy::controller
