// Files of this machine: a folder as a tree, a file as bytes. No link below the folder is followed.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "image/entry.h"

namespace seaworthy::image {

// kNotFound: cannot be opened. A path that is a link, a device or a pipe is refused.
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path);

// All that is below the folder, but for dev, proc, run and sys at its top, which are not on a disk.
// kNotFound: no folder, or something in it cannot be read.
Result<std::unique_ptr<EntryReader>> open_folder(const std::string& path);

}  // namespace seaworthy::image
