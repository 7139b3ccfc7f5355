#include "api/node.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

TEST(Node, ReadsNameUidTaintsAndBoot) {
  const auto node = parse_node(json_of(R"({
      "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "u1"},
      "spec": {"taints": [{"key": "k", "effect": "NoSchedule", "timeAdded": "2026-11-24T13:34:00Z"},
                          {"key": "l", "value": "v", "effect": "NoExecute"}]},
      "status": {"nodeInfo": {"bootID": "b"}}})"));
  ASSERT_TRUE(node);
  EXPECT_EQ(node->name(), NodeName("n1"));
  EXPECT_EQ(node->uid(), NodeUid("u1"));
  EXPECT_EQ(node->taints, (std::vector<Taint>{{"k", "", "NoSchedule"}, {"l", "v", "NoExecute"}}));
  EXPECT_EQ(node->raw_taints[0]["timeAdded"], "2026-11-24T13:34:00Z");  // written back whole
  EXPECT_EQ(node->boot_id, "b");
}

TEST(Node, TakesANodeThatHasOnlyMetadata) {
  const auto node = parse_node(json_of(R"({"metadata": {"name": "n1", "uid": "u1"}})"));
  ASSERT_TRUE(node);
  EXPECT_TRUE(node->taints.empty());
  EXPECT_EQ(node->raw_taints, Json::array());
}

TEST(Node, RefusesATaintWithoutEffect) {
  EXPECT_EQ(
      parse_node(json_of(R"({"metadata": {"name": "n1"}, "spec": {"taints": [{"key": "k"}]}})"))
          .error()
          .message(),
      "spec.taints[0].effect: missing; expected a string");
}

}  // namespace
}  // namespace seaworthy::api
