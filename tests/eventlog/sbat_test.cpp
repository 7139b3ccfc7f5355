#include "eventlog/sbat.h"

#include <gtest/gtest.h>

namespace seaworthy::eventlog {
namespace {

Result<SbatLevel> parse(std::string_view text) {
  return parse_sbat_level(as_bytes(text));
}

TEST(Sbat, ReadsTheLevelsOfShim) {
  const auto level = parse("sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n");
  ASSERT_TRUE(level) << level.error().message();
  EXPECT_EQ(level->date, "2023012900");
  EXPECT_EQ(level->components, (std::vector<SbatComponent>{
                                   {"sbat", 1}, {"shim", 2}, {"grub", 3}, {"grub.debian", 4}}));
  EXPECT_EQ(parse("sbat,1,2021030218\n")->components.size(), 1u);
  EXPECT_EQ(parse({"sbat,1\r\n\n\0\0", 12})->components.size(), 1u);
}

TEST(Sbat, RefusesWhatIsNone) {
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse("shim,2\n"));
  EXPECT_FALSE(parse("sbat\n"));
  EXPECT_FALSE(parse("sbat,x\n"));
  EXPECT_FALSE(parse("sbat,1x\n"));
  EXPECT_FALSE(parse("sbat,-1\n"));
  EXPECT_FALSE(parse("sbat,99999999999\n"));
  EXPECT_FALSE(parse("sbat,1\n,2\n"));
  EXPECT_FALSE(parse("sbat,1\nshim,1\nshim,2\n"));
  EXPECT_FALSE(parse("sbat,1\n" + std::string(kMaxSbatName + 1, 'a') + ",1\n"));
}

TEST(Sbat, RefusesMoreThanAnyRealLevel) {
  EXPECT_FALSE(parse_sbat_level(Bytes(kMaxSbatBytes + 1, 0)));
  std::string many = "sbat,1\n";
  for (std::size_t i = 1; i < kMaxSbatComponents; ++i) {
    many += "c" + std::to_string(i) + ",1\n";
  }
  EXPECT_TRUE(parse(many));
  EXPECT_FALSE(parse(many + "more,1\n"));
}

}  // namespace
}  // namespace seaworthy::eventlog
