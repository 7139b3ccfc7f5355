#include "codec/json.h"

#include <gtest/gtest.h>

namespace seaworthy::codec {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 1'000'000, .max_depth = 8, .max_values = 100};

TEST(Json, ParsesWhatItWrites) {
  const Json value = {{"a", {1, 2, {{"b", nullptr}}}}, {"c", "ü"}, {"d", true}};
  EXPECT_EQ(*parse_json(to_json_text(value), kLimits), value);
}

TEST(Json, A178_RefusesDuplicateKeys) {
  const auto r = parse_json(R"({"a":1,"b":{"c":1,"c":2}})", kLimits);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message(), "JSON: duplicate key 'c'");
}

TEST(Json, A179_RefusesDeepNestingWithoutRecursion) {
  EXPECT_FALSE(parse_json(std::string(200'000, '['), kLimits));
  EXPECT_TRUE(parse_json("[[[[[[[[]]]]]]]]", kLimits));
  EXPECT_FALSE(parse_json("[[[[[[[[[]]]]]]]]]", kLimits));
}

TEST(Json, A180_RefusesBadUtf8AndTrailingText) {
  for (const char* text : {"\"\xC3\x28\"", "\"\xED\xA0\x80\"", "{} {}", "{}x", "", "nul",
                           "{\"a\":}", "[1,]", "01", "\"\\ud800\"", "NaN"}) {
    EXPECT_FALSE(parse_json(text, kLimits)) << text;
  }
}

TEST(Json, RefusesTooManyBytesAndTooManyValues) {
  EXPECT_FALSE(parse_json("[1,2,3]", {.max_bytes = 6}));
  EXPECT_FALSE(parse_json("[1,2,3]", {.max_bytes = 100, .max_depth = 8, .max_values = 3}));
  EXPECT_TRUE(parse_json("[1,2,3]", {.max_bytes = 7, .max_depth = 1, .max_values = 4}));
}

TEST(Json, WritesInvalidUtf8AsReplacement) {
  EXPECT_EQ(to_json_text(Json("\xFF")), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace seaworthy::codec
