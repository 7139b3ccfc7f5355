#include "codec/fields.h"

#include <gtest/gtest.h>

namespace seaworthy::codec {
namespace {

const Json kObject = {{"name", "n1"},       {"count", 7},
                      {"ratio", 1.5},       {"on", true},
                      {"data", "AQI="},     {"digest", "0a0b"},
                      {"nothing", nullptr}, {"inner", {{"mode", "Audit"}, {"list", {"a", "b"}}}}};

Fields fields() {
  return *Fields::of(kObject, "spec");
}

TEST(Fields, ReadsTypedValues) {
  Fields f = fields();
  EXPECT_EQ(*f.text("name", 10), "n1");
  EXPECT_EQ(*f.integer("count", 0, 10), 7);
  EXPECT_EQ(*f.boolean("on"), true);
  EXPECT_EQ(*f.base64("data", 2), (Bytes{1, 2}));
  EXPECT_EQ(*f.hex("digest", 2), (Bytes{0x0A, 0x0B}));
  EXPECT_FALSE(f.maybe_text("nothing", 10)->has_value());
  EXPECT_FALSE(f.maybe_object("absent")->has_value());
  EXPECT_TRUE(f.list("absent", 1)->empty());
  Fields inner = *f.object("inner");
  EXPECT_EQ(*inner.one_of("mode", {"Enforce", "Audit"}), 1u);
  EXPECT_EQ(inner.texts("list", 2, 1)->size(), 2u);
}

TEST(Fields, SaysPathExpectationAndValue) {
  Fields f = fields();
  EXPECT_EQ(f.integer("name", 1, 5).error().message(),
            "spec.name: expected an integer from 1 to 5, got \"n1\"");
  EXPECT_EQ(f.integer("count", 1, 5).error().message(),
            "spec.count: expected an integer from 1 to 5, got 7");
  EXPECT_EQ(f.text("gone", 5).error().message(), "spec.gone: missing; expected a string");
  Fields inner = *f.object("inner");
  EXPECT_EQ(inner.one_of("mode", {"A", "B", "C"}).error().message(),
            "spec.inner.mode: expected A, B or C, got \"Audit\"");
  EXPECT_EQ(inner.texts("list", 1, 9).error().message(),
            "spec.inner.list: list of 2 items; the limit is 1");
}

TEST(Fields, A180_TakesNoFloatForAnInteger) {
  Fields f = fields();
  EXPECT_FALSE(f.integer("ratio", 0, 10));
  const Json huge = *parse_json("{\"v\":18446744073709551615,\"w\":1e2}", {.max_bytes = 100});
  Fields h = *Fields::of(huge, "");
  EXPECT_FALSE(h.integer("v", INT64_MIN, INT64_MAX));
  EXPECT_FALSE(h.integer("w", 0, 1000));
}

TEST(Fields, RefusesWhatNobodyAskedFor) {
  Fields f = *Fields::of(kObject.at("inner"), "spec.inner");
  ASSERT_TRUE(f.text("mode", 10));
  EXPECT_EQ(f.expect_no_more().error().message(), "spec.inner.list: unknown field");
  EXPECT_TRUE(f.expect_no_more(Unknown::kIgnore));
}

TEST(Fields, OnlyAnObjectHasFields) {
  EXPECT_EQ(Fields::of(Json::array(), "").error().message(),
            "document: expected an object, got a list");
}

}  // namespace
}  // namespace seaworthy::codec
