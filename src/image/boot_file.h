// One file of those that firmware or a boot loader reads: programs of UEFI, initrds.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "image/entry.h"
#include "image/measure.h"

namespace seaworthy::image {

// Whether such files are looked for there: below boot/ and efi/, in upper or lower case.
bool is_boot_path(std::string_view path);

// As measure(), and what it is to the boot. An initrd is what begins as a cpio archive, or has a
// name that begins with "initr"; one that cannot be read is a problem of the File, not of the
// image. kMalformed also: larger than Limits::max_boot_bytes.
Result<File> measure_boot_file(ByteSource& content, std::string_view path, Archives& archives,
                               const Limits& limits, std::uint64_t& left);

}  // namespace seaworthy::image
