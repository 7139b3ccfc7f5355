#include "endpoint.h"

#include <algorithm>
#include <array>

#include "api/admission.h"
#include "telemetry/names.h"

namespace seaworthy::program {
namespace {

using admission::Outcome;

// A label from a set that we bound: the caller decides what is in a review.
std::string rule_of(const std::string& resource) {
  constexpr std::array<std::string_view, 3> kRules = {"pods", "pods/binding", "bindings"};
  return std::find(kRules.begin(), kRules.end(), resource) != kRules.end() ? resource : "other";
}

bool is_json(const http::Request& request) {
  const auto type = request.headers.get("Content-Type").value_or("");
  constexpr std::string_view kJson = "application/json";
  return type == kJson || (type.starts_with(kJson) && type.size() > kJson.size() &&
                           (type[kJson.size()] == ';' || type[kJson.size()] == ' '));
}

}  // namespace

Endpoint::Endpoint(Options options, const admission::Book& book, SnapshotAge age,
                   const Clock& clock, const telemetry::Log& log, telemetry::Metrics& metrics)
    : options_(options),
      book_(book),
      age_(std::move(age)),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      seconds_(metrics.histogram(telemetry::metric::kAdmissionSeconds,
                                 "From the whole request to its answer, without the network.",
                                 telemetry::fast_buckets())) {}

http::Response Endpoint::handle(const http::Request& request) const {
  const auto began = std::chrono::steady_clock::now();
  if (request.path() != "/validate") {
    return http::text_response(404, "only /validate is here");
  }
  if (request.method != "POST") {
    http::Response response = http::text_response(405, "an AdmissionReview is sent by POST");
    response.headers.set("Allow", "POST");
    return response;
  }
  if (options_.callers_must_show_a_certificate && request.peer_name.empty()) {
    return http::text_response(401, "show a client certificate under --client-ca-file");
  }
  if (!is_json(request)) {
    return http::text_response(415, "an AdmissionReview is application/json");
  }
  const auto snapshot = book_.snapshot();
  const auto reviewed = admission::review(
      request.body, *snapshot,
      {.now = clock_.now(), .snapshot_age = age_(), .max_snapshot_age = options_.max_snapshot_age});
  if (!reviewed) {
    log_.warning("not an AdmissionReview", {{telemetry::field::kError, reviewed.error()},
                                            {telemetry::field::kPeer, request.peer_address},
                                            {telemetry::field::kBytes, request.body.size()}});
    return http::text_response(400, reviewed.error().message());
  }
  count(*reviewed);
  tell(*reviewed);
  seconds_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return http::json_response(200, reviewed->body);
}

void Endpoint::count(const admission::Reviewed& reviewed) const {
  using namespace telemetry;
  const admission::Decision& decision = reviewed.decision;
  metrics_
      .counter(metric::kAdmissions, "Requests judged.",
               {{"rule", rule_of(reviewed.resource)},
                {"outcome", std::string(name(decision.outcome))},
                {"reason", std::string(name(decision.reason))}})
      .add();
  if (decision.outcome == Outcome::kWarned || decision.outcome == Outcome::kAudited) {
    metrics_
        .counter(metric::kPolicyWouldDeny, "Requests that would have been denied under Enforce.",
                 {{"policy", decision.policy.str()},
                  {"mode", decision.outcome == Outcome::kWarned ? "Warn" : "Audit"}})
        .add();
  }
}

void Endpoint::tell(const admission::Reviewed& reviewed) const {
  const admission::Decision& decision = reviewed.decision;
  const auto level =
      decision.outcome == Outcome::kAllowed ? telemetry::Level::kDebug : telemetry::Level::kInfo;
  if (!log_.enabled(level)) {
    return;
  }
  log_.write(level, "judged",
             {{telemetry::field::kOutcome, name(decision.outcome)},
              {telemetry::field::kReason, name(decision.reason)},
              {telemetry::field::kNode, decision.node.str()},
              {telemetry::field::kPolicy, decision.policy.str()},
              {telemetry::field::kNamespace, reviewed.namespace_},
              {telemetry::field::kPod, reviewed.name},
              {telemetry::field::kKind, reviewed.resource},
              {telemetry::field::kUser, reviewed.user},
              {telemetry::field::kUid, decision.response.uid}});
}

}  // namespace seaworthy::program
