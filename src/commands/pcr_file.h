// PCRs as people write and save them.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tpm/pcr.h"
#include "verify/log_reading.h"

namespace seaworthy::commands {

// "sha256:0,1,7", "sha1:0-7+sha256:0-7,14", "sha256:all": banks in order, as tpm2-tools write them,
// and ranges. kMalformed: an unknown bank, no or no such PCR.
Result<std::vector<tpm::PcrSelection>> parse_selection(std::string_view text);

// The values of a selection, in its order, from a file in one of these forms:
//   the values one after the other (tpm2_pcrread -o, tpm2_quote -o -F values);
//   all 24 values of each bank of the selection, one after the other;
//   a TPML_PCR_SELECTION and TPML_DIGESTs as they lie in the memory of a little-endian machine
//   (tpm2_quote -o, unless -F values), for this very selection.
// kMalformed if it is none of them.
Result<std::vector<Bytes>> parse_pcr_file(ByteSpan file,
                                          const std::vector<tpm::PcrSelection>& selection);

// Values of the SHA-256 bank: PCR 0 to 15, or 0 to 23, from a file in one of the forms above, or as
// lines of 64 hexadecimal digits (the kernel's files pcr-sha256/0 and so on, one after the other).
// Those from 16 on are read and left out: no reference value has them.
Result<verify::PcrValues> parse_pcr_values(ByteSpan file);

}  // namespace seaworthy::commands
