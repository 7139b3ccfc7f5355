// From a boot log to the PCR values it leads to.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §3.3.2 "PCR Initial Values", §10.4.5.3
// (StartupLocality), §10.4.1 (EV_NO_ACTION); TPM 2.0 Library r1.59, Part 3 §22.2 (TPM2_PCR_Extend).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "eventlog/boot_log.h"

namespace seaworthy::eventlog {

struct ReplayedPcr {
  crypto::Digest value;  // the initial value if no event extended it
  std::size_t extensions = 0;
  // Why `value` means nothing: an event without a digest for this bank, or contradictory claims
  // about how the PCR started. Such a PCR must count as not replayed.
  std::optional<std::string> unusable;
};

// Every PCR of one bank; exactly kPcrCount.
//
// Established: if the value equals a quoted one, the digests of that PCR's events, and their order,
// are what the TPM was given. Not established: event types, event data, and the order of events of
// different PCRs.
using ReplayedBank = std::vector<ReplayedPcr>;

// Starts every PCR at its value after a reset: zero, PCR 17 to 22 all ones; PCR 0 ends in the
// startup locality (StartupLocality event: 0, 3 or 4; without one, an EV_EFI_HCRTM_EVENT means 4).
// EV_NO_ACTION is never extended, whatever its digest.
ReplayedBank replay(const BootLog& log, crypto::HashAlg bank);

}  // namespace seaworthy::eventlog
