#include "codec/reader.h"

#include <gtest/gtest.h>

#include "codec/writer.h"

namespace seaworthy::codec {
namespace {

TEST(Reader, ReadsWhatTheWriterWrote) {
  const Bytes bytes = Writer()
                          .u8(1)
                          .u16be(0x0203)
                          .u32be(0x04050607)
                          .u64be(0x08090A0B0C0D0E0F)
                          .u16le(0x0203)
                          .u32le(0x04050607)
                          .u64le(0x08090A0B0C0D0E0F)
                          .sized16be(as_bytes("ab"))
                          .sized32le(as_bytes("cde"))
                          .bytes();
  Reader reader("test", bytes);
  EXPECT_EQ(*reader.u8(), 1);
  EXPECT_EQ(*reader.u16be(), 0x0203);
  EXPECT_EQ(*reader.u32be(), 0x04050607u);
  EXPECT_EQ(*reader.u64be(), 0x08090A0B0C0D0E0Fu);
  EXPECT_EQ(*reader.u16le(), 0x0203);
  EXPECT_EQ(*reader.u32le(), 0x04050607u);
  EXPECT_EQ(*reader.u64le(), 0x08090A0B0C0D0E0Fu);
  EXPECT_EQ(as_text(*reader.sized16be(2)), "ab");
  EXPECT_EQ(as_text(*reader.sized32le(3)), "cde");
  EXPECT_TRUE(reader.expect_end());
}

TEST(Reader, NamesStructureAndOffset) {
  const Bytes bytes{1, 2, 3};
  Reader reader("TPMS_ATTEST", bytes);
  ASSERT_TRUE(reader.u8());
  EXPECT_EQ(reader.u32be().error().message(), "TPMS_ATTEST at byte 1: needs 2 more bytes, has 2");
  EXPECT_EQ(reader.expect_end().error().message(), "TPMS_ATTEST at byte 1: 2 bytes too many");
}

TEST(Reader, A184_RefusesAnInnerLengthAboveTheBuffer) {
  const Bytes bytes{0x00, 0x05, 1, 2, 3, 4};
  EXPECT_FALSE(Reader("test", bytes).sized16be(100));
  EXPECT_FALSE(Reader("test", bytes).sized16be(4));
}

TEST(Reader, A185_RefusesACountThatCannotFit) {
  const Bytes bytes = Writer().u32be(0xFFFFFFFF).u32be(0).bytes();
  EXPECT_FALSE(Reader("test", bytes).count32be(0xFFFFFFFF, 1));
  EXPECT_EQ(*Reader("test", Writer().u32be(2).u16be(0).bytes()).count32be(2, 1), 2u);
  EXPECT_FALSE(Reader("test", Writer().u32be(2).u16be(0).bytes()).count32be(1, 1));
}

TEST(Reader, ASubReaderHasBoundsOfItsOwnAndOffsetsOfTheWhole) {
  const Bytes bytes{0, 1, 2, 3};
  Reader outer("outer", bytes);
  ASSERT_TRUE(outer.u8());
  auto inner = outer.sub("inner", 2);
  ASSERT_TRUE(inner);
  EXPECT_EQ(*inner->u16be(), 0x0102);
  EXPECT_EQ(inner->u8().error().message(), "inner at byte 3: needs 1 more bytes, has 0");
  EXPECT_EQ(*outer.u8(), 3);
  EXPECT_FALSE(outer.sub("inner", 1));
}

}  // namespace
}  // namespace seaworthy::codec
