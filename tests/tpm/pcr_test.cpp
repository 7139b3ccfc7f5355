#include "tpm/pcr.h"

#include <gtest/gtest.h>

#include "codec/hex.h"

namespace seaworthy::tpm {
namespace {

Result<std::vector<PcrSelection>> parse(const char* hex) {
  const Bytes bytes = *codec::from_hex(hex);
  codec::Reader reader("test", bytes);
  return parse_pcr_selections(reader);
}

TEST(PcrIndex, A71_ExistsUpTo23Only) {
  EXPECT_EQ(PcrIndex::of(23)->value(), 23u);
  for (const std::uint32_t index : {24u, 32u, 0xFFFFFFFFu}) {
    EXPECT_FALSE(PcrIndex::of(index)) << index;
  }
}

TEST(PcrMask, IsASet) {
  constexpr PcrMask mask{PcrIndex::at<0>(), PcrIndex::at<7>(), PcrIndex::at<23>()};
  EXPECT_EQ(mask.bits(), 0x800081u);
  EXPECT_EQ(mask.count(), 3);
  EXPECT_EQ(mask.text(), "0,7,23");
  EXPECT_TRUE(mask.has(PcrIndex::at<7>()));
  EXPECT_FALSE(mask.has(PcrIndex::at<8>()));
  EXPECT_EQ((PcrMask::range<0, 10>().bits()), 0x7FFu);
  EXPECT_EQ((PcrMask::range<0, 23>().bits()), 0xFFFFFFu);
  EXPECT_TRUE((PcrMask::range<0, 10>().contains(PcrMask::range<0, 7>())));
  EXPECT_FALSE((PcrMask::range<0, 7>().contains(PcrMask::range<0, 10>())));
}

TEST(PcrSelection, ParsesWhatItWrites) {
  const char* hex =
      "00000003"
      "000b03ff0f80"
      "00040101"
      "000c04010000"
      "00";
  const auto selections = parse(hex);
  ASSERT_TRUE(selections) << selections.error().message();
  ASSERT_EQ(selections->size(), 3u);
  EXPECT_EQ((*selections)[0].bank, crypto::HashAlg::kSha256);
  EXPECT_EQ((*selections)[0].pcrs.bits(), 0x800FFFu);
  codec::Writer writer;
  write_pcr_selections(writer, *selections);
  EXPECT_EQ(codec::to_hex(writer.bytes()), hex);
}

TEST(PcrSelection, A43_ParsesOneToFourBytesAndNoPcrAbove23) {
  EXPECT_TRUE(
      parse("00000001"
            "000b01ff"));
  EXPECT_TRUE(
      parse("00000001"
            "000b04ffffff00"));
  EXPECT_FALSE(
      parse("00000001"
            "000b04ffffff01"));
  EXPECT_FALSE(
      parse("00000001"
            "000b05ffffff0000"));
  EXPECT_EQ(parse("00000001"
                  "000b00ffff")
                .error()
                .code(),
            ErrorCode::kMalformed);
}

TEST(PcrSelection, A43_AnotherWidthIsAnotherSelection) {
  const PcrSelection asked{crypto::HashAlg::kSha256, PcrMask::range<0, 7>()};
  EXPECT_EQ(*parse("00000001"
                   "000b03ff0000"),
            std::vector{asked});
  EXPECT_NE(*parse("00000001"
                   "000b01ff"),
            std::vector{asked});
}

TEST(PcrSelection, RefusesTooManyBanksAndUnknownOnes) {
  EXPECT_FALSE(parse("00000011"));
  EXPECT_FALSE(
      parse("00000002"
            "000b03ff0f80"));
  EXPECT_EQ(parse("00000001"
                  "001203ff0f80")
                .error()
                .code(),
            ErrorCode::kUnsupported);
}

TEST(PcrSelection, IsReadableInMessages) {
  EXPECT_EQ(text(*parse("00000002"
                        "000b03070000"
                        "0004030004"
                        "00")),
            "sha256:0,1,2+sha1:10");
  EXPECT_EQ(text({}), "nothing");
}

}  // namespace
}  // namespace seaworthy::tpm
