// The HTTPS endpoints for agents: routes, authentication, limits. Docs: docs/agent-protocol.md.
#pragma once

#include <stop_token>

#include "http/message.h"
#include "verifier/caller.h"
#include "verifier/context.h"
#include "verifier/rate_limit.h"

namespace seaworthy::verifier {

// Told of every answer, for metrics: the route ("enrol") and what came of it ("Appraised",
// "NotEnrolled", …: a bounded set).
using Observer = std::function<void(std::string_view route, std::string_view outcome)>;

// Thread-safe. Every route needs a token that the API server vouches for, before anything
// of the body is looked at.
class Service {
 public:
  Service(Context& context, CallerAuthenticator& callers, RateLimit& limit, Observer observer)
      : context_(context), callers_(callers), limit_(limit), observer_(std::move(observer)) {}

  http::Response handle(const http::Request& request, std::stop_token stop);

 private:
  http::Response answer(const http::Request& request, std::stop_token stop, std::string_view& route,
                        std::string& outcome);

  Context& context_;
  CallerAuthenticator& callers_;
  RateLimit& limit_;
  Observer observer_;
};

}  // namespace seaworthy::verifier
