#include "attester/ima_list.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"

namespace seaworthy::attester {
namespace {

using testing::append_file;
using testing::ima_entries;
using testing::ima_entry;
using testing::TempFolder;
using testing::write_file;

class ImaListTest : public ::testing::Test {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_ / "list";
  ImaList list_{path_};

  std::uint64_t entries_after_poll() {
    const auto growth = list_.poll();
    EXPECT_TRUE(growth) << growth.error().message();
    return growth ? growth->entries : 0;
  }
};

TEST_F(ImaListTest, CountsWhatIsThereAndThenWhatIsAdded) {
  write_file(path_, ima_entries(0, 3));
  EXPECT_EQ(entries_after_poll(), 3u);
  EXPECT_FALSE(list_.poll()->grew);
  append_file(path_, ima_entries(3, 2));
  const auto growth = list_.poll();
  EXPECT_TRUE(growth->grew);
  EXPECT_EQ(growth->entries, 5u);
}

TEST_F(ImaListTest, A106_AListThatForgotItsFirstEntriesIsCountedAnew) {
  write_file(path_, ima_entries(0, 5));
  EXPECT_TRUE(list_.poll()->anew);
  append_file(path_, ima_entry(5));
  EXPECT_FALSE(list_.poll()->anew);
  write_file(path_, ima_entries(2, 9));  // the same file, and no shorter
  const auto growth = list_.poll();
  EXPECT_TRUE(growth->anew);
  EXPECT_EQ(growth->entries, 9u);
  EXPECT_EQ(list_.read(8, 1'000)->entries, ima_entry(10));
}

TEST_F(ImaListTest, WaitsForAnEntryThatIsNotWhole) {
  const Bytes entry = ima_entry(1);
  write_file(path_, ima_entry(0));
  append_file(path_, ByteSpan(entry).first(entry.size() - 1));
  EXPECT_EQ(entries_after_poll(), 1u);
  EXPECT_FALSE(list_.poll()->grew);
  append_file(path_, ByteSpan(entry).last(1));
  EXPECT_EQ(entries_after_poll(), 2u);
}

TEST_F(ImaListTest, EveryCutOfAnEntryIsAnEntryThatIsNotWhole) {
  const Bytes entry = ima_entry(7);
  for (std::size_t n = 0; n < entry.size(); ++n) {
    write_file(path_, ByteSpan(entry).first(n));
    ImaList list(path_);
    const auto growth = list.poll();
    ASSERT_TRUE(growth) << n;
    EXPECT_EQ(growth->entries, 0u) << n;
  }
}

TEST_F(ImaListTest, GivesEntriesFromAnyIndexOn) {
  constexpr int kEntries = 700;  // more than two strides
  write_file(path_, ima_entries(0, kEntries));
  ASSERT_EQ(entries_after_poll(), 700u);
  for (const int from : {0, 1, 255, 256, 257, 511, 512, 699}) {
    const auto slice = list_.read(static_cast<std::uint64_t>(from), 1 << 20);
    ASSERT_TRUE(slice) << from;
    EXPECT_EQ(slice->from, static_cast<std::uint64_t>(from));
    EXPECT_TRUE(slice->complete);
    EXPECT_EQ(slice->entries, ima_entries(from, kEntries - from)) << from;
  }
}

TEST_F(ImaListTest, GivesNothingFromTheEndOn) {
  write_file(path_, ima_entries(0, 4));
  ASSERT_EQ(entries_after_poll(), 4u);
  const auto slice = list_.read(4, 100);
  EXPECT_EQ(slice->from, 4u);
  EXPECT_TRUE(slice->entries.empty());
  EXPECT_TRUE(slice->complete);
}

TEST_F(ImaListTest, BeginsAtZeroIfAskedForMoreThanThereIs) {
  write_file(path_, ima_entries(0, 4));
  ASSERT_EQ(entries_after_poll(), 4u);
  const auto slice = list_.read(5, 1 << 20);
  EXPECT_EQ(slice->from, 0u);
  EXPECT_EQ(slice->entries, ima_entries(0, 4));
}

TEST_F(ImaListTest, GivesOnlyWhatHasBeenCounted) {
  write_file(path_, ima_entries(0, 4));
  ASSERT_EQ(entries_after_poll(), 4u);
  append_file(path_, ima_entries(4, 1));
  EXPECT_EQ(list_.read(0, 1 << 20)->entries, ima_entries(0, 4));
}

TEST_F(ImaListTest, CutsAtWholeEntriesWhenTheLimitIsReached) {
  write_file(path_, ima_entries(0, 4));
  ASSERT_EQ(entries_after_poll(), 4u);
  const std::size_t two = ima_entries(0, 2).size();
  for (const std::size_t limit : {two, two + 1}) {
    const auto slice = list_.read(0, limit);
    EXPECT_EQ(slice->entries, ima_entries(0, 2));
    EXPECT_FALSE(slice->complete);
  }
  EXPECT_EQ(list_.read(0, two - 1)->entries, ima_entries(0, 1));
  EXPECT_EQ(list_.read(2, two + 100)->entries, ima_entries(2, 2));
}

TEST_F(ImaListTest, BeginsAnewWithAnotherFile) {
  write_file(path_, ima_entries(0, 3));
  ASSERT_EQ(entries_after_poll(), 3u);
  write_file(folder_ / "new", ima_entries(10, 3));
  std::filesystem::rename(folder_ / "new", path_);
  const auto growth = list_.poll();
  EXPECT_TRUE(growth->grew);
  EXPECT_EQ(growth->entries, 3u);
  EXPECT_EQ(list_.read(0, 1 << 20)->entries, ima_entries(10, 3));
}

TEST_F(ImaListTest, BeginsAnewWhenTheFileGotShorter) {
  write_file(path_, ima_entries(0, 3));
  ASSERT_EQ(entries_after_poll(), 3u);
  write_file(path_, ima_entries(5, 1));
  EXPECT_EQ(entries_after_poll(), 1u);
  EXPECT_EQ(list_.read(0, 1 << 20)->entries, ima_entries(5, 1));
}

TEST_F(ImaListTest, TellsAListThatNeverWasFromOneThatWentAway) {
  EXPECT_EQ(list_.poll().error().code(), ErrorCode::kNotFound);
  write_file(path_, ima_entries(0, 3));
  ASSERT_EQ(entries_after_poll(), 3u);
  std::filesystem::remove(path_);
  EXPECT_EQ(list_.poll().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(list_.read(0, 100).error().code(), ErrorCode::kUnavailable);
}

TEST_F(ImaListTest, NoPathIsNoList) {
  ImaList none("");
  EXPECT_EQ(none.poll().error().code(), ErrorCode::kNotFound);
}

TEST_F(ImaListTest, RefusesWhatCannotBeAnEntry) {
  write_file(path_, ima_entry(0));
  append_file(path_, Bytes(9 << 20, 0xFF));
  const auto growth = list_.poll();
  ASSERT_FALSE(growth);
  EXPECT_EQ(growth.error().code(), ErrorCode::kMalformed);
  EXPECT_NE(growth.error().message().find("entry 1"), std::string::npos);
}

TEST_F(ImaListTest, ReadsALongListInPieces) {
  constexpr int kEntries = 9'000;  // about 0.9 MiB: several chunks, entries across their borders
  const Bytes all = ima_entries(0, kEntries);
  write_file(path_, all);
  EXPECT_EQ(entries_after_poll(), 9'000u);
  EXPECT_EQ(list_.read(0, 2 << 20)->entries, all);
}

}  // namespace
}  // namespace seaworthy::attester
