// Authorization sessions. Private to attester/tss/.
#pragma once

#include "attester/tss/connection.h"

namespace seaworthy::attester::tss {

// Unsalted and unencrypted without a salt key; with one, AES-128-CFB for what `attributes` say.
Result<Flushed> start_session(const Connection& tpm, TPM2_SE type, TPM2_ALG_ID hash,
                              ESYS_TR salt_key, TPMA_SESSION attributes);

// A policy session that may use the EK with this TPMT_PUBLIC: PolicyA of the low range, or PolicyB
// of the high range by its branch A (EK Credential Profile 2.5, Annex B.6); the endorsement
// hierarchy's authorization has to be empty. Branch C (a policy that an owner wrote into an NV
// index) would not help: its point is a hierarchy whose authorization others do not have, and
// without that no EK can be made either. kUnsupported for a key with another policy.
Result<Flushed> start_ek_session(const Connection& tpm, ByteSpan ek_public);

}  // namespace seaworthy::attester::tss
