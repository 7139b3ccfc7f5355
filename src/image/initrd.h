// The files that the kernel unpacks into its first root file system.
// Spec: Linux 6.12, Documentation/driver-api/early-userspace/buffer-format.rst.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "image/entry.h"
#include "image/measure.h"

namespace seaworthy::image {

// cpio in the format newc, with or without checksums.
bool looks_like_cpio(ByteSpan bytes);

// Archives one behind the other, with zeros between them, of which the last ones may be compressed
// together. A file that stands twice is the later one, as for the kernel. Hostile ones cost no more
// than Limits says; what could not be read is in `problem`, and what was read before stays.
// `left`: as in measure().
Initrd read_initrd(ByteSpan bytes, Archives& archives, const Limits& limits, std::uint64_t& left);

}  // namespace seaworthy::image
