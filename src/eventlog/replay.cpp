#include "eventlog/replay.h"

#include <algorithm>

namespace seaworthy::eventlog {
namespace {

constexpr std::string_view kLocalitySignature{"StartupLocality\0", 16};

crypto::Digest filled(crypto::HashAlg bank, std::uint8_t byte) {
  return {bank, Bytes(crypto::digest_size(bank), byte)};
}

// The initial value of PCR 0, or why it cannot be told.
ReplayedPcr initial_pcr0(const BootLog& log, crypto::HashAlg bank) {
  std::optional<std::uint8_t> locality;
  bool hcrtm = false;
  ReplayedPcr pcr{.value = crypto::Digest(bank), .extensions = 0, .unusable = {}};
  for (const BootEvent& event : log.events) {
    if (event.pcr != 0) {
      continue;
    }
    hcrtm = hcrtm || event.type == kHcrtmEvent;
    if (event.type != kNoAction ||
        as_text(event.data).substr(0, kLocalitySignature.size()) != kLocalitySignature) {
      continue;
    }
    if (event.data.size() != kLocalitySignature.size() + 1) {
      pcr.unusable = "a StartupLocality event of a wrong size";
      return pcr;
    }
    const std::uint8_t claimed = event.data.back();
    if (claimed != 0 && claimed != 3 && claimed != 4) {
      pcr.unusable = "startup locality " + std::to_string(claimed) + " does not exist";
      return pcr;
    }
    if (locality && *locality != claimed) {
      pcr.unusable = "two StartupLocality events that differ";
      return pcr;
    }
    locality = claimed;
  }
  Bytes value(crypto::digest_size(bank));
  value.back() = locality.value_or(hcrtm ? 4 : 0);
  pcr.value = crypto::Digest(bank, value);
  return pcr;
}

}  // namespace

ReplayedBank replay(const BootLog& log, crypto::HashAlg bank) {
  ReplayedBank pcrs;
  pcrs.reserve(kPcrCount);
  pcrs.push_back(initial_pcr0(log, bank));
  for (std::uint32_t i = 1; i < kPcrCount; ++i) {
    const bool dynamic = i >= 17 && i <= 22;  // of a dynamic launch, which did not happen
    pcrs.push_back({.value = filled(bank, dynamic ? 0xFF : 0x00), .extensions = 0, .unusable = {}});
  }
  for (const BootEvent& event : log.events) {
    if (event.type == kNoAction) {
      continue;
    }
    ReplayedPcr& pcr = pcrs[event.pcr];
    if (const crypto::Digest* digest = event.digest(bank)) {
      pcr.value = crypto::extended(pcr.value, digest->bytes());
      ++pcr.extensions;
    } else if (!pcr.unusable) {
      pcr.unusable = "an event (" + event_type_name(event.type) + ") has no digest in bank " +
                     std::string(name(bank));
    }
  }
  return pcrs;
}

}  // namespace seaworthy::eventlog
