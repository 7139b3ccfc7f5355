#include "attester/ima_history.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <memory>
#include <random>

#include "attester/fakes.h"
#include "attester/files.h"

namespace seaworthy::attester {
namespace {

using testing::append_file;
using testing::ima_entries;
using testing::ima_entry;
using testing::write_file;

Bytes aggregate() {
  return eventlog::write_ima_entry({.file_digest = Bytes(32, 9), .name = "boot_aggregate"});
}
Bytes operator+(Bytes a, const Bytes& b) {
  append(a, b);
  return a;
}

class ImaHistoryTest : public ::testing::Test {
 protected:
  ImaHistoryTest() {
    std::filesystem::create_directory(state_);
    kernel_shows(aggregate() + ima_entries(0, 5));
    restart();
  }

  // Another process.
  void restart() {
    history_ = std::make_unique<ImaHistory>(ImaHistory::Config{.list = list_, .folder = state_});
  }
  // The same file, as securityfs: what is in it changes, not the file.
  void kernel_shows(const Bytes& entries) { write_file(list_, entries); }
  void kernel_adds(const Bytes& entries) { append_file(list_, entries); }

  Bytes all(std::uint64_t from = 0, ImaEpoch epoch = {7, 1}) {
    EXPECT_TRUE(history_->poll());
    const auto slice = history_->read(epoch, from, 10'000'000);
    EXPECT_TRUE(slice) << slice.error().message();
    EXPECT_EQ(slice->from, from);
    return slice->entries;
  }
  std::string kept_path() {
    std::string only;
    for (const auto& file : std::filesystem::directory_iterator(state_)) {
      EXPECT_TRUE(only.empty()) << "one file only";
      only = file.path().string();
    }
    return only;
  }

  testing::TempFolder folder_;
  const std::string state_ = folder_ / "state";
  const std::string list_ = folder_ / "list";
  std::unique_ptr<ImaHistory> history_;
};

TEST_F(ImaHistoryTest, IsTheKernelsListWhileThatIsWhole) {
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 5));
  kernel_adds(ima_entries(5, 3));
  EXPECT_EQ(all(4), ima_entries(3, 5));
  restart();
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 8));
  EXPECT_FALSE(history_->trouble());
}

TEST_F(ImaHistoryTest, A106_GoesOnWhereTheKernelForgetsItsOldestEntries) {
  all();
  kernel_shows(ima_entries(3, 4));
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 7));
  kernel_adds(ima_entries(7, 1));
  EXPECT_EQ(all(6), ima_entries(5, 3));
  // Also by another process, and where nothing but the last entry is left.
  kernel_shows(ima_entries(7, 2));
  restart();
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 9));
}

// What nobody has read is lost: the verifier sees a list that does not lead to PCR 10.
TEST_F(ImaHistoryTest, A106_AGapStaysAGap) {
  all();
  kernel_shows(ima_entries(6, 2));
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 5) + ima_entries(6, 2));
}

// Another kernel was started by kexec, which got the list and measured its own boot_aggregate.
TEST_F(ImaHistoryTest, A106_AKernelThatTookTheListOverGoesOnWithIt) {
  all();
  kernel_adds(ima_entries(5, 1) + aggregate() + ima_entries(0, 2));
  restart();
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 6) + aggregate() + ima_entries(0, 2));
}

// On ext4 each reading of what was kept was measured (ima_policy=tcb), which made the list longer,
// which was kept and read again: 3,500 violations in three minutes of a real kernel.
TEST_F(ImaHistoryTest, WhatIsKeptIsNotReadWhileTheKernelShowsItAll) {
  all();
  const auto times_read = [&] {
    struct stat about {};
    EXPECT_EQ(::stat(kept_path().c_str(), &about), 0);
    return about.st_atim;
  };
  const std::array<timespec, 2> long_ago{timespec{1, 0}, timespec{1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, kept_path().c_str(), long_ago.data(), 0), 0);
  for (int i = 5; i < 9; ++i) {
    kernel_adds(ima_entries(i, 1));
    EXPECT_EQ(all(3), ima_entries(2, i - 1));
  }
  EXPECT_EQ(times_read().tv_sec, 1);
  kernel_shows(ima_entries(8, 1));
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 9));
  EXPECT_NE(times_read().tv_sec, 1) << "or the test sees nothing";
}

TEST_F(ImaHistoryTest, KeepsNothingWhereTheKernelWouldMeasureIt) {
  ImaHistory history({.list = list_, .folder = "/proc"});
  ASSERT_TRUE(history.poll());
  EXPECT_EQ(history.read(ImaEpoch{7, 1}, 0, 1'000'000)->entries, aggregate() + ima_entries(0, 5));
  ASSERT_TRUE(history.trouble());
  EXPECT_NE(history.trouble()->message().find("/proc is not on tmpfs"), std::string::npos);
  EXPECT_TRUE(history.read(ImaEpoch{7, 1}, 0, 1'000'000));
  EXPECT_FALSE(history.trouble()) << "told once";
}

TEST_F(ImaHistoryTest, A106_WhatSomebodyElseChangedIsKeptAnew) {
  for (const bool removed : {true, false}) {
    all();
    if (removed) {
      std::filesystem::remove(kept_path());
    } else {
      append_file(kept_path(), ima_entries(40, 2));
    }
    kernel_adds(ima_entries(5, 1));
    ASSERT_TRUE(history_->poll());
    EXPECT_TRUE(history_->read(ImaEpoch{7, 1}, 0, 1'000'000));
    EXPECT_TRUE(history_->trouble()) << "this time";
    kernel_shows(aggregate() + ima_entries(0, 5));
    std::filesystem::remove(kept_path());
    EXPECT_EQ(all(), aggregate() + ima_entries(0, 5));
  }
}

// Nothing is appended then, so that only reading it shows.
TEST_F(ImaHistoryTest, A106_WhatWasKeptAndIsGoneLeavesWhatTheKernelShows) {
  all();
  kernel_shows(ima_entries(3, 2));
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 5));
  write_file(kept_path(), aggregate());
  EXPECT_EQ(all(), ima_entries(3, 2));
  EXPECT_TRUE(history_->trouble());
}

TEST_F(ImaHistoryTest, A105_AnotherEpochBeginsWithNothing) {
  all();
  kernel_shows(aggregate() + ima_entries(20, 2));
  EXPECT_EQ(all(0, {8, 0}), aggregate() + ima_entries(20, 2));
  EXPECT_NE(kept_path().find("ima-8-0"), std::string::npos);
  EXPECT_EQ(all(0, {8, 1}), aggregate() + ima_entries(20, 2)) << "after a suspension";
}

TEST_F(ImaHistoryTest, A106_WhatWasBeingWrittenInACrashIsWrittenAgain) {
  all();
  const Bytes whole = aggregate() + ima_entries(0, 5);
  for (std::size_t n = 0; n <= whole.size(); n += 7) {
    write_file(kept_path(), ByteSpan(whole).first(n));
    restart();
    ASSERT_EQ(all(), whole) << n;
    ASSERT_EQ(*read_bounded(kept_path(), 1'000'000), whole) << n;
  }
}

TEST_F(ImaHistoryTest, A106_ALostFolderLeavesWhatTheKernelShows) {
  all();
  std::filesystem::remove_all(state_);
  restart();
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 5));
  ASSERT_TRUE(history_->trouble());
  EXPECT_NE(history_->trouble()->message().find("cannot read " + state_), std::string::npos);
  std::filesystem::create_directory(state_);
  all();
  EXPECT_FALSE(history_->trouble());
}

TEST_F(ImaHistoryTest, A106_AListOfAnUnknownEpochIsNotKept) {
  ASSERT_TRUE(history_->poll());
  EXPECT_EQ(history_->read(std::nullopt, 0, 1'000'000)->entries, aggregate() + ima_entries(0, 5));
  EXPECT_EQ(kept_path(), "");
}

// Entries are forgotten between the look at the list and its reading. That was taken for an entry
// too large to be read, so that nothing was kept any more in this boot, and what was kept removed.
TEST_F(ImaHistoryTest, A106_AListThatGetsShorterWhileItIsReadIsKeptAllTheSame) {
  all();
  restart();
  ASSERT_TRUE(history_->poll());
  kernel_shows(ima_entries(3, 2));
  EXPECT_TRUE(history_->read(ImaEpoch{7, 1}, 0, 1'000'000));
  EXPECT_TRUE(history_->trouble()) << "this time";
  EXPECT_EQ(all(), aggregate() + ima_entries(0, 5));
  EXPECT_FALSE(history_->trouble());
}

TEST_F(ImaHistoryTest, A181_KeepsNoMoreThanTheLimit) {
  const Bytes large = eventlog::write_ima_entry(
      {.template_name = "ima-sig", .file_digest = Bytes(32), .name = "x", .third = Bytes(600'000)});
  std::ofstream out(list_, std::ios::binary | std::ios::app);
  for (int i = 0; i < 60; ++i) {
    out << as_text(large);
  }
  out.close();
  ASSERT_TRUE(history_->poll());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(history_->read(ImaEpoch{7, 1}, 1, ima_entries(0, 2).size())->entries,
              ima_entries(0, 2));
    EXPECT_EQ(history_->trouble().has_value(), round == 0) << "given up";
  }
  EXPECT_EQ(kept_path(), "");
}

TEST(ImaOverlap, IsTheMostThatCanBe) {
  EXPECT_EQ(overlap({1, 2, 3}, {1, 2, 3}), 3u);
  EXPECT_EQ(overlap({1, 2, 3}, {2, 3, 4}), 2u);
  EXPECT_EQ(overlap({1, 2, 3}, {4}), 0u);
  EXPECT_EQ(overlap({}, {1}), 0u);
  EXPECT_EQ(overlap({1, 1, 1}, {1, 1}), 2u);
  EXPECT_EQ(overlap({1}, {}), 0u);
  std::mt19937 any(3);  // NOLINT(cert-msc51-cpp): the same each time
  for (int i = 0; i < 3'000; ++i) {
    std::vector<std::uint64_t> kept(any() % 9);
    std::vector<std::uint64_t> kernel(any() % 9);
    for (auto* list : {&kept, &kernel}) {
      std::generate(list->begin(), list->end(), [&] { return any() % 2; });
    }
    std::size_t most = 0;
    for (std::size_t n = 1; n <= std::min(kept.size(), kernel.size()); ++n) {
      if (std::equal(kernel.begin(), kernel.begin() + static_cast<std::ptrdiff_t>(n),
                     kept.end() - static_cast<std::ptrdiff_t>(n))) {
        most = n;
      }
    }
    ASSERT_EQ(overlap(kept, kernel), most);
  }
}

}  // namespace
}  // namespace seaworthy::attester
