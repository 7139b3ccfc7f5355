// A crypto-agile boot log as firmware writes it, and the measurements that go with it.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10 "Event Logging"; UEFI 2.10.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "tpm.h"

namespace seaworthy::machine {

// TCG_EVENTTYPE (PFP §10.4.1).
enum class EventType : std::uint32_t {
  kNoAction = 0x00000003,
  kSeparator = 0x00000004,
  kSCrtmVersion = 0x00000008,
  kIpl = 0x0000000D,
  kVariableDriverConfig = 0x80000001,
  kVariableBoot = 0x80000002,
  kBootServicesApplication = 0x80000003,
  kGpt = 0x80000006,
  kAction = 0x80000007,
  kPlatformFirmwareBlob = 0x80000008,
  kHandoffTables = 0x80000009,
  kVariableAuthority = 0x800000E0,
};

struct Event {
  std::uint32_t pcr;
  EventType type;
  BankDigests digests;  // zero for kNoAction, which is not measured
  Bytes data;
};

struct BootLog {
  std::uint8_t startup_locality = 0;
  std::vector<Event> events;  // without the Spec ID and StartupLocality events
  // What reference values are made of.
  std::vector<crypto::Digest> applications;  // SHA-256, in the order they ran
  std::string kernel_command_line;

  Bytes bytes() const;  // binary_bios_measurements
  // The value of a SHA-256 PCR after all events.
  crypto::Digest replay(std::uint32_t pcr) const;
};

// ---- structures of UEFI, as bytes ----

struct Guid {
  std::uint32_t a;
  std::uint16_t b, c;
  ByteArray<8> d;
};
inline constexpr Guid kGlobalVariable{
    0x8be4df61, 0x93ca, 0x11d2, {0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c}};
inline constexpr Guid kImageSecurityDatabase{
    0xd719b2cb, 0x3d3a, 0x4596, {0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f}};
inline constexpr Guid kShimLock{
    0x605dab50, 0xe046, 0x4300, {0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23}};
inline constexpr Guid kCertX509{
    0xa5c059a1, 0x94e4, 0x4aa7, {0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72}};
inline constexpr Guid kCertSha256{
    0xc1c41626, 0x504c, 0x4092, {0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28}};
// Whoever put the test certificates there.
inline constexpr Guid kSignatureOwner{
    0x5ea30127, 0x1a6e, 0x4c0f, {0x9d, 0x51, 0x73, 0x65, 0x61, 0x77, 0x6f, 0x72}};

Bytes utf16(std::string_view ascii);  // little-endian, without NUL
// UEFI_VARIABLE_DATA (PFP §10.2.6).
Bytes variable_data(const Guid& guid, std::string_view name, ByteSpan data);
// EFI_SIGNATURE_DATA and EFI_SIGNATURE_LIST (UEFI §32.4.1).
Bytes signature_data(const Guid& owner, ByteSpan data);
Bytes signature_list(const Guid& type, const std::vector<Bytes>& signatures);
// EFI_DEVICE_PATH (UEFI §10.3) of a file on the first partition of the first disk.
Bytes device_path(std::string_view file);
// UEFI_IMAGE_LOAD_EVENT (PFP §10.2.3).
Bytes image_load_event(std::uint64_t size, ByteSpan path);
// EFI_LOAD_OPTION (UEFI §3.1.3).
Bytes load_option(std::string_view description, ByteSpan path);
// UEFI_GPT_DATA (PFP §10.2.5).
Bytes gpt_data();

}  // namespace seaworthy::machine
