// Enrolment: from a TPM that claims to be one to a node with a pinned, proven identity.
// Design §5 "Enrol"; rules R1 to R5, R23; attacks.
#pragma once

#include "verifier/caller.h"
#include "verifier/context.h"

namespace seaworthy::verifier {

// Step 1. Checks the keys (R2 to R4) and the certificate (R1), and wraps a fresh secret that only a
// TPM which holds both EK and AK can unwrap (R5). Nothing is stored.
Answer<api::EnrolResponse> begin_enrolment(Context& context, const Caller& caller,
                                           const api::EnrolRequest& request, std::stop_token stop);

// Step 2. Checks the proof, and settles whose TPM this is: one EK, one AK, one Node UID (R23), by
// the strictest approval rule of the policies that select the node.
Answer<api::ActivateResponse> finish_enrolment(Context& context, const Caller& caller,
                                               const api::ActivateRequest& request,
                                               std::stop_token stop);

}  // namespace seaworthy::verifier
