#include "image/initrd.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include "codec/hex.h"
#include "crypto/digest.h"
#include "image/libarchive/archives.h"
#include "support/cpio.h"

namespace seaworthy::image {
namespace {

using seaworthy::testing::cpio;
using seaworthy::testing::CpioEntry;

constexpr unsigned kExecutable = 0100755, kFolder = 0040755, kLink = 0120777;

std::string compressed(const std::string& bytes, int filter) {
  archive* a = archive_write_new();
  std::string out(bytes.size() + 4096, '\0');
  std::size_t used = 0;
  archive_write_set_format_raw(a);
  archive_write_add_filter(a, filter);
  archive_write_set_bytes_per_block(a, 0);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(a);
  out.resize(used);
  return out;
}

struct InitrdTest : ::testing::Test {
  std::unique_ptr<Archives> archives = libarchive::create_archives();
  Limits limits;
  std::uint64_t left = 1 << 20;

  Initrd read(const std::string& bytes) {
    return read_initrd(as_bytes(bytes), *archives, limits, left);
  }
  // "init bin/sh": those whose content is that of their name.
  std::string names(const std::string& bytes) {
    const Initrd initrd = read(bytes);
    EXPECT_EQ(initrd.problem, "");
    std::string out;
    for (const auto& [path, file] : initrd.files) {
      if (codec::to_hex(file.sha256) == codec::to_hex(crypto::sha256(as_bytes(path)).bytes())) {
        out += (out.empty() ? "" : " ") + path;
      }
    }
    return out;
  }
};

CpioEntry of(const std::string& name) {
  return {.name = name, .content = name};
}

TEST_F(InitrdTest, SaysWhatItsFilesAre) {
  const Initrd initrd = read(cpio({{.name = ".", .mode = kFolder},
                                   {.name = "bin", .mode = kFolder},
                                   {.name = "bin/sh",
                                    .content = "\x7F"
                                               "ELF",
                                    .mode = kExecutable},
                                   {.name = "init", .content = "#!/bin/sh\n", .mode = 0100644},
                                   {.name = "sbin", .content = "bin", .mode = kLink},
                                   {.name = "etc/fstab", .content = "x"}}));
  EXPECT_EQ(initrd.problem, "");
  ASSERT_EQ(initrd.files.size(), 3u);
  EXPECT_EQ(initrd.files.at("bin/sh").content, Content::kElf);
  EXPECT_TRUE(initrd.files.at("bin/sh").executable);
  EXPECT_EQ(initrd.files.at("init").content, Content::kScript);
  EXPECT_FALSE(initrd.files.at("etc/fstab").executable);
  EXPECT_EQ(codec::to_hex(initrd.files.at("etc/fstab").sha256),
            codec::to_hex(crypto::sha256(as_bytes("x")).bytes()));
}

// Microcode in front, as initramfs-tools and dracut put it there, and the rest compressed.
TEST_F(InitrdTest, ReadsArchivesBehindEachOther) {
  const std::string first = cpio({of("kernel/x86/microcode/GenuineIntel.bin")});
  const std::string zeros(512 - first.size() % 512, '\0');
  const std::string second = cpio({of("init")});
  EXPECT_EQ(names(first + second), "init kernel/x86/microcode/GenuineIntel.bin");
  EXPECT_EQ(names(first + zeros + second + zeros), "init kernel/x86/microcode/GenuineIntel.bin");
  for (const int filter : {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
                           ARCHIVE_FILTER_LZMA, ARCHIVE_FILTER_LZ4, ARCHIVE_FILTER_ZSTD}) {
    EXPECT_EQ(names(first + zeros + compressed(second, filter)),
              "init kernel/x86/microcode/GenuineIntel.bin")
        << filter;
    EXPECT_EQ(names(compressed(first + second, filter)),
              "init kernel/x86/microcode/GenuineIntel.bin")
        << filter;
  }
  EXPECT_EQ(names(zeros), "");
}

TEST_F(InitrdTest, TheLaterOfTwoFilesIsTheOne) {
  EXPECT_EQ(names(cpio({{.name = "init", .content = "older"}}) + cpio({of("init")})), "init");
}

// cpio gives the content to the last name, others to the first.
TEST_F(InitrdTest, NamesOfOneFileShareItsContent) {
  for (std::size_t carries = 0; carries < 3; ++carries) {
    std::vector<CpioEntry> entries;
    for (const std::string name : {"bin/a", "bin/b", "bin/c"}) {
      entries.push_back({.name = name, .mode = kExecutable, .inode = 7, .links = 3});
    }
    entries[carries].content = "busybox";
    const Initrd initrd = read(cpio(entries));
    ASSERT_EQ(initrd.files.size(), 3u) << carries;
    for (const auto& [path, file] : initrd.files) {
      EXPECT_EQ(codec::to_hex(file.sha256),
                codec::to_hex(crypto::sha256(as_bytes("busybox")).bytes()))
          << path << ", content at " << carries;
    }
  }
}

TEST_F(InitrdTest, TellsWhatItCouldNotReadAndKeepsTheRest) {
  const std::string good = cpio({of("init")});
  const auto problem = [&](const std::string& bytes) {
    const Initrd initrd = read(bytes);
    EXPECT_EQ(initrd.files.size(), 1u);
    return initrd.problem;
  };
  EXPECT_NE(problem(good + "neither"), "");
  EXPECT_NE(problem(good + compressed("neither", ARCHIVE_FILTER_GZIP)), "");
  EXPECT_NE(problem(good + cpio({of("../climbs")})), "");
  EXPECT_NE(problem(good + cpio({of("/absolute")})), "");
  EXPECT_NE(problem(good + cpio({of("other")}).substr(0, 60)), "");
  EXPECT_NE(read("neither").problem, "");
}

// Opening an archive costs more than its bytes, so their number is bounded.
TEST_F(InitrdTest, HasNoMoreArchivesThanAnyRealOne) {
  std::string many;
  for (int i = 0; i < 64; ++i) {
    many += cpio({});
  }
  EXPECT_EQ(read(many).problem, "");
  EXPECT_NE(read(many + cpio({})).problem, "");
}

TEST_F(InitrdTest, EveryLimitHolds) {
  const std::string two = cpio({of("a"), of("b")});
  limits.max_entries = 1;
  EXPECT_NE(read(two).problem, "");
  limits = {};
  left = 1;
  EXPECT_NE(read(two).problem, "");
  left = 1 << 20;
  const std::string bomb = compressed(std::string(1 << 20, '\0'), ARCHIVE_FILTER_GZIP);
  EXPECT_EQ(read(bomb).problem, "");
  limits.max_initrd_bytes = (1 << 20) - 1;
  EXPECT_NE(read(bomb).problem, "");
}

}  // namespace
}  // namespace seaworthy::image
