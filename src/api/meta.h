// What every Kubernetes object has: ObjectMeta (Kubernetes API 1.36, meta/v1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "codec/fields.h"
#include "codec/json.h"

namespace seaworthy::api {

using codec::Json;

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool operator==(const OwnerReference&) const = default;
};

// The parts of ObjectMeta that Seaworthy reads. Absent strings are empty.
struct ObjectMeta {
  std::string name;
  std::string namespace_;
  std::string uid;
  ResourceVersion resource_version;
  std::int64_t generation = 0;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<OwnerReference> owners;
  bool deleting = false;  // deletionTimestamp is set
  bool operator==(const ObjectMeta&) const = default;
};

// Reads `metadata` of an object; unknown fields are ignored. The API server bounds what it stores;
// our bounds only keep a broken answer from growing without limit.
Result<ObjectMeta> parse_meta(codec::Fields& object);
// For apply patches: apiVersion, kind and the metadata that identifies (name, namespace).
Json object_header(const std::string& api_version, const std::string& kind, const std::string& name,
                   const std::string& namespace_ = "");
Json to_json(const OwnerReference& owner);

// DNS-1123: what Kubernetes takes for the names of nodes (subdomain, ≤ 253) and of policies and
// namespaces (label, ≤ 63).
bool is_dns_subdomain(const std::string& name);
bool is_dns_label(const std::string& name);

// metav1.LabelSelector. An empty selector matches everything.
struct LabelRequirement {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values;
  bool operator==(const LabelRequirement&) const = default;
};
struct LabelSelector {
  std::vector<LabelRequirement> requirements;  // matchLabels become In with one value
  bool matches(const std::map<std::string, std::string>& labels) const;
  bool operator==(const LabelSelector&) const = default;
};
Result<LabelSelector> parse_selector(codec::Fields& selector);

}  // namespace seaworthy::api
