// Files that a person names.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::cli {

// An IMA list of a million entries has about 100 MiB.
inline constexpr std::size_t kMaxImaListBytes = std::size_t{1} << 30;

// The whole file; "-" is standard input. kNotFound: cannot be opened or read; kMalformed: larger
// than `max_bytes`, of which no more is read.
Result<Bytes> read_input(const std::string& path, std::size_t max_bytes);

// Makes the folder, for its owner only, or takes it if it is there and empty. kDenied otherwise.
Result<void> make_empty_folder(const std::string& path);
// A file that is not there yet, for its owner only. kDenied: it cannot be written.
Result<void> write_new(const std::string& path, ByteSpan content);

}  // namespace seaworthy::cli
