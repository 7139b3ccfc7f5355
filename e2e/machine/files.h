// Whole files, written so that a reader sees the old or the new one.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::machine {

Result<Bytes> read_file(const std::filesystem::path& path);
// Writes beside it and renames.
Result<void> write_file(const std::filesystem::path& path, ByteSpan content, mode_t mode = 0644);
// One write() at the end of a file that exists.
Result<void> append_file(const std::filesystem::path& path, ByteSpan content);

}  // namespace seaworthy::machine
