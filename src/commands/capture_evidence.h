// kubectl seaworthy capture files, and capture node: reference values from what a machine measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "commands/capture.h"
#include "tpm/pcr.h"
#include "verify/log_reading.h"

namespace seaworthy::commands {

// What a node has just proven, or files of any machine. Whether a TPM quoted it is the affair of
// whoever has it: here it is only read.
struct MachineLogs {
  Bytes boot_log;                           // binary_bios_measurements
  std::optional<Bytes> userspace_log = {};  // tpm2-measure.log
  std::optional<Bytes> ima = {};            // binary_runtime_measurements
  verify::PcrValues pcrs = {};              // what the registers were, as far as known
};

enum class Registers : std::uint8_t { kValues, kEvents };

struct CaptureOptions {
  // The registers to compare. Absent: 0, 2, 3 and 14 (firmware and shim), as far as they were
  // extended, and 9 where nothing else holds the kernel, because Secure Boot is off.
  std::optional<tpm::PcrMask> pcrs = {};
  Registers registers = Registers::kValues;
  bool files = true;
  std::vector<std::string> ignored = {};  // folders: files below them are left out
  // Texts of a unified kernel image's section .cmdline, which no log has. One counts if its digest
  // was measured.
  std::vector<std::string> command_lines = {};
};

// Values of registers, applications, command lines and files, as far as the logs prove them when
// they are replayed; what they do not prove is left out and told.
//
// kMalformed: a log that cannot be read, with structure and offset, or one that proves nothing;
// kUnsupported: a boot log without SHA-256, which satisfies no policy.
Result<Capture> capture_evidence(const std::string& name, const MachineLogs& evidence,
                                 const CaptureOptions& options);

}  // namespace seaworthy::commands
