// kubectl seaworthy inspect quote: a TPM's quote from files, of any machine.
#pragma once

#include <optional>

#include "base/result.h"
#include "commands/inspection.h"
#include "verify/quote_reading.h"

namespace seaworthy::commands {

// JSON: {"verdict":"Accepted"|"Refused", "magic", "type", "qualifiedSigner", "signer",
// "extraData", "nonceMatches", "clock":{"clock","resetCount","restartCount","safe"},
// "firmwareVersion", "selection":[{"bank","pcrs":[…]}]|null, "pcrDigest":hex|null,
// "pcrs":{bank:{index:hex}}|null, "signature":{"scheme","hash","valid"}|null,
// "ak":{"name","type","bits","attributes","nameAlg","scheme","hash"}|null, "findings":[…]}
// (docs/inspect.md). Accepted if and only if there is no finding.
//
// `pcr_values`: a file that parse_pcr_file() reads. kMalformed names the file and the offset of
// what cannot be read, and says so if the AK comes as PEM.
Result<Inspection> inspect_quote(const verify::QuoteFiles& files,
                                 std::optional<ByteSpan> pcr_values, const Output& output);

}  // namespace seaworthy::commands
