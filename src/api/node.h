// Node (v1), as far as Seaworthy reads and writes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/meta.h"

namespace seaworthy::api {

struct Taint {
  std::string key;
  std::string value;
  std::string effect;
  bool operator==(const Taint&) const = default;
};

struct Node {
  ObjectMeta meta;
  std::vector<Taint> taints;
  Json raw_taints;  // as served: written back whole, since the list is atomic
  std::string boot_id;
  bool operator==(const Node&) const = default;

  NodeName name() const { return NodeName(meta.name); }
  NodeUid uid() const { return NodeUid(meta.uid); }
};

Result<Node> parse_node(const Json& object);

}  // namespace seaworthy::api
