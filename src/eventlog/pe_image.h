// A program of UEFI (PE/COFF): the digest that firmware measures when it starts it, and its
// sections. Spec: Microsoft, Windows Authenticode Portable Executable Signature Format, 1.0,
// "Calculating the PE Image Hash"; PE Format; UAPI.5 "Unified Kernel Image". Little-endian.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxPeSections = 256;  // largest real one: a UKI with 14

struct PeSection {
  std::string_view name;  // ".text": at most 8 bytes
  ByteSpan data;          // as in the file, without the padding behind it
};

// An image that is well-formed; views into its bytes.
struct PeImage {
  // SHA-256, as the event EV_EFI_BOOT_SERVICES_APPLICATION has it: the same whether signed or not.
  crypto::Digest authenticode;
  std::vector<PeSection> sections;  // in the order of their table

  const PeSection* section(std::string_view name) const;  // the first one; null if there is none
  // A kernel with its command line and initrd in one image (.linux).
  bool is_unified_kernel() const { return section(".linux") != nullptr; }
};

// It begins as a PE image does, and as programs of DOS do.
bool looks_like_pe(ByteSpan head);

// kMalformed names structure and offset: no PE image, headers or sections that lie outside, more
// sections than kMaxPeSections, signatures that overlap what is hashed. Allocates for the sections
// alone.
Result<PeImage> parse_pe_image(ByteSpan image);

}  // namespace seaworthy::eventlog
