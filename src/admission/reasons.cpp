#include "admission/reasons.h"

namespace seaworthy::admission {

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::kTrusted:
      return "Trusted";
    case Reason::kNotGoverned:
      return "NotGoverned";
    case Reason::kNotPlaced:
      return "NotPlaced";
    case Reason::kNotPlacement:
      return "NotPlacement";
    case Reason::kNodeUnknown:
      return "NodeUnknown";
    case Reason::kNotAttested:
      return "NotAttested";
    case Reason::kResultRefused:
      return "ResultRefused";
    case Reason::kKeyNotTrusted:
      return "KeyNotTrusted";
    case Reason::kNodeReplaced:
      return "NodeReplaced";
    case Reason::kNeverAppraised:
      return "NeverAppraised";
    case Reason::kPolicyReplaced:
      return "PolicyReplaced";
    case Reason::kViolated:
      return "Violated";
    case Reason::kStale:
      return "Stale";
    case Reason::kPolicyInvalid:
      return "PolicyInvalid";
    case Reason::kBindingWithoutUid:
      return "BindingWithoutUID";
    case Reason::kLegacyBinding:
      return "LegacyBinding";
    case Reason::kBindingMetadata:
      return "BindingMetadata";
    case Reason::kBindingTarget:
      return "BindingTarget";
    case Reason::kMalformedObject:
      return "MalformedObject";
    case Reason::kUnexpectedRequest:
      return "UnexpectedRequest";
    case Reason::kSnapshotTooOld:
      return "SnapshotTooOld";
  }
  return "UnexpectedRequest";
}

}  // namespace seaworthy::admission
