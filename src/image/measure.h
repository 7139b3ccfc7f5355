// One file: its digest, and what it is by its content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "image/entry.h"

namespace seaworthy::image {

enum class Content : std::uint8_t { kOther, kElf, kScript };

struct EfiProgram {
  enum class Kind : std::uint8_t { kOther, kGrub, kKernel, kUnifiedKernel };
  Kind kind = Kind::kOther;
  ByteArray<32> authenticode{};
  std::optional<std::string> command_line = {};  // the section .cmdline
};

struct File {
  ByteArray<32> sha256{};
  bool executable = false;
  Content content = Content::kOther;
  std::optional<EfiProgram> efi = {};
  std::string text = {};  // of kCommandLineFile: its first line
};
inline constexpr std::string_view kCommandLineFile = "etc/kernel/cmdline";

// Whether programs of UEFI are looked for there: below boot/ and efi/, in upper or lower case.
bool is_boot_path(std::string_view path);

// Reads the content to its end. `left`: bytes that may still be read, less those that were.
// kMalformed: more bytes than that, a program that is larger than it may be.
Result<File> measure(ByteSource& content, std::string_view path, const Limits& limits,
                     std::uint64_t& left);

}  // namespace seaworthy::image
