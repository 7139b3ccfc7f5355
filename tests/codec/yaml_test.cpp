#include "codec/yaml.h"

#include <gtest/gtest.h>

namespace seaworthy::codec {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 100'000, .max_depth = 8, .max_values = 200};

TEST(Yaml, ConvertsTheCoreSchema) {
  const auto documents =
      parse_yaml("a: 1\nb: '1'\nc: true\nd: [x, 1.5, ~]\n---\ne: |\n  two\n  lines\n", kLimits);
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ((*documents)[0], (Json{{"a", 1}, {"b", "1"}, {"c", true}, {"d", {"x", 1.5, nullptr}}}));
  EXPECT_EQ((*documents)[1], (Json{{"e", "two\nlines\n"}}));
}

TEST(Yaml, RefusesDuplicatesTagsAndDepth) {
  EXPECT_EQ(parse_yaml("a: 1\na: 2\n", kLimits).error().message(),
            "YAML at line 2, column 1: duplicate key 'a'");
  EXPECT_FALSE(parse_yaml("!python/object {}", kLimits));
  EXPECT_FALSE(parse_yaml("[[[[[[[[[1]]]]]]]]]", kLimits));
  EXPECT_FALSE(parse_yaml(std::string(50'000, '['), kLimits));
  EXPECT_FALSE(parse_yaml("a: [", kLimits));
}

TEST(Yaml, CountsAliasesAsOftenAsTheyAreUsed) {
  std::string bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n";
  bomb += "c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n";
  EXPECT_FALSE(parse_yaml(bomb, kLimits));
}

// 4 bytes could stand for a thousand, a thousand times.
TEST(Yaml, A187_AliasesOfALongTextAreBoundedByTheWholeText) {
  const auto with = [](int uses) {
    std::string text = "a: &a " + std::string(1'000, 'x') + "\nb: [1";
    for (int i = 0; i < uses; ++i) {
      text += ",*a";
    }
    return parse_yaml(text + "]\n", kLimits);
  };
  EXPECT_TRUE(with(3));
  const auto refused = with(100);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "YAML at line 1, column 4: its aliases make it more than 4 times as long as it is");
}

// Found by fuzzing: yaml-cpp 0.7 made documents of these until the memory was full.
TEST(Yaml, A187_WhatBeginsNothingIsNoEndlessRowOfDocuments) {
  for (const char* text :
       {",", "]", "}", "a: 1\n--- ,", "'a' ,", ",\"a,l,[t 2],\"b\032: {c: {}}}"}) {
    const auto refused = parse_yaml(text, kLimits);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed);
  }
}

TEST(Yaml, ReadsBackWhatItWrites) {
  const Json value = {{"a", 1},
                      {"b", "1"},
                      {"c", true},
                      {"d", "true"},
                      {"e", nullptr},
                      {"f", "~"},
                      {"g", ""},
                      {"h", "two\nlines\n"},
                      {"i", "one\ntwo"},
                      {"j", {1, "x: y"}},
                      {"k", Json::array()},
                      {"l", {{"m", "# no comment"}}},
                      {"n", "-"},
                      {"o", "1.5"},
                      {"p", " padded "},
                      {"q", "sha256:00"}};
  const auto read = parse_yaml(to_yaml_text(value), kLimits);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ((*read)[0], value) << to_yaml_text(value);
}

TEST(Yaml, QuotesWhatItReadsBackAndWritesNothingButAscii) {
  for (const std::string text :
       {"", "plain", "\"quoted\" \\ and\ttab", "two\nlines", "\xC2\x85next line",
        "\xE2\x80\xA8separator", "\xE2\x80\xAEright to left", "\xF0\x9F\x9A\xA2 ship", "\x7F",
        "# no comment: - [x]", "\xC3\xA4\\ud83d"}) {
    const std::string quoted = yaml_quoted(text);
    EXPECT_EQ(quoted.find_first_not_of(
                  " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                  "abcdefghijklmnopqrstuvwxyz{|}~"),
              std::string::npos)
        << quoted;
    const auto read = parse_yaml("a: " + quoted + "\n", kLimits);
    ASSERT_TRUE(read) << quoted << read.error().message();
    EXPECT_EQ((*read)[0]["a"], text);
  }
  EXPECT_EQ(yaml_quoted("\xFF"), "\"\\ufffd\"");
}

}  // namespace
}  // namespace seaworthy::codec
