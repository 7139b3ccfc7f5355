// kubectl seaworthy capture image: reference values of what an image will boot and run.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "commands/capture.h"
#include "image/image.h"

namespace seaworthy::commands {

struct ImageOptions {
  bool all_files = false;                 // not only those that can be executed
  std::vector<std::string> ignored = {};  // folders: files below them are left out
  // Of the kernel, besides those in unified kernel images; absent: /etc/kernel/cmdline.
  std::vector<std::string> command_lines = {};
};

// Files that IMA measures when they are executed, mapped for execution or loaded by the kernel:
// whatever has an x bit, is ELF or begins with "#!", kernel modules and firmware; those in initrds
// below boot/ and efi/ and in unified kernel images too. Programs of UEFI below boot/ and efi/ by
// their Authenticode digests; what GRUB reads there, as events of PCR 9.
//
// kMalformed: nothing of that is in it, or more than a set may have.
Result<Capture> capture_image(const std::string& name, const std::string& path,
                              const image::Image& image, const ImageOptions& options);

}  // namespace seaworthy::commands
