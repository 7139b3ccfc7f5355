#include "verifier/service.h"

#include <array>

#include "verifier/appraise.h"
#include "verifier/enrol.h"
#include "verifier/reading.h"

namespace seaworthy::verifier {
namespace {

constexpr std::chrono::milliseconds kAuthenticationTime{5'000};
constexpr std::chrono::seconds kRetryAfter{2};

http::Response error_response(const Refusal& refused) {
  http::Response response =
      http::json_response(refused.status, codec::to_json_text(api::to_json(refused.message)));
  if (refused.status == 429 || refused.status == 503) {
    response.retry_after = kRetryAfter;
  }
  return response;
}

// To a person, through the API server: as it would itself, so that kubectl shows the message.
http::Response status_response(const Refusal& refused) {
  return http::json_response(refused.status,
                             codec::to_json_text({{"apiVersion", "v1"},
                                                  {"kind", "Status"},
                                                  {"status", "Failure"},
                                                  {"code", refused.status},
                                                  {"reason", refused.message.code},
                                                  {"message", refused.message.message}}));
}

Refusal unauthenticated(const Error& error) {
  if (error.code() == ErrorCode::kDenied) {
    return refusal(401, "Unauthenticated", error.message());
  }
  return refusal_for(error);
}

// What a route made of a request.
struct Handled {
  http::Response response;
  std::string outcome;
};

template <class T>
Handled respond(Answer<T> answer, int ok_status, std::string outcome) {
  if (auto* refused = std::get_if<Refusal>(&answer)) {
    return {error_response(*refused), refused->message.code};
  }
  return {http::json_response(ok_status, codec::to_json_text(api::to_json(std::get<T>(answer)))),
          std::move(outcome)};
}

Handled bad_request(const Error& error) {
  const Refusal refused = refusal_for(error);
  return {error_response(refused), refused.message.code};
}

Handled enrol(Context& context, const Caller& caller, const http::Request& request,
              std::stop_token stop) {
  const auto parsed = api::parse_enrol_request(request.body);
  if (!parsed) {
    return bad_request(parsed.error());
  }
  return respond(begin_enrolment(context, caller, *parsed, std::move(stop)), 200, "Challenged");
}

Handled activate(Context& context, const Caller& caller, const http::Request& request,
                 std::stop_token stop) {
  const auto parsed = api::parse_activate_request(request.body);
  if (!parsed) {
    return bad_request(parsed.error());
  }
  auto answer = finish_enrolment(context, caller, *parsed, std::move(stop));
  const auto* activated = std::get_if<api::ActivateResponse>(&answer);
  const int status = activated != nullptr && !activated->challenge ? 202 : 200;
  std::string outcome = activated != nullptr ? activated->state : "";
  return respond(std::move(answer), status, std::move(outcome));
}

Handled challenge(Context& context, const Caller& caller, const http::Request&, std::stop_token) {
  return respond(begin_attestation(context, caller), 200, "Challenged");
}

Handled attest_route(Context& context, const Caller& caller, const http::Request& request,
                     std::stop_token stop) {
  const auto parsed = api::parse_attest_request(request.body);
  if (!parsed) {
    return bad_request(parsed.error());
  }
  auto answer = attest(context, caller, *parsed, std::move(stop));
  std::string outcome;
  if (const auto* response = std::get_if<api::AttestResponse>(&answer)) {
    outcome = response->outcome == api::AttestOutcome::kAppraised  ? "Appraised"
              : response->outcome == api::AttestOutcome::kNeedMore ? "NeedMore"
                                                                   : "Refused";
  }
  return respond(std::move(answer), 200, std::move(outcome));
}

struct Route {
  std::string_view path;
  std::string_view name;
  std::size_t max_body;
  Handled (*handle)(Context&, const Caller&, const http::Request&, std::stop_token);
};
constexpr std::array kRoutes = {
    Route{"/v1/enrol", "enrol", api::kMaxEnrolBody, &enrol},
    Route{"/v1/enrol/activate", "activate", api::kMaxEnrolBody, &activate},
    Route{"/v1/challenge", "challenge", 1024, &challenge},
    Route{"/v1/attest", "attest", api::kMaxAttestBody, &attest_route},
};

}  // namespace

http::Response Service::handle(const http::Request& request, std::stop_token stop) {
  std::string_view route = "other";
  std::string outcome;
  http::Response response;
  if (request.path() == api::kEvidencePath) {
    route = "evidence";
    response = answer_reader(request, std::move(stop), outcome);
  } else {
    response = answer(request, std::move(stop), route, outcome);
  }
  observer_(route, outcome);
  return response;
}

http::Response Service::answer(const http::Request& request, std::stop_token stop,
                               std::string_view& route, std::string& outcome) {
  const auto refuse = [&](const Refusal& refused) {
    outcome = refused.message.code;
    return error_response(refused);
  };
  if (const auto may = may_judge_(); !may) {
    return refuse(refusal(503, "ClockWrong", may.error().message()));
  }
  const Route* found = nullptr;
  for (const Route& candidate : kRoutes) {
    found = candidate.path == request.path() ? &candidate : found;
  }
  const Deadline deadline = context_.clock.monotonic() + kAuthenticationTime;
  const auto caller = callers_.authenticate(request, deadline, stop);
  if (!caller) {
    return refuse(unauthenticated(caller.error()));
  }
  if (found == nullptr) {
    return refuse(refusal(404, "NoSuchPath", "there is no such path; see docs/agent-protocol.md"));
  }
  route = found->name;
  if (request.method != "POST") {
    return refuse(refusal(405, "MethodNotAllowed", "use POST"));
  }
  if (!limit_.admit(caller->node_uid)) {
    return refuse(refusal(429, "TooManyRequests",
                          "node '" + caller->node.str() + "' sends more than it may"));
  }
  if (request.body.size() > found->max_body) {
    return refuse(
        refusal(413, "BodyTooLarge",
                "the limit for this path is " + std::to_string(found->max_body) + " bytes"));
  }
  Handled result = found->handle(context_, *caller, request, std::move(stop));
  outcome = std::move(result.outcome);
  return std::move(result.response);
}

http::Response Service::answer_reader(const http::Request& request, std::stop_token stop,
                                      std::string& outcome) {
  const auto refuse = [&](const Refusal& refused) {
    outcome = refused.message.code;
    return status_response(refused);
  };
  if (request.method != "POST") {
    return refuse(refusal(405, "MethodNotAllowed", "use POST"));
  }
  const auto parsed = api::parse_evidence_request(request.body);
  if (!parsed) {
    return refuse(refusal_for(parsed.error()));
  }
  const Deadline deadline = context_.clock.monotonic() + kAuthenticationTime;
  if (const auto may = readers_.authenticate(parsed->token, deadline, std::move(stop)); !may) {
    // Not 401: through the API server that would speak of the person's own credentials.
    const bool denied = may.error().code() == ErrorCode::kDenied;
    return refuse(denied ? refusal(403, "Unauthenticated", may.error().message())
                         : refusal_for(may.error()));
  }
  const auto answer = read_evidence(context_, *parsed);
  if (const auto* refused = std::get_if<Refusal>(&answer)) {
    return refuse(*refused);
  }
  const auto& evidence = std::get<api::EvidenceAnswer>(answer);
  outcome = evidence.part ? "Shown" : "Waiting";
  return http::json_response(evidence.part ? 200 : 202,
                             codec::to_json_text(api::to_json(evidence)));
}

}  // namespace seaworthy::verifier
