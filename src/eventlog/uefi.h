// The data of UEFI events. Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10.2.3 to
// §10.2.6; UEFI 2.10, §32.4.1 (signature lists), §10 (device paths). Integers are little-endian.
//
// Everything here reads bytes whose truth the caller has to establish first (R16). Views point
// into the input.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::eventlog {

using Guid = ByteArray<16>;  // as on the wire: the first three fields are little-endian

// "8be4df61-93ca-11d2-aa0d-00e098032b8c"
std::string text(const Guid& guid);

inline constexpr Guid kEfiGlobalVariable = {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11,
                                            0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C};
inline constexpr Guid kEfiImageSecurityDatabase = {0xCB, 0xB2, 0x19, 0xD7, 0x3A, 0x3D, 0x96, 0x45,
                                                   0xA3, 0xBC, 0xDA, 0xD0, 0x0E, 0x67, 0x65, 0x6F};
inline constexpr Guid kShimLock = {0x50, 0xAB, 0x5D, 0x60, 0x46, 0xE0, 0x00, 0x43,
                                   0xAB, 0xB6, 0x3D, 0xD8, 0x10, 0xDD, 0x8B, 0x23};
inline constexpr Guid kCertX509 = {0xA1, 0x59, 0xC0, 0xA5, 0xE4, 0x94, 0xA7, 0x4A,
                                   0x87, 0xB5, 0xAB, 0x15, 0x5C, 0x2B, 0xF0, 0x72};
inline constexpr Guid kCertSha256 = {0x26, 0x16, 0xC4, 0xC1, 0x4C, 0x50, 0x92, 0x40,
                                     0xAC, 0xA9, 0x41, 0xF9, 0x36, 0x93, 0x43, 0x28};

// UEFI_VARIABLE_DATA (§10.2.6).
struct UefiVariable {
  Guid guid{};
  std::string name;  // UTF-8; at most kMaxVariableName code units before
  ByteSpan data;
};
inline constexpr std::size_t kMaxVariableName = 512;  // longest real one: 20

// Exactly one variable. kMalformed: truncated, trailing bytes, a name that is too long or not text.
Result<UefiVariable> parse_uefi_variable(ByteSpan in);
Bytes write_uefi_variable(const UefiVariable& variable);

// EFI_SIGNATURE_DATA (§32.4.1).
struct SignatureData {
  Guid owner{};
  ByteSpan data;
};
// EFI_SIGNATURE_LIST. Its SignatureHeader is vendor bytes, which are skipped and never data.
struct SignatureList {
  Guid type{};
  std::vector<SignatureData> signatures;
};

// A whole variable: lists one after the other, nothing else. An empty input is an empty variable.
// kMalformed: sizes that contradict each other or exceed what is there.
Result<std::vector<SignatureList>> parse_signature_lists(ByteSpan in);

// UEFI_IMAGE_LOAD_EVENT (§10.2.3). The event's digest is the image's Authenticode hash, never the
// hash of this data: all of it is a hint for people.
struct ImageLoad {
  std::uint64_t location = 0;
  std::uint64_t length = 0;
  ByteSpan device_path;
};
Result<ImageLoad> parse_image_load(ByteSpan in);

// The file of a device path: "\EFI\debian\shimx64.efi"; empty if it names none or does not
// decode. For people only: nothing authenticates it.
std::string claimed_file(ByteSpan device_path);

// UTF-16LE to UTF-8; a trailing NUL is dropped. kMalformed: an odd size, a lone surrogate, a NUL
// inside.
Result<std::string> utf16le_to_utf8(ByteSpan in);

}  // namespace seaworthy::eventlog
