// Whether what booted is what a reference value set describes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/reference.h"
#include "verify/boot.h"

namespace seaworthy::policy {

// Everything in which the boot differs from one set; empty: it matches wholly.
verify::Findings differences(const CompiledSet& set, const verify::VerifiedBoot& boot);

// What the boot is under any of some sets.
struct BootMatch {
  // A set in force that it matches wholly; of several the one that stays in force longest.
  std::shared_ptr<const CompiledSet> set;
  // Why there is none: that what booted is of a set that is not in force, else the differences
  // from the nearest that is. Empty if `set`.
  verify::Findings findings;
};
BootMatch match_boot(const std::vector<std::shared_ptr<const CompiledSet>>& sets,
                     const verify::VerifiedBoot& boot, Time now);

// The command line of a unified kernel image, among those that the set lists: PCR 11 proves the
// image's own section .cmdline, PCR 12 that nothing else was passed on; that the image is what was
// started is `unifiedKernels`' business. Null if not, with the findings in `why`.
std::optional<std::string> unified_command_line(const CompiledSet& set,
                                                const verify::VerifiedBoot& boot,
                                                verify::Findings& why);

// `digest` is of a section .cmdline that holds this text: bare, or with the end of line or string
// that tools leave there.
bool is_section_of(const api::Sha256Value& digest, const std::string& text);

}  // namespace seaworthy::policy
