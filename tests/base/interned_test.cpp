#include "base/interned.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace seaworthy {
namespace {

using Texts = Interned<std::string>;

Texts::Pointer text(const std::string& content) {
  return std::make_shared<const std::string>(content);
}

TEST(InternedTest, EqualValuesAreOne) {
  Texts texts;
  const auto first = texts.one_of(text("a"));
  const auto second = text("a");
  EXPECT_EQ(texts.one_of(second), first);
  EXPECT_NE(texts.one_of(second), second);
  EXPECT_EQ(*texts.one_of(text("b")), "b");
  EXPECT_EQ(texts.size(), 2u);
}

TEST(InternedTest, WhatNobodyHoldsIsForgottenAndTheRestIsNot) {
  Texts texts;
  const auto held = texts.one_of(text("held"));
  for (int i = 0; i < 1000; ++i) {
    texts.one_of(text(std::to_string(i)));
    ASSERT_LE(texts.size(), 65u);
  }
  EXPECT_EQ(texts.one_of(text("held")), held);
}

TEST(InternedTest, WhatIsHeldIsKeptHoweverMuch) {
  Texts texts;
  std::vector<Texts::Pointer> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(texts.one_of(text(std::to_string(i))));
  }
  EXPECT_EQ(texts.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(texts.one_of(text(std::to_string(i))), held[static_cast<std::size_t>(i)]);
  }
}

}  // namespace
}  // namespace seaworthy
