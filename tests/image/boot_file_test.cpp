#include "image/boot_file.h"

#include <gtest/gtest.h>

#include "image/libarchive/archives.h"
#include "image/memory.h"
#include "support/cpio.h"
#include "support/pe_image.h"

namespace seaworthy::image {
namespace {

using seaworthy::testing::cpio;

File read(const std::string& path, const std::string& content) {
  const auto archives = libarchive::create_archives();
  Memory text(as_bytes(content));
  std::uint64_t left = 1 << 20;
  const auto file = measure_boot_file(text, path, *archives, Limits(), left);
  EXPECT_TRUE(file) << file.error().message();
  return *file;
}

TEST(BootFile, LiesBelowBootOrEfi) {
  for (const char* path : {"boot/x", "efi/x", "EFI/BOOT/BOOTX64.EFI", "Boot/x"}) {
    EXPECT_TRUE(is_boot_path(path)) << path;
  }
  for (const char* path : {"boot", "usr/boot/x", "bootx/y", ""}) {
    EXPECT_FALSE(is_boot_path(path)) << path;
  }
}

TEST(BootFile, AnInitrdIsKnownByItsContentOrItsName) {
  const std::string archive = cpio({{.name = "init", .content = "x"}});
  ASSERT_TRUE(read("boot/some.img", archive).initrd);
  EXPECT_EQ(read("boot/some.img", archive).initrd->files.size(), 1u);
  EXPECT_FALSE(read("boot/System.map", "text").initrd);
  const auto named = read("boot/initramfs-6.1.img", "of a kind that nobody knows").initrd;
  ASSERT_TRUE(named);
  EXPECT_NE(named->problem, "");
}

TEST(BootFile, AUnifiedKernelHasItsInitrdInside) {
  const Bytes image = seaworthy::testing::pe_image(
      {{".linux", "kernel"}, {".initrd", cpio({{.name = "init", .content = "x"}})}});
  const File file = read("efi/linux.efi", std::string(as_text(image)));
  ASSERT_TRUE(file.efi && file.initrd);
  EXPECT_EQ(file.efi->kind, EfiProgram::Kind::kUnifiedKernel);
  EXPECT_EQ(file.initrd->files.size(), 1u);
  EXPECT_EQ(file.initrd->problem, "");
}

}  // namespace
}  // namespace seaworthy::image
