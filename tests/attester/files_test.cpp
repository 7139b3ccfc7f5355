#include "attester/files.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"

namespace seaworthy::attester {
namespace {

TEST(ReadBounded, GivesTheWholeContentUpToTheLimit) {
  const testing::TempFolder folder;
  const Bytes content(100'000, 7);
  testing::write_file(folder / "f", content);
  EXPECT_EQ(*read_bounded(folder / "f", content.size()), content);
}

TEST(ReadBounded, RefusesOneByteMore) {
  const testing::TempFolder folder;
  testing::write_file(folder / "f", Bytes(101));
  EXPECT_EQ(read_bounded(folder / "f", 100).error().code(), ErrorCode::kMalformed);
}

TEST(ReadBounded, SaysWhichFileIsMissing) {
  const testing::TempFolder folder;
  const auto read = read_bounded(folder / "f", 100);
  EXPECT_EQ(read.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(read.error().message().find(folder / "f"), std::string::npos);
}

TEST(ReadBounded, RefusesAFolder) {
  const testing::TempFolder folder;
  EXPECT_EQ(read_bounded(folder / ".", 100).error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace seaworthy::attester
