#include "admission/decide.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "admission/placement.h"
#include "admission/standing.h"

namespace seaworthy::admission {
namespace {

using api::EnforcementMode;

// One policy that objects.
struct Objection {
  const PolicyView* policy;
  Standing standing;
};

Decision allowed(const api::AdmissionRequest& request, Reason reason, NodeName node = {}) {
  Decision out;
  out.response.uid = request.uid;
  out.response.allowed = true;
  out.response.code = 200;
  out.outcome = Outcome::kAllowed;
  out.reason = reason;
  out.node = std::move(node);
  return out;
}

// What is said in the first line is repeated nowhere; the lines below it are for who wants to know
// more.
std::string more(const NodeName& node) {
  return node.empty() ? std::string()
                      : "\n  more: kubectl seaworthy explain node " + node.str().substr(0, 253);
}

// The answer in the given mode to something that is wrong.
Decision object(const api::AdmissionRequest& request, EnforcementMode mode, Reason reason,
                NodeName node, std::string message) {
  Decision out;
  out.response.uid = request.uid;
  out.reason = reason;
  out.node = std::move(node);
  message = std::string(name(reason)) + ": " + std::move(message);
  switch (mode) {
    case EnforcementMode::kEnforce:
      out.outcome = Outcome::kDenied;
      out.response.allowed = false;
      // "Could not find out" may be asked again; the rest is an answer.
      out.response.code = reason == Reason::kSnapshotTooOld ? 503 : 403;
      out.response.reason = reason == Reason::kSnapshotTooOld ? "ServiceUnavailable" : "Forbidden";
      out.response.message = std::move(message);
      break;
    case EnforcementMode::kWarn:
      out.outcome = Outcome::kWarned;
      out.response.allowed = true;
      out.response.code = 200;
      // One line: clients show warnings one by one, and few of their bytes.
      out.response.warnings.push_back("seaworthy would deny this: " +
                                      message.substr(0, message.find('\n')));
      out.response.audit_annotations["would-deny"] = std::move(message);
      break;
    case EnforcementMode::kAudit:
    case EnforcementMode::kDryRun:  // governs no namespace, so nobody asks about it
      out.outcome = Outcome::kAudited;
      out.response.allowed = true;
      out.response.code = 200;
      out.response.audit_annotations["would-deny"] = std::move(message);
      break;
  }
  return out;
}

// Of at least one. The enumeration is in the order of strictness.
const PolicyView& strictest(const Snapshot::Policies& policies) {
  return **std::min_element(policies.begin(), policies.end(),
                            [](const auto& a, const auto& b) { return a->mode < b->mode; });
}

// The answer of one policy.
Decision object(const api::AdmissionRequest& request, const PolicyView& policy, Reason reason,
                NodeName node, std::string message) {
  Decision out = object(request, policy.mode, reason, std::move(node), std::move(message));
  out.policy = policy.name;
  return out;
}

void append_objection(std::string& message, const Objection& objection) {
  message += "\n  policy " + objection.policy->name.str() + ": " +
             std::string(name(objection.standing.reason)) + ": " + objection.standing.detail;
  if (objection.standing.verdict == nullptr) {
    return;
  }
  for (const api::FindingView& finding : objection.standing.verdict->findings) {
    message += "\n    " + finding.reason;
    message += finding.about.empty() ? "" : " " + finding.about;
    message += finding.message.empty() ? "" : ": " + finding.message;
  }
}

// "node n1 does not hold class production, which namespace payments needs: …"
std::string objection_text(const api::AdmissionRequest& request, const Placement& placement,
                           const std::vector<Objection>& objections) {
  const Objection& first = objections.front();
  std::string out = "node " + placement.node.str().substr(0, 253) + " does not hold class " +
                    first.policy->name.str() + ", which namespace " + request.namespace_.str() +
                    " needs: ";
  const auto* verdict = first.standing.verdict;
  if (first.standing.reason == Reason::kViolated && !verdict->findings.empty()) {
    const api::FindingView& finding = verdict->findings.front();
    out += finding.reason + (finding.about.empty() ? "" : " " + finding.about);
  } else {
    out += first.standing.detail;
  }
  if (placement.mirror) {
    out +=
        "\n  this is the mirror of a static pod: denying it hides the pod and does not stop it; "
        "remove its manifest from the node";
  }
  for (const Objection& objection : objections) {
    append_objection(out, objection);
  }
  return out + more(placement.node);
}

Decision judge_node(const api::AdmissionRequest& request, const Placement& placement,
                    const Snapshot& snapshot, const Snapshot::Policies& governing, Time now) {
  std::vector<Objection> objections;
  for (const auto& policy : governing) {
    Standing one = standing(snapshot, placement.node, *policy, now);
    if (!one.trusted()) {
      objections.push_back({policy.get(), std::move(one)});
    }
  }
  if (objections.empty()) {
    return allowed(request, Reason::kTrusted, placement.node);
  }
  // The strictest first: it decides the answer.
  std::stable_sort(objections.begin(), objections.end(),
                   [](const auto& a, const auto& b) { return a.policy->mode < b.policy->mode; });
  return object(request, *objections.front().policy, objections.front().standing.reason,
                placement.node, objection_text(request, placement, objections));
}

}  // namespace

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllowed:
      return "allowed";
    case Outcome::kDenied:
      return "denied";
    case Outcome::kWarned:
      return "warned";
    case Outcome::kAudited:
      return "audited";
  }
  return "denied";
}

Decision decide(const api::AdmissionRequest& request, const Snapshot& snapshot,
                const Moment& moment) {
  Placement placement = read_placement(request);
  // Harmless anywhere, whatever we know.
  if (placement.kind == Placement::Kind::kNone) {
    return allowed(request, placement.reason);
  }
  const Snapshot::Policies& governing = snapshot.governing(request.namespace_);
  if (moment.snapshot_age > moment.max_snapshot_age) {
    std::string message = "the webhook was cut off from the API server " +
                          std::to_string(moment.snapshot_age.count() / 1000) +
                          " s ago and cannot know whether the node is still trusted; try again"
                          "\n  more: kubectl seaworthy doctor";
    // That no policy governs the namespace may be what we have not heard of: the API server asks us
    // about governed namespaces only.
    return governing.empty() ? object(request, EnforcementMode::kEnforce, Reason::kSnapshotTooOld,
                                      placement.node, std::move(message))
                             : object(request, strictest(governing), Reason::kSnapshotTooOld,
                                      placement.node, std::move(message));
  }
  if (governing.empty()) {
    return allowed(request, Reason::kNotGoverned, placement.node);
  }
  if (placement.kind == Placement::Kind::kRefused) {
    const PolicyView& policy = strictest(governing);
    return object(request, policy, placement.reason, placement.node,
                  "in namespace " + request.namespace_.str() + ", which policy " +
                      policy.name.str() + " governs: " + placement.detail);
  }
  return judge_node(request, placement, snapshot, governing, moment.now);
}

}  // namespace seaworthy::admission
