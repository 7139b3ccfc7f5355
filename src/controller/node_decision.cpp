#include <algorithm>

#include "controller/node.h"

namespace seaworthy::controller {
namespace {

using api::PolicyVerdict;
using api::Verdict;
using codec::Json;

constexpr const char* kNoSchedule = "NoSchedule";

const PolicyVerdict* verdict_of(const std::vector<PolicyVerdict>& verdicts,
                                const PolicyName& policy) {
  const auto at = std::find_if(verdicts.begin(), verdicts.end(),
                               [&](const PolicyVerdict& v) { return v.policy == policy; });
  return at == verdicts.end() ? nullptr : &*at;
}

// Whether two lists say the same to a reader of status. When a Trusted expires moves with every
// result; it is written only when the time shown has come, so that objects are written on change
// and not at the rate of attestation.
bool shown_alike(const std::vector<PolicyVerdict>& shown, const std::vector<PolicyVerdict>& now_is,
                 Time now) {
  if (shown.size() != now_is.size()) {
    return false;
  }
  for (const PolicyVerdict& next : now_is) {
    const PolicyVerdict* before = verdict_of(shown, next.policy);
    if (before == nullptr || before->expires.has_value() != next.expires.has_value() ||
        (before->expires && *before->expires <= now)) {
      return false;
    }
    PolicyVerdict same_expiry = next;
    same_expiry.expires = before->expires;
    if (api::to_json(*before) != api::to_json(same_expiry)) {  // as written: cut to its limits
      return false;
    }
  }
  return true;
}

// What to do to the node's labels of our prefix so that they are exactly `wanted`.
std::map<std::string, std::optional<std::string>> label_changes(
    const std::map<std::string, std::string>& labels,
    const std::map<std::string, std::string>& wanted) {
  std::map<std::string, std::optional<std::string>> out;
  for (const auto& [key, value] : labels) {
    if (key.starts_with(api::kLabelPrefix) && !wanted.contains(key)) {
      out[key] = std::nullopt;  // whoever set it: only we say who is trusted
    }
  }
  for (const auto& [key, value] : wanted) {
    const auto at = labels.find(key);
    if (at == labels.end() || at->second != value) {
      out[key] = value;
    }
  }
  return out;
}

bool is_ours(const Json& taint) {
  return taint.is_object() && taint.value("key", Json()) == api::kTaintKey;
}

// The list with or without our taint; everything else stays as it is and where it is.
std::optional<Json> taint_changes(const api::Node& node, bool tainted) {
  const Json before = node.raw_taints.is_array() ? node.raw_taints : Json::array();
  Json after = Json::array();
  bool there = false;
  for (const Json& taint : before) {
    const bool right = is_ours(taint) && taint.value("effect", Json()) == kNoSchedule;
    if (!is_ours(taint) || (tainted && right && !there)) {
      after.push_back(taint);
    }
    there = there || right;
  }
  if (tainted && !there) {
    after.push_back({{"key", api::kTaintKey}, {"effect", kNoSchedule}});
  }
  return after == before ? std::nullopt : std::optional(after);
}

}  // namespace

NodeDecision decide(const NodeInputs& in, Time now) {
  static const std::vector<PolicyVerdict> kNone;
  static const Ears kNoEars;
  const auto& shown = in.attestation ? in.attestation->verdicts : kNone;
  // Verdicts of an earlier Node of this name are no history of this one.
  const bool same_node = in.attestation && in.attestation->identity &&
                         in.attestation->identity->node_uid == in.node.uid();
  NodeDecision out;
  std::map<std::string, std::string> labels;
  bool selected = false;
  bool holds_one = false;
  for (const api::AttestationPolicy& policy : in.policies) {
    if (!policy.nodes.matches(in.node.meta.labels)) {
      continue;
    }
    const PolicyVerdict* before = verdict_of(shown, policy.name());
    PolicyVerdict verdict =
        judge(version_of(policy), in.node.name(), in.node.uid(), in.ears ? *in.ears : kNoEars,
              in.keys->keys, same_node ? before : nullptr, now);
    if (!same_node && before != nullptr && before->verdict == verdict.verdict) {
      verdict.since = before->since;  // Unknown before, Unknown now: nothing began
    }
    const bool trusted = verdict.verdict == Verdict::kTrusted && !policy.dry_run();
    selected = selected || policy.mode == api::EnforcementMode::kEnforce;
    holds_one = holds_one || trusted;
    if (trusted) {
      labels[api::class_label(policy.name())] = api::kLabelTrusted;
    }
    const Verdict was = before != nullptr ? before->verdict : Verdict::kUnknown;
    if (was != verdict.verdict && !policy.dry_run()) {
      out.changes.push_back({policy.name(), was, verdict});
    }
    out.next_check = earlier(out.next_check, verdict.expires);
    if (before != nullptr && before->expires && *before->expires > now) {
      out.next_check = earlier(out.next_check, before->expires);
    }
    out.verdicts.push_back(std::move(verdict));
  }
  std::sort(out.verdicts.begin(), out.verdicts.end(),
            [](const auto& a, const auto& b) { return a.policy < b.policy; });
  out.write_verdicts = in.attestation && !shown_alike(shown, out.verdicts, now);
  out.labels = label_changes(in.node.meta.labels, labels);
  out.taints = taint_changes(in.node, selected && !holds_one);
  return out;
}

NodeDecision decide_nothing(const api::Node& node) {
  NodeDecision out;
  out.labels = label_changes(node.meta.labels, {});
  out.taints = taint_changes(node, false);
  return out;
}

std::optional<Json> node_patch(const api::Node& node, const NodeDecision& decision) {
  if (decision.labels.empty() && !decision.taints) {
    return std::nullopt;
  }
  Json out = {{"metadata",
               {{"uid", node.meta.uid}, {"resourceVersion", node.meta.resource_version.str()}}}};
  for (const auto& [key, value] : decision.labels) {
    out["metadata"]["labels"][key] = value ? Json(*value) : Json(nullptr);
  }
  if (decision.taints) {
    out["spec"]["taints"] = *decision.taints;
  }
  return out;
}

}  // namespace seaworthy::controller
