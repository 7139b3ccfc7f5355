#include "api/values.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

TEST(Values, CutsTextWithoutCuttingACharacter) {
  EXPECT_EQ(cut("harbour", 7), "harbour");
  EXPECT_EQ(cut("harbour", 3), "har");
  EXPECT_EQ(cut("a\u00e9", 2), "a");  // é is two bytes
  EXPECT_EQ(cut("a\u00e9", 3), "a\u00e9");
  EXPECT_EQ(cut("\U0001F6A2", 3), "");                    // four bytes
  EXPECT_EQ(cut(std::string(10, '\x80'), 8).size(), 4u);  // not UTF-8: still bounded
}

TEST(Values, ReadsTimesOfKubernetes) {
  const Json json = json_of(R"({"t": "2026-11-24T13:34:00Z", "bad": "yesterday"})");
  codec::Fields fields = *codec::Fields::of(json, "status");
  EXPECT_EQ(read_time(fields, "t")->rfc3339(), "2026-11-24T13:34:00Z");
  EXPECT_FALSE(maybe_read_time(fields, "gone")->has_value());
  EXPECT_TRUE(read_time(fields, "bad").error().message().starts_with("status.bad: "));
}

TEST(Values, ReadsMapsOfStringsWithinBounds) {
  const Json json = json_of(R"({"labels": {"a": "b", "c": ""}, "bad": {"a": 1}, "list": []})");
  codec::Fields fields = *codec::Fields::of(json, "metadata");
  EXPECT_EQ(*read_string_map(fields, "labels", {2, 1, 1}),
            (std::map<std::string, std::string>{{"a", "b"}, {"c", ""}}));
  EXPECT_TRUE(read_string_map(fields, "gone", {1, 1, 1})->empty());
  EXPECT_EQ(read_string_map(fields, "labels", {1, 1, 1}).error().message(),
            "metadata.labels: map of 2 items; the limit is 1");
  EXPECT_EQ(read_string_map(fields, "labels", {2, 0, 1}).error().message(),
            "metadata.labels: key of 1 bytes; the limit is 0");
  EXPECT_EQ(read_string_map(fields, "labels", {2, 1, 0}).error().message(),
            "metadata.labels.a: string of 1 bytes; the limit is 0");
  EXPECT_EQ(read_string_map(fields, "bad", {1, 1, 1}).error().message(),
            "metadata.bad.a: expected a string");
  EXPECT_EQ(read_string_map(fields, "list", {1, 1, 1}).error().message(),
            "metadata.list: expected an object, got a list");
}

TEST(Values, ADigestHasOneSpelling) {
  EXPECT_TRUE(is_sha256_hex(std::string(64, 'a')));
  EXPECT_FALSE(is_sha256_hex(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256_hex(std::string(63, 'a')));
  EXPECT_FALSE(is_sha256_hex(std::string(65, 'a')));
  EXPECT_FALSE(is_sha256_hex(""));
}

TEST(Values, AnAbsentObjectHasAllDefaults) {
  const Json json = json_of(R"({"e": {"x": "B"}})");
  codec::Fields fields = *codec::Fields::of(json, "");
  codec::Fields present = *object_or_empty(fields, "e");
  codec::Fields absent = *object_or_empty(fields, "gone");
  EXPECT_EQ(*one_of_or(present, "x", {"A", "B"}, 0), 1u);
  EXPECT_EQ(*one_of_or(absent, "x", {"A", "B"}, 0), 0u);
  EXPECT_EQ(absent.path(), "gone");
}

}  // namespace
}  // namespace seaworthy::api
