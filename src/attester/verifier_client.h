// The verifier, as the agent calls it. Protocol: docs/agent-protocol.md.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "api/evidence.h"
#include "attester/token.h"
#include "base/result.h"
#include "base/time.h"
#include "http/client.h"

namespace seaworthy::attester {

// kPerson: everything works, and somebody has to act.
enum class Whose { kVerifier, kDevice, kPerson };

// Why there is no answer to go on with, and for how long the verifier wants to be left alone.
struct Wait {
  Error why;
  std::optional<std::chrono::seconds> at_least = {};
  Whose whose = Whose::kVerifier;  // turn it is to mend that
};
template <class T>
using Answer = std::variant<T, Wait>;

// One POST per call. It is sent again only where a kept connection proves dead (the verifier was
// restarted): one that had read it all the same takes the second for a replay, which changes
// nothing. Otherwise a nonce is good for one use, and only the caller knows whether to begin with a
// new one.
//
// A refusal becomes an Error with the verifier's code and message: kNotFound for 404 (not
// enrolled), kDenied for 401 and 403, kConflict for 409, kMalformed for other 4xx, kUnavailable for
// 429 and 5xx. Transport errors are http::Client's. Const methods are safe from any thread.
class VerifierClient {
 public:
  VerifierClient(http::Client& client, const Clock& clock) : client_(client), clock_(clock) {}

  Answer<api::EnrolResponse> enrol(const api::EnrolRequest& request, std::string_view token,
                                   std::stop_token stop) const;
  Answer<api::ActivateResponse> activate(const api::ActivateRequest& request,
                                         std::string_view token, std::stop_token stop) const;
  Answer<api::ChallengeMessage> challenge(std::string_view token, std::stop_token stop) const;
  Answer<api::AttestResponse> attest(const api::AttestRequest& request, std::string_view token,
                                     std::stop_token stop) const;

 private:
  Answer<std::string> post(const char* path, std::string body, std::string_view token,
                           std::chrono::milliseconds patience, std::stop_token stop) const;

  http::Client& client_;
  const Clock& clock_;
};

}  // namespace seaworthy::attester
