// A quote from files, of any machine: which checks it passes. For people who look at files
// (kubectl seaworthy inspect); the verifier uses quote.h, which knows the key and made the nonce.
// Spec: TPM 2.0 Library, Part 2: Structures, r1.59; rules R4, R6 to R11.
//
// Establishes, if there is no finding: a key with these attributes signed a quote with this nonce
// over these PCRs. Not established: that the key is in a TPM (credential activation, R5), nor whose
// TPM that is (R1).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tpm/attest.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"
#include "verify/findings.h"

namespace seaworthy::verify {

struct QuoteFiles {
  ByteSpan attested;                                             // TPMS_ATTEST or TPM2B_ATTEST
  ByteSpan signature;                                            // TPMT_SIGNATURE
  ByteSpan ak_public;                                            // TPMT_PUBLIC or TPM2B_PUBLIC
  ByteSpan nonce;                                                // of any size but none
  std::optional<std::vector<tpm::PcrSelection>> selection = {};  // what was asked for, if known
};

struct QuoteReading {
  tpm::AttestHeader header;
  std::optional<tpm::Quote> quote;          // null if it is none
  std::optional<tpm::Signature> signature;  // null if it is of an algorithm we do not know
  std::optional<tpm::PublicArea> ak;        // the same
  bool signature_valid = false;
  bool nonce_matches = false;
  Findings findings;
};

// kMalformed names file and offset of what cannot be read; what can be read and is refused is a
// finding.
Result<QuoteReading> read_quote(const QuoteFiles& files);

// R10, R11. The values, in the order of the selection, are those that were quoted, and no register
// of PCR 0 to 7 among them is in its initial state.
Findings check_quoted_values(const QuoteReading& reading, const std::vector<Bytes>& values);

}  // namespace seaworthy::verify
