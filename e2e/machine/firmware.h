// What the pretended firmware, shim, GRUB and kernel measure when a machine boots.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boot_log.h"

namespace seaworthy::machine {

// What a machine boots. Everything else is constant: a profile measures the same on every machine.
struct BootProfile {
  std::string name;
  bool secure_boot = true;
  bool other_kernel = false;        // another kernel and initrd, not among the reference values
  bool other_command_line = false;  // the good kernel, told to start a shell
};

// "good", "other-kernel", "other-command-line", "secure-boot-off",
// "other-kernel-secure-boot-off".
const std::vector<BootProfile>& boot_profiles();
std::optional<BootProfile> boot_profile(std::string_view name);

BootLog measured_boot(const BootProfile& profile);

}  // namespace seaworthy::machine
