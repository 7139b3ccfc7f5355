#include "verifier/context.h"

namespace seaworthy::verifier {

void warn(Context& context, const NodeName& node, const NodeUid& uid, const std::string& reason,
          const std::string& action, const std::string& note) {
  context.events.record(
      {.regarding = kube::reference_to(kube::kNodes, kube::cluster_key(node.str()), uid.str()),
       .type = kube::EventType::kWarning,
       .reason = reason,
       .action = action,
       .note = note});
}

void warn(Context& context, const NodeName& node, const NodeUid& uid, const std::string& reason,
          const std::string& action, const verify::Findings& findings) {
  context.events.record(
      {.regarding = kube::reference_to(kube::kNodes, kube::cluster_key(node.str()), uid.str()),
       .type = kube::EventType::kWarning,
       .reason = reason,
       .action = action,
       .note = sentence(shown(findings)),
       .topic = findings.empty() ? "" : std::string(verify::name(findings.front().reason))});
}

Refusal refusal(int status, std::string code, std::string message,
                std::vector<api::FindingView> findings) {
  return {status, {std::move(code), std::move(message), std::move(findings)}};
}

Refusal refusal_for(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kMalformed:
    case ErrorCode::kUnsupported:
      return refusal(400, "BadRequest", error.message());
    case ErrorCode::kDenied:
      return refusal(403, "Refused", error.message());
    case ErrorCode::kNotFound:
      return refusal(404, "NotEnrolled", error.message());
    case ErrorCode::kConflict:
      return refusal(409, "Conflict", "somebody else wrote first; try again");
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadline:
    case ErrorCode::kCancelled:
      return refusal(503, "Unavailable", "the verifier cannot reach the API server; try again");
    case ErrorCode::kInternal:
      break;
  }
  return refusal(500, "Internal", "internal error; the operator's log has the details");
}

std::vector<api::FindingView> shown(const verify::Findings& findings) {
  std::vector<api::FindingView> out = verify::views(findings);
  if (out.size() > api::kMaxFindingsShown) {
    out.resize(api::kMaxFindingsShown);
  }
  return out;
}

std::string sentence(const std::vector<api::FindingView>& findings) {
  std::string out;
  for (const api::FindingView& finding : findings) {
    out += (out.empty() ? "" : "; ") + finding.reason +
           (finding.about.empty() ? "" : " (" + finding.about + ")") + ": " + finding.message;
  }
  return out;
}

}  // namespace seaworthy::verifier
