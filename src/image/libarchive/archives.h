// Archives by libarchive: tar, plain or compressed (gzip, bzip2, xz, zstd), cpio, and what is
// compressed by these, lz4 or lzma. Nothing is unpacked.
#pragma once

#include <memory>

#include "image/entry.h"

namespace seaworthy::image::libarchive {

std::unique_ptr<Archives> create_archives();

}  // namespace seaworthy::image::libarchive
