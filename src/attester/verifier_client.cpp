#include "attester/verifier_client.h"

#include <utility>

#include "codec/fields.h"
#include "codec/json.h"

namespace seaworthy::attester {
namespace {

using codec::Json;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000};
constexpr milliseconds kUploadPatience{60'000};  // 14 MiB over a slow link, and their appraisal
constexpr std::size_t kMaxAnswer = 1 << 20;

ErrorCode code_for(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 429:
      return ErrorCode::kUnavailable;
    default:
      return status >= 400 && status < 500 ? ErrorCode::kMalformed : ErrorCode::kUnavailable;
  }
}

Error refusal(const char* path, const http::Response& response) {
  std::string text = "POST " + std::string(path) + ": " + std::to_string(response.status);
  if (const auto message = api::parse_error_message(response.body)) {
    text += " " + message->code + ": " + message->message;
    for (const api::FindingView& finding : message->findings) {
      text += "; " + finding.reason + " " + finding.about + ": " + finding.message;
    }
  }
  return {code_for(response.status), std::move(text)};
}

// {"challenge": {…}}, as it stands in the other answers.
Result<api::ChallengeMessage> parse_challenge(std::string_view body) {
  const Json json = TRY(codec::parse_json(body, {.max_bytes = kMaxAnswer}));
  auto fields = TRY(codec::Fields::of(json, ""));
  const auto inner = TRY(fields.maybe_object("challenge"));
  return api::parse_challenge(inner ? codec::to_json_text(inner->json()) : std::string(body));
}

template <class T>
Answer<T> parsed(Answer<std::string> body, Result<T> (*parse)(std::string_view)) {
  if (auto* wait = std::get_if<Wait>(&body)) {
    return std::move(*wait);
  }
  auto value = parse(std::get<std::string>(body));
  if (!value) {
    return Wait{std::move(value).error().in("the verifier's answer")};
  }
  return *std::move(value);
}

}  // namespace

Answer<std::string> VerifierClient::post(const char* path, std::string body, std::string_view token,
                                         milliseconds patience, std::stop_token stop) const {
  http::Request request;
  request.method = "POST";
  request.target = path;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Authorization", "Bearer " + std::string(token));
  request.body = std::move(body);
  request.max_response_bytes = kMaxAnswer;
  request.repeatable = true;
  auto response = client_.send(request, clock_.monotonic() + patience, std::move(stop));
  if (!response) {
    return Wait{std::move(response).error()};
  }
  if (!response->ok()) {
    return Wait{refusal(path, *response), response->retry_after};
  }
  return std::move(response->body);
}

Answer<api::EnrolResponse> VerifierClient::enrol(const api::EnrolRequest& request,
                                                 std::string_view token,
                                                 std::stop_token stop) const {
  return parsed(post("/v1/enrol", codec::to_json_text(api::to_json(request)), token, kPatience,
                     std::move(stop)),
                &api::parse_enrol_response);
}

Answer<api::ActivateResponse> VerifierClient::activate(const api::ActivateRequest& request,
                                                       std::string_view token,
                                                       std::stop_token stop) const {
  return parsed(post("/v1/enrol/activate", codec::to_json_text(api::to_json(request)), token,
                     kPatience, std::move(stop)),
                &api::parse_activate_response);
}

Answer<api::ChallengeMessage> VerifierClient::challenge(std::string_view token,
                                                        std::stop_token stop) const {
  return parsed(post("/v1/challenge", "{}", token, kPatience, std::move(stop)), &parse_challenge);
}

Answer<api::AttestResponse> VerifierClient::attest(const api::AttestRequest& request,
                                                   std::string_view token,
                                                   std::stop_token stop) const {
  return parsed(post("/v1/attest", codec::to_json_text(api::to_json(request)), token,
                     kUploadPatience, std::move(stop)),
                &api::parse_attest_response);
}

}  // namespace seaworthy::attester
