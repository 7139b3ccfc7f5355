// The HTTPS endpoints for agents, and the one for people who read evidence: routes, authentication,
// limits. Docs: docs/agent-protocol.md, docs/evidence.md.
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

// Why agents are turned away for now (503), whatever they send: this replica's clock is wrong
// . Asked for every request of an agent; whoever reads evidence gets no verdict and may.
using MayJudge = std::function<Result<void>()>;

// Thread-safe. Every route needs a token that the API server vouches for, before anything
// of the body is looked at. Only that of who reads evidence is itself in the body, which
// may be of a few KiB then: what comes through the API server has no Authorization.
class Service {
 public:
  Service(Context& context, CallerAuthenticator& callers, EvidenceReaders& readers,
          RateLimit& limit, Observer observer, MayJudge may_judge)
      : context_(context),
        callers_(callers),
        readers_(readers),
        limit_(limit),
        observer_(std::move(observer)),
        may_judge_(std::move(may_judge)) {}

  http::Response handle(const http::Request& request, std::stop_token stop);

 private:
  http::Response answer(const http::Request& request, std::stop_token stop, std::string_view& route,
                        std::string& outcome);
  http::Response answer_reader(const http::Request& request, std::stop_token stop,
                               std::string& outcome);

  Context& context_;
  CallerAuthenticator& callers_;
  EvidenceReaders& readers_;
  RateLimit& limit_;
  Observer observer_;
  MayJudge may_judge_;
};

}  // namespace seaworthy::verifier
