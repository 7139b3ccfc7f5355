#include "image/boot_file.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "eventlog/pe_image.h"
#include "image/initrd.h"

namespace seaworthy::image {
namespace {

// Of a kernel for x86: "HdrS" (Linux, Documentation/arch/x86/boot.rst).
constexpr std::size_t kSetupMagic = 0x202;

bool is_named_initrd(std::string_view path) {
  return path.substr(path.rfind('/') + 1).starts_with("initr");  // initrd.img, initramfs-6.1.img
}

// Passes the bytes on, and keeps them if they are those of a program or an initrd.
class Keeping : public ByteSource {
 public:
  Keeping(ByteSource& from, std::string_view path, std::size_t max)
      : from_(from), path_(path), max_(max) {}

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    const std::size_t n = TRY(from_.read(to));
    const ByteSpan read = ByteSpan(to).first(n);
    if (std::exchange(first_, false)) {
      program = eventlog::looks_like_pe(read);
      initrd = !program && (looks_like_cpio(read) || is_named_initrd(path_));
    }
    if (program || initrd) {
      append(bytes, read);
    }
    if (bytes.size() > max_) {
      return malformed("a program of UEFI or an initrd larger than " + std::to_string(max_) +
                       " bytes");
    }
    return n;
  }

  bool program = false, initrd = false;
  Bytes bytes;

 private:
  ByteSource& from_;
  std::string_view path_;
  std::size_t max_;
  bool first_ = true;
};

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

EfiProgram efi_program(ByteSpan image, const eventlog::PeImage& program) {
  EfiProgram out{.kind = kind_of(image, program)};
  const ByteSpan digest = program.authenticode.bytes();
  std::copy(digest.begin(), digest.end(), out.authenticode.begin());
  if (const eventlog::PeSection* line = program.section(".cmdline")) {
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

Result<File> measure_boot_file(ByteSource& content, std::string_view path, Archives& archives,
                               const Limits& limits, std::uint64_t& left) {
  Keeping kept(content, path, limits.max_boot_bytes);
  File file = TRY(measure(kept, path, left));
  ByteSpan initrd = kept.initrd ? ByteSpan(kept.bytes) : ByteSpan();
  // What is no program after all is a file like others.
  const auto program =
      kept.program ? eventlog::parse_pe_image(kept.bytes) : malformed("no program");
  if (program) {
    file.efi = efi_program(kept.bytes, *program);
    if (const eventlog::PeSection* section = program->section(".initrd")) {
      initrd = section->data;
    }
  }
  if (!initrd.empty()) {
    file.initrd = std::make_shared<const Initrd>(read_initrd(initrd, archives, limits, left));
  }
  return file;
}

}  // namespace seaworthy::image
