#include "commands/capture_image.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "commands/text.h"
#include "image/boot_file.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using image::EfiProgram;
using image::File;

constexpr auto kFirmware = std::to_array<std::string_view>({"lib/firmware/", "usr/lib/firmware/"});
constexpr auto kModules =
    std::to_array<std::string_view>({".ko", ".ko.gz", ".ko.xz", ".ko.zst", ".ko.bz2"});

// The kernel measures these as files when it loads them (MODULE_CHECK, FIRMWARE_CHECK).
bool is_loaded_by_kernel(std::string_view path) {
  return std::any_of(kFirmware.begin(), kFirmware.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); }) ||
         std::any_of(kModules.begin(), kModules.end(),
                     [&](std::string_view end) { return path.ends_with(end); });
}

bool is_executed(std::string_view path, const File& file) {
  return file.executable || file.content != image::Content::kOther || is_loaded_by_kernel(path);
}

// What is read before any system runs, and cannot run later.
bool is_kernel_or_initrd(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("vmlinu") || name.starts_with("initr") || name == "grub.cfg";
}

class ImageCapture {
 public:
  ImageCapture(const image::Image& image, const ImageOptions& options)
      : image_(image), options_(options), ignored_(options.ignored) {}

  Result<Capture> run(const std::string& name, const std::string& path) {
    capture_.sources.push_back(std::string(text(image_.kind)) + ", " + path + ": " +
                               std::to_string(image_.files.size()) + " files");
    if (!options_.all_files) {
      capture_.sources.push_back(
          "these only what can be executed or loaded: ima_policy=tcb also measures what root reads "
          "(--all-files)");
    }
    set_.meta.name = name;
    for (const auto& [where, file] : image_.files) {
      take(where, file);
      if (file.initrd) {
        initrd(where, *file.initrd);
      }
    }
    programs();
    grub();
    command_lines();
    remarks();
    TRY(put_sets(std::move(set_), capture_));
    return std::move(capture_);
  }

 private:
  void remark(std::string sentence) { capture_.remarks.push_back(std::move(sentence)); }

  void take(const std::string& where, const File& file) {
    const std::string path = "/" + printable(where);
    if (ignored_.take(path)) {
      return;
    }
    if (options_.all_files || is_executed(where, file)) {
      set_.files.push_back({file.sha256, path.size() <= image::kMaxPath ? path : ""});
    }
  }

  // What runs before there is a root file system.
  void initrd(const std::string& where, const image::Initrd& inside) {
    capture_.sources.push_back("the initrd /" + printable(where) + ": " +
                               std::to_string(inside.files.size()) + " files");
    for (const auto& [path, file] : inside.files) {
      take(path, file);
    }
    if (!inside.problem.empty()) {
      remark("Of the initrd /" + printable(where) + " not everything could be read (" +
             printable(inside.problem) + "): what it runs may be missing.");
    }
  }

  bool has(EfiProgram::Kind kind) const {
    return std::any_of(image_.files.begin(), image_.files.end(), [&](const auto& entry) {
      return entry.second.efi && entry.second.efi->kind == kind;
    });
  }
  bool unified() const { return has(EfiProgram::Kind::kUnifiedKernel); }

  // Beside a unified kernel image neither GRUB nor a bare kernel may be started: they take any
  // command line.
  void programs() {
    for (const auto& [where, file] : image_.files) {
      if (!file.efi) {
        continue;
      }
      const bool loader = file.efi->kind == EfiProgram::Kind::kOther;
      if (file.efi->kind == EfiProgram::Kind::kUnifiedKernel) {
        set_.unified_kernels.push_back(file.efi->authenticode);
      } else if (loader || !unified()) {
        set_.applications.push_back(file.efi->authenticode);
      } else {
        left_out_ += (left_out_.empty() ? "/" : ", /") + printable(where);
        continue;
      }
      capture_.notes.try_emplace(file.efi->authenticode, "/" + printable(where));
    }
    if (!left_out_.empty()) {
      remark(
          "There are unified kernel images, so these, which take any command line, may not be "
          "started: " +
          left_out_);
    }
  }

  // GRUB measures every file that it reads into PCR 9. Which it reads is its configuration's
  // affair, so all that lie there may be read.
  void grub() {
    if (unified() || !has(EfiProgram::Kind::kGrub)) {
      return;
    }
    ReferenceValueSet::Events all{.pcr = 9, .sha256 = {}};
    ReferenceValueSet::Events some{.pcr = 9, .sha256 = {}};
    for (const auto& [where, file] : image_.files) {
      const bool program = file.efi && file.efi->kind != EfiProgram::Kind::kKernel;
      if (!image::is_boot_path(where) || program) {
        continue;
      }
      all.sha256.push_back(file.sha256);
      if (is_kernel_or_initrd(where)) {
        some.sha256.push_back(file.sha256);
      }
      capture_.notes.try_emplace(file.sha256, "/" + printable(where));
    }
    if (all.sha256.size() > api::kMaxEvents) {
      remark(std::to_string(all.sha256.size()) +
             " files below /boot are more than events may have: PCR 9 has the kernels, initrds and "
             "grub.cfg only. Add what GRUB reads besides, or leave PCR 9 out.");
      all = std::move(some);
    }
    if (!all.sha256.empty() && all.sha256.size() <= api::kMaxEvents) {
      set_.events.push_back(std::move(all));
    }
  }

  void command_lines() {
    std::vector<std::string> lines = options_.command_lines;
    for (const auto& [where, file] : image_.files) {
      if (file.efi && file.efi->kind == EfiProgram::Kind::kUnifiedKernel &&
          file.efi->command_line) {
        lines.push_back(*file.efi->command_line);
      }
    }
    const auto configured = image_.files.find(std::string(image::kCommandLineFile));
    if (lines.empty() && configured != image_.files.end() && !configured->second.text.empty()) {
      lines.push_back(configured->second.text);
      remark(
          "The command line is that of /etc/kernel/cmdline: compare it with what a machine "
          "measures. GRUB puts the kernel's file in front.");
    }
    for (const std::string& line : lines) {
      put_command_line(line, set_, capture_);
    }
    if (!set_.describes_boot() && !set_.command_lines.empty()) {
      set_.command_lines.clear();
      remark("A command line alone says nothing about what was booted: it is left out.");
    }
  }

  void remarks() {
    ignored_.remark(capture_);
    if (!set_.describes_boot()) {
      remark("No program of UEFI lies below /boot or /efi: the set is about files only.");
    }
  }

  const image::Image& image_;
  const ImageOptions& options_;
  IgnoredFolders ignored_;
  std::string left_out_;
  ReferenceValueSet set_;
  Capture capture_;
};

}  // namespace

Result<Capture> capture_image(const std::string& name, const std::string& path,
                              const image::Image& image, const ImageOptions& options) {
  return ImageCapture(image, options).run(name, path);
}

}  // namespace seaworthy::commands
