#include "crypto/der.h"

#include <gtest/gtest.h>

namespace seaworthy::crypto::internal {
namespace {

Bytes content_of(const Bytes& in, std::uint8_t tag = kDerSequence) {
  const auto element = der_element(in, tag);
  return element ? to_bytes(element->content) : Bytes{0xBA, 0xD0};
}
const Bytes kNone{0xBA, 0xD0};

TEST(Der, WhatIsPutTogetherIsTakenApart) {
  for (const std::size_t size : {0u, 1u, 0x7Fu, 0x80u, 0xFFu, 0x100u, 0xFFFFu}) {
    const Bytes content(size, 7);
    Bytes whole = der_of(kDerSequence, {content});
    EXPECT_EQ(content_of(whole), content) << size;
    EXPECT_TRUE(der_only(whole, kDerSequence));
    EXPECT_FALSE(der_element(whole, kDerInteger));
    for (const std::size_t missing : {std::size_t{1}, whole.size() / 2, whole.size()}) {
      EXPECT_FALSE(der_element(ByteSpan(whole).first(whole.size() - missing), kDerSequence));
    }
    whole.push_back(9);
    EXPECT_EQ(to_bytes(der_element(whole, kDerSequence)->rest), Bytes{9});
    EXPECT_FALSE(der_only(whole, kDerSequence));
  }
}

TEST(Der, LengthsAreDefiniteAndOfThreeBytesAtMost) {
  EXPECT_EQ(content_of({0x30, 0x01, 5}), Bytes{5});
  EXPECT_EQ(content_of({0x30, 0x81, 0x01, 5}), Bytes{5});        // more than needed
  EXPECT_EQ(content_of({0x30, 0x83, 0, 0, 0x01, 5}), Bytes{5});  // likewise
  EXPECT_EQ(content_of({0x30, 0x80, 0, 0}), kNone);              // indefinite
  EXPECT_EQ(content_of({0x30, 0x84, 0, 0, 0, 0x01, 5}), kNone);
  EXPECT_EQ(content_of({0x30, 0x82, 0x01}), kNone);
  EXPECT_EQ(content_of({0x30, 0x83, 0xFF, 0xFF, 0xFF, 5}), kNone);
  EXPECT_EQ(content_of({0x30}), kNone);
  EXPECT_EQ(content_of({}), kNone);
}

TEST(Der, IntegersGetASignByteWhereTheyNeedOne) {
  EXPECT_EQ(der_integer(Bytes{0x7F}), (Bytes{0x02, 1, 0x7F}));
  EXPECT_EQ(der_integer(Bytes{0x80}), (Bytes{0x02, 2, 0, 0x80}));
}

}  // namespace
}  // namespace seaworthy::crypto::internal
