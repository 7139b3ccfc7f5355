// The lies, by name.
#pragma once

#include <span>
#include <string_view>

#include "node.h"

namespace seaworthy::liar {

struct Lie {
  std::string_view name;
  std::string_view number;  // in the attack catalogue
  Result<void> (*tell)(Node& node);
};

std::span<const Lie> quote_lies();     // what the AK signed
std::span<const Lie> boot_log_lies();  // what the machine booted
std::span<const Lie> ima_lies();       // what it ran
std::span<const Lie> identity_lies();  // which TPM it is

}  // namespace seaworthy::liar
