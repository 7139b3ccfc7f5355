// Issuers that a TPM maker stored beside the EK certificate (NV 0x01C00100 and following).
// Spec: TCG EK Credential Profile 2.5, §2.2.1.5.2: certificates one after the other, from the first
// index on; one may begin in one index and end in the next.
#pragma once

#include <span>
#include <vector>

#include "crypto/certificate.h"

namespace seaworthy::crypto {

// Every certificate that can be read from these areas, at most `max`. What cannot be read is passed
// over with the rest of its area: these are candidates, and one that helps nothing harms nothing.
std::vector<Certificate> parse_tpm_nv_chain(std::span<const Bytes> areas, std::size_t max);

}  // namespace seaworthy::crypto
