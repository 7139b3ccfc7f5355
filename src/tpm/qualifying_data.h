// What a quote must carry as extraData, and so what the agent asks the TPM to put there.
// Specification: docs/agent-protocol.md "Quote"; checks R7 and Q4.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/strong.h"
#include "crypto/digest.h"
#include "tpm/pcr.h"

namespace seaworthy::tpm {

// Everything that one quote answers and is bound to. Views; the owners outlive it.
struct QualifyingData {
  std::vector<ByteSpan> nonces;  // of every verifier that this quote serves, in the agent's order
  const NodeUid& node_uid;
  ByteSpan ak_name;  // computed, not received
  ByteSpan channel;  // SHA-256 of the bearer token of the very request that carries the quote
  const std::vector<PcrSelection>& selection;
};

// SHA-256 over: the label "seaworthy/quote/v1", the number of nonces (16 bits, big-endian), each
// nonce, node UID, AK Name, channel binding, each with a 16-bit length in front, and the
// TPML_PCR_SELECTION. No two different inputs give the same bytes to hash. 32 bytes by type:
// there is no empty one.
crypto::Digest qualifying_data(const QualifyingData& in);

}  // namespace seaworthy::tpm
