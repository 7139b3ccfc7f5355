// kubectl seaworthy inspect ek-certificate: the certificate of a TPM's endorsement key, from a file
// or from NV.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "commands/inspection.h"

namespace seaworthy::commands {

// JSON: {"subject","issuer","serial","notBefore","notAfter","isCA","fingerprint",
// "key":{"type","bits","curve"}|null,"ekHash","manufacturer","model","firmware","findings":[…]}
// (docs/inspect.md). DER, one PEM block, or what TPM2_NV_Read gave. Findings are those of the
// certificate alone: whether it chains to a maker, only anchors can tell.
//
// kMalformed: cannot be read.
Result<Inspection> inspect_ek_certificate(ByteSpan file, Time now, const Output& output);

}  // namespace seaworthy::commands
