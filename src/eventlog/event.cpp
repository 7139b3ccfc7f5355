#include "eventlog/event.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/hex.h"
#include "codec/writer.h"

namespace seaworthy::eventlog {
namespace {

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 17> kNames = {{
    {kNoAction, "EV_NO_ACTION"},
    {kSeparator, "EV_SEPARATOR"},
    {kAction, "EV_ACTION"},
    {kEventTag, "EV_EVENT_TAG"},
    {kSCrtmVersion, "EV_S_CRTM_VERSION"},
    {kIpl, "EV_IPL"},
    {kVariableDriverConfig, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {kVariableBoot, "EV_EFI_VARIABLE_BOOT"},
    {kBootApplication, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {kBootDriver, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {kRuntimeDriver, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {kGptEvent, "EV_EFI_GPT_EVENT"},
    {kEfiAction, "EV_EFI_ACTION"},
    {kFirmwareBlob, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {kHcrtmEvent, "EV_EFI_HCRTM_EVENT"},
    {kVariableAuthority, "EV_EFI_VARIABLE_AUTHORITY"},
    {0x00000007, "EV_S_CRTM_CONTENTS"},
}};

}  // namespace

std::string event_type_name(std::uint32_t type) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [type](const auto& entry) { return entry.first == type; });
  return found != kNames.end() ? std::string(found->second)
                               : "0x" + codec::to_hex(codec::Writer().u32be(type).bytes());
}

const crypto::Digest* BootEvent::digest(crypto::HashAlg bank) const {
  const auto found = std::find_if(digests.begin(), digests.end(),
                                  [bank](const auto& digest) { return digest.alg() == bank; });
  return found == digests.end() ? nullptr : &*found;
}

bool BootEvent::digest_is_of(crypto::HashAlg bank, ByteSpan bytes) const {
  const crypto::Digest* claimed = digest(bank);
  return claimed != nullptr && *claimed == crypto::hash(bank, bytes);
}

}  // namespace seaworthy::eventlog
