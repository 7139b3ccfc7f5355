// What a tree of files is read from: entries with their content, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace seaworthy::image {

// Bytes in order. Gives how many were written to `to`; 0 at the end.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Result<std::size_t> read(std::span<std::uint8_t> to) = 0;
};

enum class EntryKind : std::uint8_t { kFile, kFolder, kSymbolicLink, kHardLink, kOther };

struct Entry {
  std::string path;  // as it is written there
  EntryKind kind = EntryKind::kOther;
  bool executable = false;  // by anybody
  std::string target = {};  // of a hard link
};

// read() gives the content of the entry that next() gave last, as far as it was not read.
class EntryReader : public ByteSource {
 public:
  // The next entry; null at the end. kMalformed: the rest cannot be read.
  virtual Result<std::optional<Entry>> next() = 0;
};

// One archive that others may follow.
class CpioReader : public EntryReader {
 public:
  // Bytes up to its end, once next() gave null.
  virtual std::size_t consumed() const = 0;
};

// Knows archives. Its readers live as long as the bytes that they read.
class Archives {
 public:
  virtual ~Archives() = default;
  // tar, plain or compressed. kMalformed: no archive.
  virtual Result<std::unique_ptr<EntryReader>> open(ByteSource& bytes) = 0;
  // cpio, not compressed.
  virtual Result<std::unique_ptr<CpioReader>> open_cpio(ByteSource& bytes) = 0;
  // What was compressed, by whatever the library knows. kMalformed: not compressed.
  virtual Result<std::unique_ptr<ByteSource>> decompress(ByteSource& bytes) = 0;
};

// What is read of an image, hostile or not.
struct Limits {
  std::size_t max_entries = 1'000'000;                 // a desktop system has 400,000
  std::uint64_t max_bytes = std::uint64_t{128} << 30;  // of all files in all layers
  // Of one program of UEFI (the largest UKI has 200 MiB) or initrd, as it lies there.
  std::size_t max_boot_bytes = std::size_t{512} << 20;
  std::size_t max_initrd_bytes = std::size_t{2} << 30;  // of an initrd, decompressed
};
inline constexpr std::size_t kMaxPath = 4096;
inline constexpr std::size_t kMaxJsonBytes = 4 << 20;  // of a manifest

}  // namespace seaworthy::image
