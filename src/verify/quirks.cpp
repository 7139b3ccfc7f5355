#include "verify/quirks.h"

namespace seaworthy::verify {

std::string_view name(Quirk quirk) {
  switch (quirk) {
    case Quirk::kAuthorityLogsOneByteMore:
      return "AuthorityLogsOneByteMore";
    case Quirk::kExitBootServicesNotLogged:
      return "ExitBootServicesNotLogged";
    case Quirk::kDmaProtectionDisabled:
      return "DmaProtectionDisabled";
  }
  return "";
}

std::optional<Quirk> quirk_named(std::string_view text) {
  for (const Quirk quirk : kAllQuirks) {
    if (name(quirk) == text) {
      return quirk;
    }
  }
  return std::nullopt;
}

}  // namespace seaworthy::verify
