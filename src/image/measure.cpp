#include "image/measure.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "crypto/digest.h"
#include "eventlog/pe_image.h"

namespace seaworthy::image {
namespace {

constexpr std::size_t kPart = 256 * 1024;
constexpr std::size_t kMaxCommandLine = 4096;
// Of a kernel for x86: "HdrS" (Linux, Documentation/arch/x86/boot.rst).
constexpr std::size_t kSetupMagic = 0x202;

Content content_of(std::string_view head) {
  return head.starts_with(
             "\x7F"
             "ELF")
             ? Content::kElf
         : head.starts_with("#!") ? Content::kScript
                                  : Content::kOther;
}

std::string first_line(std::string_view text) {
  return std::string(
      text.substr(0, std::min(text.find_first_of(std::string_view("\n\0", 2)), kMaxCommandLine)));
}

EfiProgram::Kind kind_of(ByteSpan image, const eventlog::PeImage& program) {
  if (program.is_unified_kernel()) {
    return EfiProgram::Kind::kUnifiedKernel;
  }
  if (program.section("mods") != nullptr) {
    return EfiProgram::Kind::kGrub;
  }
  const bool kernel =
      image.size() > kSetupMagic + 4 && as_text(image.subspan(kSetupMagic, 4)) == "HdrS";
  return kernel ? EfiProgram::Kind::kKernel : EfiProgram::Kind::kOther;
}

// What is no program after all is a file like others.
std::optional<EfiProgram> efi_program(ByteSpan image) {
  const auto program = eventlog::parse_pe_image(image);
  if (!program) {
    return std::nullopt;
  }
  EfiProgram out{.kind = kind_of(image, *program)};
  const ByteSpan digest = program->authenticode.bytes();
  std::copy(digest.begin(), digest.end(), out.authenticode.begin());
  if (const eventlog::PeSection* line = program->section(".cmdline")) {
    out.command_line = first_line(as_text(line->data));
  }
  return out;
}

}  // namespace

bool is_boot_path(std::string_view path) {
  std::string first(path.substr(0, path.find('/')));
  std::transform(first.begin(), first.end(), first.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return first.size() < path.size() && (first == "boot" || first == "efi");
}

Result<File> measure(ByteSource& content, std::string_view path, const Limits& limits,
                     std::uint64_t& left) {
  File file;
  crypto::Hasher hasher(crypto::HashAlg::kSha256);
  Bytes part(kPart);
  Bytes kept;  // the beginning, or all of what may be a program
  bool program = false;
  for (bool first = true; const std::size_t n = TRY(content.read(part)); first = false) {
    if (n > left) {
      return malformed("more bytes than an image may have");
    }
    left -= n;
    const ByteSpan read = ByteSpan(part).first(n);
    hasher.update(read);
    if (first) {
      file.content = content_of(as_text(read));
      program = is_boot_path(path) && eventlog::looks_like_pe(read);
      file.text = path == kCommandLineFile ? first_line(as_text(read)) : "";
    }
    if (program) {
      append(kept, read);
      if (kept.size() > limits.max_efi_bytes) {
        return malformed("a program of UEFI larger than " + std::to_string(limits.max_efi_bytes) +
                         " bytes");
      }
    }
  }
  file.efi = program ? efi_program(kept) : std::nullopt;
  const crypto::Digest digest = hasher.finish();
  std::copy(digest.bytes().begin(), digest.bytes().end(), file.sha256.begin());
  return file;
}

}  // namespace seaworthy::image
