#include "verifier/pin.h"

#include <algorithm>

namespace seaworthy::verifier {
namespace {

std::string names(const std::vector<NodeName>& nodes) {
  std::string out;
  for (const NodeName& node : nodes) {
    out += (out.empty() ? "'" : ", '") + node.str() + "'";
  }
  return out;
}

std::string delete_hint(const NodeName& node) {
  return "If that is meant, delete the record first: kubectl delete nodeattestation " + node.str();
}

}  // namespace

PinDecision decide_pin(const PinQuestion& q) {
  using Kind = PinDecision::Kind;
  if (!q.others.empty()) {
    return {Kind::kRefuse, "DuplicateTpm",
            "the TPM of node '" + q.node.str() + "' is claimed by node " + names(q.others) +
                " too: one of them is a clone, or relays to the other's TPM. " +
                delete_hint(q.others.front()),
            q.others};
  }
  if (!q.record.ek_hash.empty() && q.record.ek_hash != q.ek_hash) {
    return {Kind::kRefuse,
            "EkNotPinned",
            "node '" + q.node.str() + "' is pinned to TPM " + q.record.ek_hash + ", and shows " +
                q.ek_hash + ". " + delete_hint(q.node),
            {}};
  }
  const bool enrolled = q.record.identity && q.record.identity->node_uid == q.node_uid;
  if (enrolled && q.record.identity->ek_hash != q.ek_hash) {
    return {Kind::kRefuse,
            "EkChanged",
            "node '" + q.node.str() + "' enrolled with TPM " + q.record.identity->ek_hash +
                ", and shows " + q.ek_hash + ". " + delete_hint(q.node),
            {}};
  }
  if (enrolled && q.record.identity->ak_name != q.ak_name) {
    return {Kind::kRefuse,
            "AkChanged",
            "node '" + q.node.str() + "' enrolled another attestation key of the same TPM. " +
                delete_hint(q.node),
            {}};
  }
  if (!q.record.ek_hash.empty()) {
    return {Kind::kKeep, "Enrolled", "", {}};
  }
  switch (q.rule) {
    case api::EnrolmentRule::kCertifiedTpm:
      return {Kind::kPin, "Enrolled", "", {}};
    case api::EnrolmentRule::kManual:
      return {Kind::kWait,
              "PendingApproval",
              "TPM " + q.ek_hash + " waits for approval: kubectl seaworthy approve " +
                  q.node.str() + " --ek-hash " + q.ek_hash,
              {}};
    case api::EnrolmentRule::kInventory:
      break;
  }
  return {Kind::kWait,
          "NotInInventory",
          "TPM " + q.ek_hash + " is not listed for node '" + q.node.str() +
              "'. To list it: kubectl seaworthy approve " + q.node.str() + " --ek-hash " +
              q.ek_hash,
          {}};
}

api::EnrolmentRule strictest_rule(const PolicyViews& policies) {
  api::EnrolmentRule strictest = api::EnrolmentRule::kCertifiedTpm;
  for (const auto& view : policies) {
    strictest = std::min(strictest, view->policy.identity.enrolment);
  }
  return strictest;
}

}  // namespace seaworthy::verifier
