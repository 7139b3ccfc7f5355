// What boot loaders measure: GRUB into PCR 8, systemd-boot and systemd-stub into PCR 11 and 12.
// Spec: GRUB manual "Measured Boot"; systemd.io/TPM2_PCR_MEASUREMENTS; UAPI.5 "Unified Kernel
// Image".
//
// All events given here are of PCRs that replay to their quoted values; each has a digest in the
// policy bank.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event.h"
#include "eventlog/userspace_log.h"
#include "verify/boot.h"

namespace seaworthy::verify {

// What a GRUB event says, if its digest shows it (2.6.4). The word in front proves nothing.
std::optional<std::string_view> proven_text(const eventlog::BootEvent& event);

// What systemd-boot and systemd-stub pass on: UTF-16, hashed as logged, or logged without the NUL
// that was hashed, or the reverse.
std::optional<std::string> proven_utf16(const eventlog::BootEvent& event);

// The kernel's file comes first: "/vmlinuz", "(hd0,gpt2)/vmlinuz", or in quotes, which GRUB puts
// around a name with a space.
bool is_command_line(std::string_view text);

// Known by digest, names and contents. What is no section that this build knows is left out here,
// and is in VerifiedBoot::measured() all the same.
std::vector<UkiSection> uki_sections(const std::vector<const eventlog::BootEvent*>& events);
std::vector<std::string> phases(const std::vector<const eventlog::UserspaceEvent*>& events);

// The digests that a unified kernel image and its boot put into PCR 11 whatever it contains: names
// of sections and phases of systemd.
bool means_only_progress(const Sha256Bytes& digest);

Sha256Bytes bytes_of(const crypto::Digest& digest);  // of the policy bank

}  // namespace seaworthy::verify
