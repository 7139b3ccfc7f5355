// What PCR 7 proves about Secure Boot: rule R17. Spec: TCG PC Client Platform Firmware Profile
// (PFP) 1.06, §3.3.4.8 "PCR[7]"; UEFI 2.10, §3.3, §32.
#pragma once

#include <utility>
#include <vector>

#include "eventlog/event.h"
#include "verify/boot.h"
#include "verify/findings.h"

namespace seaworthy::verify {

struct SecureBootState {
  SecureBoot state = SecureBoot::kUnknown;
  Findings findings;  // empty if and only if the state is kOn
  // Both hold if all of these are allowed; none twice. What each is a finding of if it is not.
  std::vector<std::pair<Quirk, Finding>> deviations;
  SecureBootKeys keys;
};

// `events` are those of PCR 7 in order, without EV_NO_ACTION, and PCR 7 replays to its quoted
// value. Establishes: nothing but variables before the one separator, each once, each hashed as
// logged; nothing but authorities after it; SecureBoot is exactly one byte 0x01 and something was
// verified. `shim` are the events of PCR 14, if it replays: whether shim was told not to verify.
SecureBootState secure_boot_state(const std::vector<const eventlog::BootEvent*>& events,
                                  const std::vector<const eventlog::BootEvent*>& shim = {});

}  // namespace seaworthy::verify
