// Logs by themselves, without a quote: what they would show if the TPM's PCRs had the values that
// they lead to.
//
// Establishes nothing, and so makes no Verified… type: whoever made the file could write anything.
// The rules are those of boot.h and ima.h, apart from what only quoted values can tell.
//
// For whoever looks at a file (kubectl seaworthy inspect), and whoever writes down what it says
// for a person to approve (capture).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "eventlog/boot_log.h"
#include "verify/boot.h"
#include "verify/findings.h"
#include "verify/ima.h"

namespace seaworthy::verify {

// Values of registers in the policy bank that somebody read; of the others nothing is known.
using PcrValues = std::map<std::uint8_t, crypto::Digest>;

// What VerifiedBoot would say; of registers whose log leads elsewhere than `pcrs`, nothing.
struct BootReading {
  SecureBoot secure_boot = SecureBoot::kUnknown;
  std::vector<std::string> command_lines;
  Findings findings;                                          // R11, R14, R16 to R18
  PcrValues pcrs;                                             // of registers that replay
  std::map<std::uint8_t, std::vector<Sha256Bytes>> measured;  // likewise; separators aside
  std::vector<BootApplication> applications;
  std::vector<UkiSection> uki_sections;
  std::vector<std::string> passed_command_lines;
  bool passed_command_lines_complete = false;
};

// The bank that a log without quote is read in: the policy bank where the log has it, else the
// strongest that it has.
crypto::HashAlg reading_bank(const eventlog::BootLog& log);

// The log of a confidential guest's runtime registers (ACPI CCEL), whose "PCR" is 1 + the number of
// the register: SHA-384 only, registers 1 to 4 only. The rules about single PCRs do not fit it.
bool is_register_log(const eventlog::BootLog& log);

// What there is beside the firmware's log.
struct BesideTheLog {
  std::optional<ByteSpan> userspace_log = {};  // systemd's
  PcrValues pcrs = {};                         // absent ones have the value that the logs lead to
};

// Logs that no policy accepts, for want of SHA-256, are read in reading_bank() and carry the
// finding BootLogWithoutBank.
BootReading read_boot(const eventlog::BootLog& log, const BesideTheLog& beside = {});

struct ImaReading {
  std::vector<MeasuredFile> files;  // views into the list
  std::uint64_t entries = 0;
  std::uint64_t violations = 0;
  Findings findings;  // R19 to R21
};

// `entries` is well-formed (eventlog::ImaReader reaches its end). With PCR 10 in `pcrs` the list
// counts up to that value, and is incomplete if it does not lead there; without, it counts whole.
// Whether boot_aggregate is right is told if PCR 0 to 9 are in `pcrs`, else only whether it is
// there.
ImaReading read_ima(ByteSpan entries, const PcrValues& pcrs = {});

}  // namespace seaworthy::verify
