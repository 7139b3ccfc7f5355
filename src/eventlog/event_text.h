// What an event of a boot log says, in words, and how much of that its digest shows.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10; UEFI 2.10, §3.1.3 (load options).
//
// For people only: nothing decides by it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "eventlog/event.h"

namespace seaworthy::eventlog {

// The part of the data that the digest in `bank` is the hash of: all of it, or what firmware and
// boot loaders are known to hash (an old shim: without the last byte; GRUB: without the word in
// front and the NUL; variables of boot options: their value). Null if it is of something else, as
// for programs, or if there is no digest in this bank. A view into the event.
std::optional<ByteSpan> shown_bytes(const BootEvent& event, crypto::HashAlg bank);

// Both may be empty. Text from a log: may hold any character but control characters.
struct EventText {
  std::string proven;   // holds if the log replays to the quoted PCR
  std::string claimed;  // the sender's words even then; the type is among them in every case
};
EventText describe(const BootEvent& event, crypto::HashAlg bank);

}  // namespace seaworthy::eventlog
