#include "api/meta.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

Result<ObjectMeta> meta_of(std::string_view text) {
  const Json json = json_of(text);
  codec::Fields fields = TRY(codec::Fields::of(json, ""));
  return parse_meta(fields);
}

TEST(Meta, ReadsWhatTheApiServerServes) {
  const auto meta = meta_of(R"({"metadata": {
      "name": "n1", "namespace": "payments", "uid": "u-1", "resourceVersion": "17",
      "generation": 3, "labels": {"a": "b"}, "annotations": {"c": "d"},
      "deletionTimestamp": "2026-11-24T13:34:00Z", "managedFields": [{"anything": {}}],
      "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u-2",
                           "controller": true}]}})");
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->name, "n1");
  EXPECT_EQ(meta->namespace_, "payments");
  EXPECT_EQ(meta->uid, "u-1");
  EXPECT_EQ(meta->resource_version, ResourceVersion("17"));
  EXPECT_EQ(meta->generation, 3);
  EXPECT_EQ(meta->labels.at("a"), "b");
  EXPECT_EQ(meta->annotations.at("c"), "d");
  EXPECT_TRUE(meta->deleting);
  ASSERT_EQ(meta->owners.size(), 1u);
  EXPECT_EQ(meta->owners[0], (OwnerReference{"v1", "Node", "n1", "u-2"}));
}

TEST(Meta, RefusesAnObjectWithoutName) {
  EXPECT_EQ(meta_of("{}").error().message(), "metadata: missing; expected an object");
  EXPECT_EQ(meta_of(R"({"metadata": {}})").error().message(),
            "metadata.name: missing; expected a string");
  EXPECT_EQ(meta_of(R"({"metadata": {"name": ""}})").error().message(),
            "metadata.name: must not be empty");
  EXPECT_EQ(meta_of(R"({"metadata": {"name": "n", "generation": 1.5}})").error().message(),
            "metadata.generation: expected an integer from 0 to 9223372036854775807, got 1.5");
}

TEST(Meta, WritesTheHeaderOfAnApplyPatch) {
  EXPECT_EQ(codec::to_json_text(object_header("v1", "ConfigMap", "a", "b")),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b"}})");
  EXPECT_EQ(codec::to_json_text(object_header("v1", "Node", "a")),
            R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}})");
}

TEST(Meta, KnowsTheNamesOfDns) {
  for (const char* good : {"a", "a1", "0", "a-b", "x9-y"}) {
    EXPECT_TRUE(is_dns_label(good)) << good;
    EXPECT_TRUE(is_dns_subdomain(good)) << good;
  }
  for (const char* bad : {"", "-a", "a-", "A", "a_b", "a b", "\u00e9", "a/b"}) {
    EXPECT_FALSE(is_dns_label(bad)) << bad;
    EXPECT_FALSE(is_dns_subdomain(bad)) << bad;
  }
  EXPECT_TRUE(is_dns_subdomain("n1.example.com"));
  EXPECT_FALSE(is_dns_label("n1.example.com"));
  for (const char* bad : {".", "a.", ".a", "a..b", "a.-b"}) {
    EXPECT_FALSE(is_dns_subdomain(bad)) << bad;
  }
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
  EXPECT_TRUE(is_dns_subdomain(std::string(253, 'a')));
  EXPECT_FALSE(is_dns_subdomain(std::string(254, 'a')));
}

Result<LabelSelector> selector_of(std::string_view text) {
  const Json json = json_of(text);
  codec::Fields fields = TRY(codec::Fields::of(json, "selector"));
  return parse_selector(fields);
}

struct Match {
  const char* name;
  const char* selector;
  const char* labels;
  bool expected;
};
class SelectorMatches : public ::testing::TestWithParam<Match> {};

TEST_P(SelectorMatches, AsKubernetesDoes) {
  const auto selector = selector_of(GetParam().selector);
  ASSERT_TRUE(selector) << selector.error().message();
  const auto labels = json_of(GetParam().labels).get<std::map<std::string, std::string>>();
  EXPECT_EQ(selector->matches(labels), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SelectorMatches,
    ::testing::Values(
        Match{"EmptyMatchesAll", "{}", "{}", true},
        Match{"LabelEqual", R"({"matchLabels":{"p":"a"}})", R"({"p":"a"})", true},
        Match{"LabelOther", R"({"matchLabels":{"p":"a"}})", R"({"p":"b"})", false},
        Match{"LabelAbsent", R"({"matchLabels":{"p":"a"}})", "{}", false},
        Match{"AllMustHold", R"({"matchLabels":{"p":"a","q":"b"}})", R"({"p":"a"})", false},
        Match{"In", R"({"matchExpressions":[{"key":"p","operator":"In","values":["a","b"]}]})",
              R"({"p":"b"})", true},
        Match{"InAbsent", R"({"matchExpressions":[{"key":"p","operator":"In","values":["a"]}]})",
              "{}", false},
        Match{"NotInAbsent",
              R"({"matchExpressions":[{"key":"p","operator":"NotIn","values":["a"]}]})", "{}",
              true},
        Match{"NotIn", R"({"matchExpressions":[{"key":"p","operator":"NotIn","values":["a"]}]})",
              R"({"p":"a"})", false},
        Match{"Exists", R"({"matchExpressions":[{"key":"p","operator":"Exists"}]})", R"({"p":""})",
              true},
        Match{"ExistsAbsent", R"({"matchExpressions":[{"key":"p","operator":"Exists"}]})", "{}",
              false},
        Match{"DoesNotExist", R"({"matchExpressions":[{"key":"p","operator":"DoesNotExist"}]})",
              R"({"p":""})", false},
        Match{"DoesNotExistAbsent",
              R"({"matchExpressions":[{"key":"p","operator":"DoesNotExist"}]})", "{}", true}),
    [](const auto& row) { return row.param.name; });

TEST(Selector, RefusesWhatKubernetesRefuses) {
  EXPECT_EQ(selector_of(R"({"matchExpressions":[{"key":"p","operator":"In"}]})").error().message(),
            "selector.matchExpressions[0].values: must not be empty for operator In or NotIn");
  EXPECT_EQ(
      selector_of(R"({"matchExpressions":[{"key":"p","operator":"Exists","values":["a"]}]})")
          .error()
          .message(),
      "selector.matchExpressions[0].values: must be empty for operator Exists or DoesNotExist");
  EXPECT_EQ(
      selector_of(R"({"matchExpressions":[{"key":"p","operator":"Gt","values":["1"]}]})")
          .error()
          .message(),
      "selector.matchExpressions[0].operator: expected In, NotIn, Exists or DoesNotExist, got "
      "\"Gt\"");
  EXPECT_EQ(selector_of(R"({"matchLabel":{}})").error().message(),
            "selector.matchLabel: unknown field");
  EXPECT_EQ(
      selector_of(R"({"matchExpressions":[{"key":"","operator":"Exists"}]})").error().message(),
      "selector.matchExpressions[0].key: must not be empty");
}

}  // namespace
}  // namespace seaworthy::api
