// Known deviations of firmware and boot loaders from the specification. Each is a finding until a
// policy allows it by name (evidence.allowedQuirks); none is ever tried silently.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace seaworthy::verify {

enum class Quirk : std::uint8_t {
  // Old shim logs one byte more of an authority event than it hashes (google/go-attestation#157).
  // Of that type only.
  kAuthorityLogsOneByteMore,
  // The firmware extends PCR 5 with both ExitBootServices actions after the kernel took its copy of
  // the log. Exactly these two, of PCR 5 only.
  kExitBootServicesNotLogged,
  // The firmware's setup switched off the protection of memory against devices while booting, and
  // says so in PCR 7.
  kDmaProtectionDisabled,
};
inline constexpr std::array kAllQuirks = {Quirk::kAuthorityLogsOneByteMore,
                                          Quirk::kExitBootServicesNotLogged,
                                          Quirk::kDmaProtectionDisabled};

std::string_view name(Quirk quirk);  // "AuthorityLogsOneByteMore"
std::optional<Quirk> quirk_named(std::string_view name);

// A set of them.
class Quirks {
 public:
  constexpr void add(Quirk quirk) { bits_ |= 1u << static_cast<unsigned>(quirk); }
  constexpr bool has(Quirk quirk) const {
    return (bits_ >> static_cast<unsigned>(quirk) & 1u) != 0;
  }
  static constexpr Quirks all() {
    Quirks quirks;
    for (const Quirk quirk : kAllQuirks) {
      quirks.add(quirk);
    }
    return quirks;
  }
  constexpr bool operator==(const Quirks&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace seaworthy::verify
