#include "image/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "codec/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "image/folder.h"
#include "image/libarchive/archives.h"
#include "support/pe_image.h"
#include "support/tar.h"

namespace seaworthy::image {
namespace {

namespace fs = std::filesystem;
using codec::Json;
using seaworthy::testing::tar;
using seaworthy::testing::TarEntry;

std::string digest(const std::string& content) {
  return codec::to_hex(crypto::sha256(as_bytes(content)).bytes());
}

struct ImageTest : ::testing::Test {
  fs::path folder;
  std::unique_ptr<Archives> archives = libarchive::create_archives();

  ImageTest() {
    std::string name = (fs::temp_directory_path() / "seaworthy-image-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~ImageTest() override { fs::remove_all(folder); }

  void put(const std::string& path, const std::string& content, bool executable = false) {
    const fs::path at = folder / path;
    fs::create_directories(at.parent_path());
    std::ofstream(at, std::ios::binary) << content;
    fs::permissions(at, executable ? fs::perms::owner_all : fs::perms::owner_read);
  }
  Result<Image> read(const std::string& path) {
    return read_image((folder / path).string(), *archives);
  }
  Result<Image> read_tar(const std::vector<TarEntry>& entries) {
    put("image.tar", tar(entries));
    return read("image.tar");
  }
};

TEST_F(ImageTest, SaysOfAFolderWhatItsFilesAre) {
  const Bytes program =
      seaworthy::testing::pe_image({{".linux", "kernel"}, {".cmdline", "root=/dev/a ro\n"}});
  put("root/usr/bin/tool",
      "\x7F"
      "ELF...",
      true);
  put("root/usr/lib/lib.so",
      "\x7F"
      "ELF");
  put("root/usr/bin/script", "#!/bin/sh");
  put("root/etc/passwd", "root:x");
  put("root/etc/kernel/cmdline", "quiet\nmore");
  put("root/boot/EFI/Linux/uki.efi", std::string(as_text(program)));
  put("root/usr/uki.efi", std::string(as_text(program)));
  put("root/boot/broken.efi", "MZ and nothing else");
  put("root/proc/1/exe",
      "\x7F"
      "ELF");
  fs::create_symlink("/etc/passwd", folder / "root/link");
  fs::create_directory_symlink("/etc", folder / "root/links");
  ASSERT_EQ(mkfifo((folder / "root/pipe").c_str(), 0600), 0);
  const auto image = read("root");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->kind, ImageKind::kFolder);
  const auto& files = image->files;
  EXPECT_EQ(files.size(), 8u);
  EXPECT_TRUE(files.at("usr/bin/tool").executable);
  EXPECT_EQ(files.at("usr/bin/tool").content, Content::kElf);
  EXPECT_FALSE(files.at("usr/lib/lib.so").executable);
  EXPECT_EQ(files.at("usr/bin/script").content, Content::kScript);
  EXPECT_EQ(files.at("etc/passwd").content, Content::kOther);
  EXPECT_EQ(codec::to_hex(files.at("etc/passwd").sha256), digest("root:x"));
  EXPECT_EQ(files.at("etc/kernel/cmdline").text, "quiet");
  const auto& efi = files.at("boot/EFI/Linux/uki.efi").efi;
  ASSERT_TRUE(efi);
  EXPECT_EQ(efi->kind, EfiProgram::Kind::kUnifiedKernel);
  EXPECT_EQ(efi->command_line, "root=/dev/a ro");
  EXPECT_FALSE(files.at("usr/uki.efi").efi);
  EXPECT_FALSE(files.at("boot/broken.efi").efi);
}

TEST_F(ImageTest, TellsKernelsAndGrubFromOtherPrograms) {
  Bytes kernel = seaworthy::testing::pe_image({{".text", "code"}});
  std::copy_n("HdrS", 4, kernel.begin() + 0x202);
  put("root/boot/vmlinuz", std::string(as_text(kernel)));
  put("root/EFI/grub.efi",
      std::string(as_text(seaworthy::testing::pe_image({{"mods", "modules"}}))));
  put("root/efi/shim.efi", std::string(as_text(seaworthy::testing::pe_image({{".text", "x"}}))));
  const auto image = read("root");
  ASSERT_TRUE(image);
  EXPECT_EQ(image->files.at("boot/vmlinuz").efi->kind, EfiProgram::Kind::kKernel);
  EXPECT_EQ(image->files.at("EFI/grub.efi").efi->kind, EfiProgram::Kind::kGrub);
  EXPECT_EQ(image->files.at("efi/shim.efi").efi->kind, EfiProgram::Kind::kOther);
}

TEST_F(ImageTest, ReadsAnArchive) {
  const auto image = read_tar({{.name = "./", .type = '5'},
                               {.name = "./bin/a", .content = "content", .mode = 0755},
                               {.name = "./bin/b", .type = '1', .target = "./bin/a"},
                               {.name = "./link", .type = '2', .target = "/etc/passwd"},
                               {.name = "./pipe", .type = '6'},
                               {.name = "./\xC3\xA4", .content = "umlaut"},
                               {.name = "./\xFF", .content = "byte"}});
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->kind, ImageKind::kArchive);
  EXPECT_EQ(image->files.size(), 4u);
  EXPECT_TRUE(image->files.at("bin/a").executable);
  EXPECT_EQ(codec::to_hex(image->files.at("bin/b").sha256), digest("content"));
  EXPECT_TRUE(image->files.contains("\xC3\xA4"));
  EXPECT_TRUE(image->files.contains("\xFF"));
}

// A pax header in front of an entry says its name in UTF-8, of any length.
TEST_F(ImageTest, ReadsNamesInPaxHeaders) {
  const std::string name = std::string(200, 'n') + "/\xC3\xA4";
  const std::string record = "path=" + name + "\n";
  const std::string length = std::to_string(record.size() + 4) + " ";
  ASSERT_EQ(length.size(), 4u);
  const auto image = read_tar({{.name = "PaxHeaders/x", .content = length + record, .type = 'x'},
                               {.name = "short", .content = "content"}});
  ASSERT_TRUE(image) << image.error().message();
  ASSERT_TRUE(image->files.contains(name));
  EXPECT_EQ(image->files.size(), 1u);
}

// Written by libarchive itself, with each kind of compression.
TEST_F(ImageTest, ReadsACompressedArchive) {
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
                           ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD}) {
    const std::string path = (folder / "image.tar").string();
    const std::string name = std::string(200, 'n') + "/\xC3\xA4";
    archive* a = archive_write_new();
    archive_write_set_format_pax(a);
    archive_write_add_filter(a, filter);
    ASSERT_EQ(archive_write_open_filename(a, path.c_str()), ARCHIVE_OK);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, 7);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(a, entry);
    archive_write_data(a, "content", 7);
    archive_entry_free(entry);
    archive_write_free(a);
    const auto image = read("image.tar");
    ASSERT_TRUE(image) << filter << ": " << image.error().message();
    ASSERT_TRUE(image->files.contains(name)) << filter;
    EXPECT_EQ(codec::to_hex(image->files.at(name).sha256), digest("content"));
  }
}

TEST_F(ImageTest, RefusesHostileArchives) {
  for (const char* name : {"/etc/passwd", "../etc/passwd", "a/../../b"}) {
    EXPECT_FALSE(read_tar({{.name = name}})) << name;
  }
  EXPECT_FALSE(read_tar({{.name = "a"}, {.name = "./a"}}));
  EXPECT_FALSE(read_tar({{.name = "a", .type = '2', .target = "/etc"}, {.name = "a/passwd"}}));
  EXPECT_FALSE(read_tar({{.name = "a", .type = '1', .target = "/etc/passwd"}}));
}

TEST_F(ImageTest, RefusesWhatBreaksOff) {
  const std::string whole = tar({{.name = "a", .content = std::string(2000, 'x')}, {.name = "b"}});
  for (const std::size_t size : {700u, 1100u, 2700u}) {
    put("image.tar", whole.substr(0, size));
    EXPECT_FALSE(read("image.tar")) << size;
  }
  put("text", "this is no archive");
  EXPECT_FALSE(read("text"));
  EXPECT_EQ(read("none").error().code(), ErrorCode::kNotFound);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(read("pipe").error().message().find("it is no regular file"), std::string::npos);
}

std::vector<TarEntry> oci_layout() {
  const std::string layer = tar({{.name = "bin/a", .content = "content", .mode = 0755}});
  const std::string manifest = Json{{"layers", {{{"digest", "sha256:" + digest(layer)}}}}}.dump();
  const std::string index =
      Json{{"manifests", {{{"digest", "sha256:" + digest(manifest)}}}}}.dump();
  return {{.name = "oci-layout", .content = "{}"},
          {.name = "index.json", .content = index},
          {.name = "blobs/sha256/" + digest(manifest), .content = manifest},
          {.name = "blobs/sha256/" + digest(layer), .content = layer}};
}

TEST_F(ImageTest, ReadsAnOciLayoutAsFolderAndAsArchive) {
  for (const TarEntry& entry : oci_layout()) {
    put("layout/" + entry.name, entry.content);
  }
  for (const auto& image : {read("layout"), read_tar(oci_layout())}) {
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ(image->kind, ImageKind::kOciLayout);
    EXPECT_EQ(image->files.size(), 1u);
    EXPECT_TRUE(image->files.contains("bin/a"));
  }
}

// As Docker 25 and later write it: an OCI layout with a list of its own.
TEST_F(ImageTest, ReadsADockerArchive) {
  auto entries = oci_layout();
  entries.push_back(
      {.name = "manifest.json", .content = Json::array({{{"Layers", {entries[3].name}}}}).dump()});
  const auto image = read_tar(entries);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->kind, ImageKind::kDockerArchive);
  EXPECT_TRUE(image->files.contains("bin/a"));
  entries[3].type = '2';
  entries[3].content = "";
  entries[3].target = "elsewhere";
  EXPECT_NE(read_tar(entries).error().message().find("save the image anew"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::image
