// What a verifier asks of an enrolled node, and what it checks the answer against.
// Docs: docs/agent-protocol.md "Challenge"; rules R7, R9, R11.
#pragma once

#include "verifier/caller.h"
#include "verifier/context.h"
#include "verifier/nonce.h"
#include "verify/quote.h"

namespace seaworthy::verifier {

// PCR 0 to 10 and 14 of the SHA-256 bank: firmware, boot loader, Secure Boot, kernel, MOK, IMA; or
// PCR 0 to 15: with those of systemd.
const std::vector<tpm::PcrSelection>& required_selection(Selection selection = Selection::kUsual);

// The wider one, if one of the policies compares what only that shows.
Selection selection_for(const PolicyViews& policies);

// The next challenge: with what need not be sent, and how long the agent may wait. Everything has
// to be sent while a person waits for the node's evidence (wanted.h).
api::ChallengeMessage new_challenge(Context& context, const Caller& caller, NodeState& state,
                                    const PolicyViews& policies) REQUIRES(state.mutex);

// What the quote must carry, recomputed from what the API server and the seal authenticate.
verify::Challenge expected_challenge(ByteSpan nonce, const Caller& caller, ByteSpan ak_name,
                                     Selection selection);

// From which IMA entry on the policies need to see the list: from the start if one of them has not
// judged it under its present reference values.
std::uint64_t ima_from(const NodeState& state, const PolicyViews& policies, Time now)
    REQUIRES(state.mutex);

}  // namespace seaworthy::verifier
