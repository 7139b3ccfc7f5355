// Keys and signatures of the TPM in the form that src/crypto computes with. No check of its own:
// what may be used for what is the callers' (R2, R4, R8).
#pragma once

#include "base/result.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"

namespace seaworthy::verify {

// kMalformed, kUnsupported: not a key that exists, or of a kind that is not computed with.
Result<crypto::PublicKey> key_of(const tpm::PublicArea& area);

struct SignatureView {
  crypto::SignatureScheme scheme;
  crypto::Signature signature;  // views into the TPM's
};
SignatureView view_of(const tpm::Signature& in);

}  // namespace seaworthy::verify
