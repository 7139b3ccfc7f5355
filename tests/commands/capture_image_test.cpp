#include "commands/capture_image.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace seaworthy::commands {
namespace {

using api::Sha256Value;
using image::Content;
using image::EfiProgram;
using image::File;
using image::Image;
using Kind = EfiProgram::Kind;

const Sha256Value kA{1}, kB{2}, kC{3}, kD{4};

File program(Kind kind, const Sha256Value& authenticode, const Sha256Value& content,
             std::optional<std::string> command_line = {}) {
  return {.sha256 = content,
          .efi = EfiProgram{
              .kind = kind, .authenticode = authenticode, .command_line = std::move(command_line)}};
}

Capture captured(const Image& image, const ImageOptions& options = {}) {
  auto capture = capture_image("some", "/mnt", image, options);
  EXPECT_TRUE(capture) << capture.error().message();
  return capture ? *std::move(capture) : Capture{.sets = {{}}};
}
std::vector<std::string> paths(const Capture& capture) {
  std::vector<std::string> out;
  for (const auto& file : capture.sets[0].files) {
    out.push_back(file.path);
  }
  return out;
}
bool mentions(const Capture& capture, std::string_view what) {
  return std::any_of(capture.remarks.begin(), capture.remarks.end(),
                     [&](const std::string& s) { return s.find(what) != std::string::npos; });
}

Image some_files() {
  Image image;
  const auto add = [&](const std::string& path, bool executable, Content content) {
    Sha256Value digest{};
    digest[31] = static_cast<std::uint8_t>(image.files.size() + 1);
    image.files[path] = {.sha256 = digest, .executable = executable, .content = content};
  };
  add("etc/passwd", false, Content::kOther);
  add("lib/firmware/wifi.bin", false, Content::kOther);
  add("lib/modules/6.1/ext4.ko.xz", false, Content::kOther);
  add("opt/run", true, Content::kOther);
  add("usr/lib/lib.so", false, Content::kElf);
  add("var/script", false, Content::kScript);
  return image;
}

TEST(CaptureImage, ListsWhatCanBeExecutedOrLoaded) {
  EXPECT_EQ(paths(captured(some_files())),
            (std::vector<std::string>{"/lib/firmware/wifi.bin", "/lib/modules/6.1/ext4.ko.xz",
                                      "/opt/run", "/usr/lib/lib.so", "/var/script"}));
  EXPECT_EQ(paths(captured(some_files(), {.all_files = true})).size(), 6u);
  const Capture some = captured(some_files(), {.ignored = {"/lib/", "/opt/"}});
  EXPECT_EQ(paths(some), (std::vector<std::string>{"/usr/lib/lib.so", "/var/script"}));
  EXPECT_TRUE(mentions(some, "3 files are left out"));
  EXPECT_TRUE(mentions(some, "the set is about files only"));
}

// IMA measures what runs before there is a root file system, under the names that it has there.
TEST(CaptureImage, ListsWhatAnInitrdRuns) {
  Image image;
  const auto initrd = std::make_shared<image::Initrd>();
  initrd->files["init"] = {.sha256 = kA, .content = Content::kScript};
  initrd->files["lib/modules/6.1/ext4.ko"] = {.sha256 = kB};
  initrd->files["etc/fstab"] = {.sha256 = kC};
  image.files["boot/initrd.img"] = {.sha256 = kD, .initrd = initrd};
  const Capture capture = captured(image);
  EXPECT_EQ(paths(capture), (std::vector<std::string>{"/init", "/lib/modules/6.1/ext4.ko"}));
  EXPECT_FALSE(mentions(capture, "initrd"));
  EXPECT_NE(std::find(capture.sources.begin(), capture.sources.end(),
                      "the initrd /boot/initrd.img: 3 files"),
            capture.sources.end());
  initrd->problem = "something\nstrange";
  EXPECT_TRUE(mentions(captured(image), "/boot/initrd.img"));
  EXPECT_TRUE(mentions(captured(image), "something\\x0astrange"));
}

TEST(CaptureImage, ListsBootLoadersAndKernelsAndWhatGrubReads) {
  Image image;
  image.files["boot/efi/EFI/debian/shimx64.efi"] = program(Kind::kOther, kA, {});
  image.files["boot/efi/EFI/debian/grubx64.efi"] = program(Kind::kGrub, kB, {});
  image.files["boot/vmlinuz"] = program(Kind::kKernel, kC, kD);
  image.files["boot/initrd.img"] = {.sha256 = kA};
  image.files["boot/grub/grub.cfg"] = {.sha256 = kB};
  image.files["usr/share/boot"] = {.sha256 = kC};
  const Capture capture = captured(image, {.command_lines = {"/vmlinuz ima_policy=tcb"}});
  const auto& set = capture.sets[0];
  EXPECT_EQ(set.applications, (std::vector{kA, kB, kC}));
  EXPECT_TRUE(set.unified_kernels.empty());
  ASSERT_EQ(set.events.size(), 1u);
  EXPECT_EQ(set.events[0].pcr, 9);
  EXPECT_EQ(set.events[0].sha256, (std::vector{kA, kB, kD}));
  EXPECT_EQ(set.command_lines, std::vector<std::string>{"/vmlinuz ima_policy=tcb"});
  EXPECT_EQ(capture.notes.at(kD), "/boot/vmlinuz");
  EXPECT_TRUE(capture.remarks.empty());
}

TEST(CaptureImage, ListsKernelsAndInitrdsOnlyIfThereIsTooMuchForGrubToRead) {
  Image image;
  image.files["boot/efi/grubx64.efi"] = program(Kind::kGrub, kB, {});
  image.files["boot/vmlinuz"] = program(Kind::kKernel, kC, kD);
  for (std::size_t i = 0; i < api::kMaxEvents; ++i) {
    image.files["boot/grub/" + std::to_string(i)] = {
        .sha256 = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 9}};
  }
  const Capture capture = captured(image);
  EXPECT_EQ(capture.sets[0].events[0].sha256, std::vector{kD});
  EXPECT_TRUE(mentions(capture, "PCR 9 has the kernels"));
}

TEST(CaptureImage, BesideAUnifiedKernelNothingThatTakesAnyCommandLineIsListed) {
  Image image;
  image.files["efi/EFI/systemd/systemd-bootx64.efi"] = program(Kind::kOther, kA, {});
  image.files["efi/EFI/Linux/a.efi"] =
      program(Kind::kUnifiedKernel, kB, {}, "root=/dev/a ima_policy=tcb");
  image.files["boot/vmlinuz"] = program(Kind::kKernel, kC, {});
  image.files["boot/grubx64.efi"] = program(Kind::kGrub, kD, {});
  image.files["etc/kernel/cmdline"] = {.text = "another"};
  const Capture capture = captured(image);
  const auto& set = capture.sets[0];
  EXPECT_EQ(set.applications, std::vector{kA});
  EXPECT_EQ(set.unified_kernels, std::vector{kB});
  EXPECT_TRUE(set.events.empty());
  EXPECT_EQ(set.command_lines, std::vector<std::string>{"root=/dev/a ima_policy=tcb"});
  EXPECT_TRUE(mentions(capture, "/boot/grubx64.efi, /boot/vmlinuz"));
}

TEST(CaptureImage, TakesTheCommandLineFromItsConfiguration) {
  Image image;
  image.files["boot/vmlinuz"] = program(Kind::kKernel, kC, {});
  image.files["etc/kernel/cmdline"] = {.text = "root=/dev/a init=/bin/sh"};
  const Capture capture = captured(image);
  EXPECT_EQ(capture.sets[0].command_lines, std::vector<std::string>{"root=/dev/a init=/bin/sh"});
  EXPECT_TRUE(mentions(capture, "/etc/kernel/cmdline"));
  EXPECT_TRUE(mentions(capture, "'init=/bin/sh'"));
  EXPECT_TRUE(mentions(capture, "names no IMA policy"));
  EXPECT_EQ(captured(image, {.command_lines = {"given"}}).sets[0].command_lines,
            std::vector<std::string>{"given"});
}

TEST(CaptureImage, ACommandLineWithoutAProgramIsLeftOut) {
  Image image = some_files();
  image.files["etc/kernel/cmdline"] = {.text = "quiet"};
  const Capture capture = captured(image);
  EXPECT_TRUE(capture.sets[0].command_lines.empty());
  EXPECT_TRUE(mentions(capture, "is left out"));
}

TEST(CaptureImage, RefusesAnImageWithNothingInIt) {
  Image image;
  image.files["etc/passwd"] = {};
  EXPECT_EQ(capture_image("some", "/mnt", image, {}).error().code(), ErrorCode::kMalformed);
}

}  // namespace
}  // namespace seaworthy::commands
