// What a person gets to read of a node's evidence, and where it comes from: docs/evidence.md.
//
// Reading changes no verdict: a node is asked for everything instead of what is new, and what it
// answers is judged as always. Shown is only what was verified, of the Node that was asked for, in
// its present enrolment.
#pragma once

#include "api/evidence.h"
#include "api/node_evidence.h"
#include "verifier/caller.h"
#include "verifier/context.h"
#include "verifier/enrolled.h"
#include "verify/evidence.h"

namespace seaworthy::verifier {

// The answer to somebody who may read: the node is wanted from now on, or its evidence is there.
// 404 NoSuchNode; 409 NotEnrolled, NoPolicy, EvidenceTooLarge, EvidenceGone; 429 TooManyWanted.
Answer<api::EvidenceAnswer> read_evidence(Context& context, const api::EvidenceRequest& request);

// What an agent sent in answer to a challenge, and how far its IMA list was known before. Views.
struct Round {
  const Caller& caller;
  const api::AttestRequest& request;
  const verify::Challenge& challenge;
  verify::ImaProgress before;
};
// A part of a long IMA list, of a round that is not complete.
void offer_part(Context& context, const Round& round, const verify::NeedMore& more);

enum class Offered : std::uint8_t { kDone, kAskForTheRest };
// The round that gave this evidence. Kept if somebody waits for it and it is whole.
Offered offer_evidence(Context& context, const Round& round, const Enrolled& enrolled,
                       const verify::VerifiedEvidence& evidence);

}  // namespace seaworthy::verifier
