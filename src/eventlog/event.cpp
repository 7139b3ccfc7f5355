#include "eventlog/event.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/hex.h"
#include "codec/writer.h"

namespace seaworthy::eventlog {
namespace {

constexpr auto kNames = std::to_array<std::pair<std::uint32_t, std::string_view>>({
    {kPrebootCert, "EV_PREBOOT_CERT"},
    {kPostCode, "EV_POST_CODE"},
    {kUnused, "EV_UNUSED"},
    {kNoAction, "EV_NO_ACTION"},
    {kSeparator, "EV_SEPARATOR"},
    {kAction, "EV_ACTION"},
    {kEventTag, "EV_EVENT_TAG"},
    {kSCrtmContents, "EV_S_CRTM_CONTENTS"},
    {kSCrtmVersion, "EV_S_CRTM_VERSION"},
    {kCpuMicrocode, "EV_CPU_MICROCODE"},
    {kPlatformConfigFlags, "EV_PLATFORM_CONFIG_FLAGS"},
    {kTableOfDevices, "EV_TABLE_OF_DEVICES"},
    {kCompactHash, "EV_COMPACT_HASH"},
    {kIpl, "EV_IPL"},
    {kIplPartitionData, "EV_IPL_PARTITION_DATA"},
    {kNonhostCode, "EV_NONHOST_CODE"},
    {kNonhostConfig, "EV_NONHOST_CONFIG"},
    {kNonhostInfo, "EV_NONHOST_INFO"},
    {kOmitBootDevice, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    {kPostCode2, "EV_POST_CODE2"},
    {kVariableDriverConfig, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {kVariableBoot, "EV_EFI_VARIABLE_BOOT"},
    {kBootApplication, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {kBootDriver, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {kRuntimeDriver, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {kGptEvent, "EV_EFI_GPT_EVENT"},
    {kEfiAction, "EV_EFI_ACTION"},
    {kFirmwareBlob, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {kHandoffTables, "EV_EFI_HANDOFF_TABLES"},
    {kFirmwareBlob2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    {kHandoffTables2, "EV_EFI_HANDOFF_TABLES2"},
    {kVariableBoot2, "EV_EFI_VARIABLE_BOOT2"},
    {kGptEvent2, "EV_EFI_GPT_EVENT2"},
    {kHcrtmEvent, "EV_EFI_HCRTM_EVENT"},
    {kVariableAuthority, "EV_EFI_VARIABLE_AUTHORITY"},
    {kSpdmBlob, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    {kSpdmConfig, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
    {kSpdmPolicy, "EV_EFI_SPDM_DEVICE_POLICY"},
    {kSpdmAuthority, "EV_EFI_SPDM_DEVICE_AUTHORITY"},
});

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
