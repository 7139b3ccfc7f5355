#include "codec/hex.h"

#include <gtest/gtest.h>

namespace seaworthy::codec {
namespace {

TEST(Hex, RoundTrips) {
  const Bytes bytes{0x00, 0x7F, 0xAB, 0xFF};
  EXPECT_EQ(to_hex(bytes), "007fabff");
  EXPECT_EQ(*from_hex("007fABff"), bytes);
  EXPECT_TRUE(from_hex("")->empty());
}

TEST(Hex, RefusesOddLengthAndForeignCharacters) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_EQ(from_hex("ab0g").error().message(), "not a hexadecimal digit at offset 3");
  EXPECT_FALSE(from_hex("0x"));
}

}  // namespace
}  // namespace seaworthy::codec
