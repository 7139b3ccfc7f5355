// What a TPM signs when asked for a quote, as bytes from a peer we do not trust.
// Spec: TPM 2.0 Library, Part 2: Structures, r1.59. Integers are big-endian.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tpm/pcr.h"

namespace seaworthy::tpm {

// TPMS_CLOCK_INFO (§10.11.1). Plain for keys of the endorsement hierarchy; for others the TPM
// obfuscates both counters with a constant per key.
struct ClockInfo {
  std::uint64_t clock = 0;          // milliseconds of TPM on time; back to 0 on TPM2_Clear
  std::uint32_t reset_count = 0;    // TPM Resets since TPM2_Clear: reboots and power losses
  std::uint32_t restart_count = 0;  // TPM Restarts and Resumes since the last reset
  bool safe = false;  // false: `clock` may repeat values from before the last power loss; normal

  bool operator==(const ClockInfo&) const = default;
};

// TPMS_ATTEST holding a TPMS_QUOTE_INFO (§10.12.12, §10.12.4). Owns its bytes.
//
// Well-formed is not true: believe no field until verify_quote() has accepted the signature over
// the very bytes this was parsed from.
struct Quote {
  Bytes qualified_signer;              // TPM2B_NAME (§10.5.3); empty if absent
  Bytes extra_data;                    // TPM2B_DATA (§10.4.3): the challenger's nonce
  ClockInfo clock;                     // §10.11.1
  std::uint64_t firmware_version = 0;  // vendor-defined: compare for equality only
  std::vector<PcrSelection> pcrs;      // at most 16, in signed order; a bank may occur twice
  Bytes pcr_digest;                    // hash of the signing key's scheme, not of a bank

  bool operator==(const Quote&) const = default;
};

// Parses exactly one quote and nothing after it.
//
// Pure and re-entrant. Allocates at most a small multiple of in.size(), whatever lengths `in`
// claims. Errors name the field and the offset:
//   kMalformed    truncated, trailing, over-long or self-contradictory bytes;
//   kUnsupported  not made by a TPM (another magic), a TPM structure that is not a quote (§6.9),
//                 for example a certify, or a PCR bank of an unknown algorithm.
Result<Quote> parse_quote(ByteSpan in);

// What every TPMS_ATTEST begins with, whoever made it and whatever it attests: for looking at one
// that is refused. Establishes nothing, not even that a TPM made it.
struct AttestHeader {
  std::uint32_t magic = 0;  // kGeneratedValue if a TPM made it
  std::uint16_t type = 0;   // TPMI_ST_ATTEST: kAttestQuote, …
  Bytes qualified_signer;
  Bytes extra_data;
  ClockInfo clock;
  std::uint64_t firmware_version = 0;

  bool operator==(const AttestHeader&) const = default;
};
// kMalformed: truncated or over-long. What follows the header is not looked at.
Result<AttestHeader> parse_attest_header(ByteSpan in);

// The bytes a TPM would sign. For software machines and tests; write_quote(parse_quote(x)) == x.
Bytes write_quote(const Quote& quote);

}  // namespace seaworthy::tpm
