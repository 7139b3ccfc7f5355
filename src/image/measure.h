// One file: its digest, and what it is by its content.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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

struct Initrd;

struct File {
  ByteArray<32> sha256{};
  bool executable = false;
  Content content = Content::kOther;
  std::string text = {};  // of kCommandLineFile: its first line
  // Of boot files only (image/boot_file.h):
  std::optional<EfiProgram> efi = {};
  std::shared_ptr<const Initrd> initrd = {};  // it is one, or a unified kernel with one in it
};
inline constexpr std::string_view kCommandLineFile = "etc/kernel/cmdline";

struct Initrd {
  std::map<std::string, File> files;  // by path in it, without "/" in front
  std::string problem = {};           // why there may be more that could not be read; or empty
};

// The text up to the first end of a line, at most 4,096 bytes.
std::string first_line(std::string_view text);

// Reads the content to its end. `left`: bytes that may still be read, less those that were.
// kMalformed: more bytes than that.
Result<File> measure(ByteSource& content, std::string_view path, std::uint64_t& left);

}  // namespace seaworthy::image
