// One event of a measured boot, as a log claims it.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10 "Event Logging".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace seaworthy::eventlog {

inline constexpr std::uint32_t kPcrCount = 24;

// Event types (§10.4.1), in the specification's spelling.
inline constexpr std::uint32_t kPrebootCert = 0x00000000;           // EV_PREBOOT_CERT
inline constexpr std::uint32_t kPostCode = 0x00000001;              // EV_POST_CODE
inline constexpr std::uint32_t kUnused = 0x00000002;                // EV_UNUSED
inline constexpr std::uint32_t kNoAction = 0x00000003;              // EV_NO_ACTION: never extended
inline constexpr std::uint32_t kSeparator = 0x00000004;             // EV_SEPARATOR
inline constexpr std::uint32_t kAction = 0x00000005;                // EV_ACTION
inline constexpr std::uint32_t kEventTag = 0x00000006;              // EV_EVENT_TAG
inline constexpr std::uint32_t kSCrtmContents = 0x00000007;         // EV_S_CRTM_CONTENTS
inline constexpr std::uint32_t kSCrtmVersion = 0x00000008;          // EV_S_CRTM_VERSION
inline constexpr std::uint32_t kCpuMicrocode = 0x00000009;          // EV_CPU_MICROCODE
inline constexpr std::uint32_t kPlatformConfigFlags = 0x0000000A;   // EV_PLATFORM_CONFIG_FLAGS
inline constexpr std::uint32_t kTableOfDevices = 0x0000000B;        // EV_TABLE_OF_DEVICES
inline constexpr std::uint32_t kCompactHash = 0x0000000C;           // EV_COMPACT_HASH
inline constexpr std::uint32_t kIpl = 0x0000000D;                   // EV_IPL
inline constexpr std::uint32_t kIplPartitionData = 0x0000000E;      // EV_IPL_PARTITION_DATA
inline constexpr std::uint32_t kNonhostCode = 0x0000000F;           // EV_NONHOST_CODE
inline constexpr std::uint32_t kNonhostConfig = 0x00000010;         // EV_NONHOST_CONFIG
inline constexpr std::uint32_t kNonhostInfo = 0x00000011;           // EV_NONHOST_INFO
inline constexpr std::uint32_t kOmitBootDevice = 0x00000012;        // EV_OMIT_BOOT_DEVICE_EVENTS
inline constexpr std::uint32_t kPostCode2 = 0x00000013;             // EV_POST_CODE2
inline constexpr std::uint32_t kVariableDriverConfig = 0x80000001;  // EV_EFI_VARIABLE_DRIVER_CONFIG
inline constexpr std::uint32_t kVariableBoot = 0x80000002;          // EV_EFI_VARIABLE_BOOT
inline constexpr std::uint32_t kBootApplication = 0x80000003;    // EV_EFI_BOOT_SERVICES_APPLICATION
inline constexpr std::uint32_t kBootDriver = 0x80000004;         // EV_EFI_BOOT_SERVICES_DRIVER
inline constexpr std::uint32_t kRuntimeDriver = 0x80000005;      // EV_EFI_RUNTIME_SERVICES_DRIVER
inline constexpr std::uint32_t kGptEvent = 0x80000006;           // EV_EFI_GPT_EVENT
inline constexpr std::uint32_t kEfiAction = 0x80000007;          // EV_EFI_ACTION
inline constexpr std::uint32_t kFirmwareBlob = 0x80000008;       // EV_EFI_PLATFORM_FIRMWARE_BLOB
inline constexpr std::uint32_t kHandoffTables = 0x80000009;      // EV_EFI_HANDOFF_TABLES
inline constexpr std::uint32_t kFirmwareBlob2 = 0x8000000A;      // EV_EFI_PLATFORM_FIRMWARE_BLOB2
inline constexpr std::uint32_t kHandoffTables2 = 0x8000000B;     // EV_EFI_HANDOFF_TABLES2
inline constexpr std::uint32_t kVariableBoot2 = 0x8000000C;      // EV_EFI_VARIABLE_BOOT2
inline constexpr std::uint32_t kGptEvent2 = 0x8000000D;          // EV_EFI_GPT_EVENT2
inline constexpr std::uint32_t kHcrtmEvent = 0x80000010;         // EV_EFI_HCRTM_EVENT
inline constexpr std::uint32_t kVariableAuthority = 0x800000E0;  // EV_EFI_VARIABLE_AUTHORITY
inline constexpr std::uint32_t kSpdmBlob = 0x800000E1;           // EV_EFI_SPDM_FIRMWARE_BLOB
inline constexpr std::uint32_t kSpdmConfig = 0x800000E2;         // EV_EFI_SPDM_FIRMWARE_CONFIG
inline constexpr std::uint32_t kSpdmPolicy = 0x800000E3;         // EV_EFI_SPDM_DEVICE_POLICY
inline constexpr std::uint32_t kSpdmAuthority = 0x800000E4;      // EV_EFI_SPDM_DEVICE_AUTHORITY

// "EV_SEPARATOR"; "0x80000099" for what has no name here. For messages.
std::string event_type_name(std::uint32_t type);

// What an event says of itself. A replay that ends at the quoted PCR proves its digests and their
// order within that PCR, and nothing else: type and data are the sender's words until the digest
// is shown to be the hash of the data (R16), and even then for certain types only.
struct BootEvent {
  std::uint8_t pcr = 0;  // below kPcrCount
  std::uint32_t type = 0;
  std::vector<crypto::Digest> digests;  // of known algorithms, in log order, each at most once
  Bytes data;

  // Null if the event carries none for this bank.
  const crypto::Digest* digest(crypto::HashAlg bank) const;
  // Its digest in `bank` is H(bytes).
  bool digest_is_of(crypto::HashAlg bank, ByteSpan bytes) const;

  bool operator==(const BootEvent&) const = default;
};

}  // namespace seaworthy::eventlog
