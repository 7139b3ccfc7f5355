#include "admission/standing.h"

#include <algorithm>

namespace seaworthy::admission {
namespace {

// What one signed result says about a policy. In this order: is it to be believed, is it about this
// Node and policy, does it still hold, and only then what it says.
Standing by_result(const Snapshot& snapshot, const NodeView& node, const ResultView& result,
                   const PolicyView& policy, Time now) {
  const KeyView* key = snapshot.find_key(result.key_id);
  if (key == nullptr || key->verifier != result.verifier || key->not_after <= now) {
    return {Reason::kKeyNotTrusted, nullptr,
            "the result is signed with key " + result.key_id +
                ", which is not (or no longer) published for verifier " + result.verifier};
  }
  if (result.node_uid != node.uid) {
    return {Reason::kNodeReplaced, nullptr,
            "the result is about the Node with UID " + result.node_uid.str() + ", this one has " +
                node.uid.str() + ": it must enrol anew"};
  }
  const auto found =
      std::find_if(result.verdicts.begin(), result.verdicts.end(),
                   [&policy](const VerdictView& v) { return v.policy == policy.name; });
  if (found == result.verdicts.end() || found->verdict == api::Verdict::kUnknown) {
    return {Reason::kNeverAppraised, nullptr, "it was never appraised under this policy"};
  }
  const VerdictView& verdict = *found;
  if (verdict.policy_uid != policy.uid) {
    return {Reason::kPolicyReplaced, nullptr,
            "it was appraised under another policy of this name, which is gone"};
  }
  const Time expires = std::min(verdict.expires, result.expires);
  if (verdict.verdict == api::Verdict::kStale || expires <= now) {
    return {Reason::kStale, &verdict,
            std::string(verdict.verdict == api::Verdict::kViolated
                            ? "its last evidence contradicted the policy, and expired at "
                            : "its last good evidence expired at ") +
                expires.rfc3339() + ": is the agent running, and does it reach the operator?"};
  }
  if (verdict.verdict == api::Verdict::kViolated) {
    return {Reason::kViolated, &verdict, "its evidence contradicts the policy"};
  }
  return {Reason::kTrusted, &verdict, {}};
}

}  // namespace

Standing standing(const Snapshot& snapshot, const NodeName& name, const PolicyView& policy,
                  Time now) {
  if (!policy.broken.empty()) {
    return {Reason::kPolicyInvalid, nullptr, "the policy cannot be understood: " + policy.broken};
  }
  const NodeView* node = snapshot.find_node(name);
  if (node == nullptr || node->uid.empty()) {
    return {Reason::kNodeUnknown, nullptr, "there is no Node of that name"};
  }
  if (node->results.empty()) {
    return node->refused.empty()
               ? Standing{Reason::kNotAttested, nullptr, "it has not attested itself"}
               : Standing{Reason::kResultRefused, nullptr,
                          "its result is not to be believed: " + node->refused};
  }
  // One Violated outweighs any Trusted; otherwise one Trusted is enough. Of other standings the
  // first is told.
  Standing best;
  bool first = true;
  for (const ResultView& result : node->results) {
    Standing one = by_result(snapshot, *node, result, policy, now);
    if (one.reason == Reason::kViolated) {
      return one;
    }
    if (first || (one.trusted() && !best.trusted())) {
      best = std::move(one);
      first = false;
    }
  }
  return best;
}

}  // namespace seaworthy::admission
