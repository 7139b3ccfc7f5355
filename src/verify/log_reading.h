// Logs by themselves, without a quote: what they would show if the TPM's PCRs had the values that
// they lead to. For people who look at a file (kubectl seaworthy inspect).
//
// Establishes nothing, and so makes no Verified… type: whoever made the file could write anything.
// The rules are those of boot.h and ima.h, apart from what only quoted values can tell.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "eventlog/boot_log.h"
#include "verify/boot.h"
#include "verify/findings.h"

namespace seaworthy::verify {

struct BootReading {
  SecureBoot secure_boot = SecureBoot::kUnknown;
  std::vector<std::string> command_lines;
  Findings findings;  // R11, R14, R16 to R18
};

// The bank that a log without quote is read in: the policy bank where the log has it, else the
// strongest that it has.
crypto::HashAlg reading_bank(const eventlog::BootLog& log);

// The log of a confidential guest's runtime registers (ACPI CCEL), whose "PCR" is 1 + the number of
// the register: SHA-384 only, registers 1 to 4 only. The rules about single PCRs do not fit it.
bool is_register_log(const eventlog::BootLog& log);

// Logs that no policy accepts, for want of SHA-256, are read in reading_bank() and carry the
// finding BootLogWithoutBank.
BootReading read_boot(const eventlog::BootLog& log);

// R20, R21: whether boot_aggregate is there, not whether it is right, which needs PCR 0 to 9.
// `entries` is well-formed (eventlog::ImaReader reaches its end).
Findings read_ima(ByteSpan entries);

}  // namespace seaworthy::verify
