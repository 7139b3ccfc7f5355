// What an administrator would know to be good about a software machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware.h"

namespace seaworthy::machine {

// A ReferenceValueSet (seaworthy.dev/v1alpha1) as YAML: computed from the profile, no TPM asked.
std::string reference_value_set(const std::string& name, const BootProfile& profile,
                                const std::vector<std::uint32_t>& pcrs);

}  // namespace seaworthy::machine
