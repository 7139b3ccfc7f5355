// Whether a quote comes after the last one we accepted: rule R13, check Q10.
// Spec: TPM 2.0 Library r1.59, Part 1 §36 "Clock", Part 2 §10.11.1 (TPMS_CLOCK_INFO).
#pragma once

#include <cstdint>
#include <optional>

#include "tpm/attest.h"
#include "verify/findings.h"
#include "verify/quote.h"

namespace seaworthy::verify {

// What is remembered of the last accepted quote of an AK.
struct LastQuote {
  tpm::ClockInfo clock;
  std::uint64_t firmware_version = 0;
  bool operator==(const LastQuote&) const = default;
};

// Nothing was reset between the two: what was verified at one still holds at the other.
bool same_epoch(const tpm::ClockInfo& a, const tpm::ClockInfo& b);
// In the order of R13, whatever the epochs.
bool comes_after(const tpm::ClockInfo& later, const tpm::ClockInfo& earlier);

struct Freshness {
  // The TPM was reset or restarted, or nothing is known yet: everything about this boot is to be
  // verified again from the first byte.
  bool new_epoch = true;
  bool firmware_changed = false;  // of the TPM, without a new enrolment: worth an Event
};

// R13. Inside one epoch (resetCount, restartCount) the clock advances strictly; a change of either
// counter is a new epoch; neither counter goes back (mod 2^32). `safe` is not looked at: NO is
// normal after a power loss.
Checked<Freshness> verify_freshness(const VerifiedQuote& quote,
                                    const std::optional<LastQuote>& last);

}  // namespace seaworthy::verify
