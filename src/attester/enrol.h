// Enrolment: shows the verifier which TPM this is and that the AK lives in it (steps E1 to E4).
#pragma once

#include <stop_token>
#include <string_view>

#include "api/evidence.h"
#include "attester/device.h"
#include "attester/verifier_client.h"

namespace seaworthy::attester {

// What shows that this TPM opened the credential: HMAC-SHA256 under the secret, over a label and
// the session. The secret itself never travels back (R5).
Bytes activation_proof(ByteSpan secret, ByteSpan session);

// Two requests with an activation between them. The first challenge on success. Waiting for a
// person's approval or for an inventory entry is a Wait, with the time after which to ask again;
// the whole enrolment is then done anew, because sessions live for a minute only.
Answer<api::ChallengeMessage> enrol(Device& device, const Identity& identity,
                                    const VerifierClient& verifier, std::string_view token,
                                    std::stop_token stop);

}  // namespace seaworthy::attester
