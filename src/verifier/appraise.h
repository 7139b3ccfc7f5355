// Attestation: from evidence to a signed result. Design §5 "Attest", "Appraise", "Publish".
#pragma once

#include "verifier/caller.h"
#include "verifier/context.h"

namespace seaworthy::verifier {

// A first challenge. 404 NotEnrolled if the node has no sealed enrolment that its pin confirms.
Answer<api::ChallengeMessage> begin_attestation(Context& context, const Caller& caller);

// One round: checks the nonce, the quote, the logs; appraises under every policy that selects the
// node; publishes if something changed or the published result runs out; gives the next challenge.
Answer<api::AttestResponse> attest(Context& context, const Caller& caller,
                                   const api::AttestRequest& request, std::stop_token stop);

}  // namespace seaworthy::verifier
