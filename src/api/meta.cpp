#include "api/meta.h"

#include <algorithm>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// Above what the API server stores: keys ≤ 253 + 1 + 63, label values ≤ 63, all annotations
// together ≤ 256 KiB.
constexpr MapBounds kLabelBounds{.max_items = 4096, .max_key_bytes = 317, .max_value_bytes = 63};
constexpr MapBounds kAnnotationBounds{
    .max_items = 8192, .max_key_bytes = 317, .max_value_bytes = 256 * 1024};
constexpr std::size_t kMaxOwners = 256;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label_of(std::string_view name, std::size_t max) {
  return !name.empty() && name.size() <= max && alphanumeric(name.front()) &&
         alphanumeric(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return alphanumeric(c) || c == '-'; });
}

Result<OwnerReference> parse_owner(Fields& fields) {
  OwnerReference owner;
  owner.api_version = TRY(fields.text("apiVersion", 317));
  owner.kind = TRY(fields.text("kind", 63));
  owner.name = TRY(fields.text("name", 253));
  owner.uid = TRY(fields.text("uid", 128));
  return owner;
}

Result<LabelRequirement> parse_requirement(Fields& fields) {
  using Operator = LabelRequirement::Operator;
  LabelRequirement out;
  out.key = TRY(fields.text("key", 317));
  if (out.key.empty()) {
    return fields.malformed_at("key", "must not be empty");
  }
  out.op = static_cast<Operator>(
      TRY(fields.one_of("operator", {"In", "NotIn", "Exists", "DoesNotExist"})));
  out.values = TRY(fields.texts("values", 64, 63));
  const bool needs_values = out.op == Operator::kIn || out.op == Operator::kNotIn;
  if (needs_values && out.values.empty()) {
    return fields.malformed_at("values", "must not be empty for operator In or NotIn");
  }
  if (!needs_values && !out.values.empty()) {
    return fields.malformed_at("values", "must be empty for operator Exists or DoesNotExist");
  }
  TRY(fields.expect_no_more());
  return out;
}

}  // namespace

Result<ObjectMeta> parse_meta(Fields& object) {
  Fields fields = TRY(object.object("metadata"));
  ObjectMeta meta;
  meta.name = TRY(fields.text("name", 253));
  if (meta.name.empty()) {
    return fields.malformed_at("name", "must not be empty");
  }
  meta.namespace_ = TRY(fields.maybe_text("namespace", 63)).value_or("");
  meta.uid = TRY(fields.maybe_text("uid", 128)).value_or("");
  meta.resource_version =
      ResourceVersion(TRY(fields.maybe_text("resourceVersion", 128)).value_or(""));
  meta.generation = TRY(fields.maybe_integer("generation", 0, INT64_MAX)).value_or(0);
  meta.labels = TRY(read_string_map(fields, "labels", kLabelBounds));
  meta.annotations = TRY(read_string_map(fields, "annotations", kAnnotationBounds));
  for (Fields& owner : TRY(fields.objects("ownerReferences", kMaxOwners))) {
    meta.owners.push_back(TRY(parse_owner(owner)));
  }
  meta.deleting = fields.has("deletionTimestamp");
  return meta;
}

Json object_header(const std::string& api_version, const std::string& kind, const std::string& name,
                   const std::string& namespace_) {
  Json out = Json::object();
  out["apiVersion"] = api_version;
  out["kind"] = kind;
  out["metadata"] = Json::object();
  out["metadata"]["name"] = name;
  if (!namespace_.empty()) {
    out["metadata"]["namespace"] = namespace_;
  }
  return out;
}

Json to_json(const OwnerReference& owner) {
  Json out = Json::object();
  out["apiVersion"] = owner.api_version;
  out["kind"] = owner.kind;
  out["name"] = owner.name;
  out["uid"] = owner.uid;
  return out;
}

bool is_dns_label(const std::string& name) {
  return is_label_of(name, 63);
}

bool is_dns_subdomain(const std::string& name) {
  if (name.empty() || name.size() > 253) {
    return false;
  }
  std::string_view rest = name;
  for (;;) {
    const std::size_t dot = rest.find('.');
    if (!is_label_of(rest.substr(0, dot), 253)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    rest.remove_prefix(dot + 1);
  }
}

bool LabelSelector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(
      requirements.begin(), requirements.end(), [&labels](const LabelRequirement& requirement) {
        const auto label = labels.find(requirement.key);
        const bool present = label != labels.end();
        const auto is_listed = [&] {
          return std::find(requirement.values.begin(), requirement.values.end(), label->second) !=
                 requirement.values.end();
        };
        switch (requirement.op) {
          case LabelRequirement::Operator::kIn:
            return present && is_listed();
          case LabelRequirement::Operator::kNotIn:
            return !present || !is_listed();
          case LabelRequirement::Operator::kExists:
            return present;
          case LabelRequirement::Operator::kDoesNotExist:
            return !present;
        }
        return false;
      });
}

Result<LabelSelector> parse_selector(Fields& selector) {
  LabelSelector out;
  for (const auto& [key, value] : TRY(read_string_map(selector, "matchLabels", {64, 317, 63}))) {
    out.requirements.push_back({key, LabelRequirement::Operator::kIn, {value}});
  }
  for (Fields& fields : TRY(selector.objects("matchExpressions", 64))) {
    out.requirements.push_back(TRY(parse_requirement(fields)));
  }
  TRY(selector.expect_no_more());
  return out;
}

}  // namespace seaworthy::api
