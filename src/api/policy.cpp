#include "api/policy.h"

#include <algorithm>
#include <array>

#include "api/policy_identity.h"
#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr std::array<std::string_view, 4> kModes = {"Enforce", "Warn", "Audit", "DryRun"};

// Ungoverned for ever: nothing that Seaworthy or a node needs to start may wait for Seaworthy.
constexpr std::array<std::string_view, 4> kNeverGoverned = {"kube-system", "kube-node-lease",
                                                            "kube-public", kSystemNamespace};

// The bounds of the schema.
constexpr std::size_t kMaxNamespaces = 256;
constexpr std::size_t kMaxSets = 64;
constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxSbatComponents = 64;
constexpr std::size_t kMaxRevoked = 1024;

bool never_governed(std::string_view name) {
  return std::find(kNeverGoverned.begin(), kNeverGoverned.end(), name) != kNeverGoverned.end();
}

Result<std::vector<Namespace>> parse_namespaces(Fields& workloads) {
  std::vector<Namespace> out;
  for (const auto& [json, path] : TRY(workloads.list("namespaces", kMaxNamespaces))) {
    if (!json->is_string() || !is_dns_label(json->get_ref<const std::string&>())) {
      return malformed(path + ": expected the name of a namespace");
    }
    const auto& name = json->get_ref<const std::string&>();
    if (never_governed(name)) {
      return malformed(path + ": " + name +
                       " cannot be governed: the cluster or Seaworthy itself needs it to start");
    }
    out.emplace_back(name);
  }
  TRY(workloads.expect_no_more());
  return out;
}

Result<std::vector<std::string>> parse_set_names(Fields& fields) {
  std::vector<std::string> out;
  for (const auto& [json, path] : TRY(fields.list("referenceValues", kMaxSets))) {
    if (!json->is_string() || !is_dns_subdomain(json->get_ref<const std::string&>())) {
      return malformed(path + ": expected the name of a ReferenceValueSet");
    }
    out.push_back(json->get_ref<const std::string&>());
  }
  return out;
}

Result<AttestationPolicy::Runtime> parse_runtime(Fields& fields) {
  AttestationPolicy::Runtime out;
  out.ima = static_cast<ImaRule>(TRY(one_of_or(fields, "ima", {"Required", "Ignored"}, 0)));
  out.unknown_files = static_cast<UnknownFilesRule>(
      TRY(one_of_or(fields, "unknownFiles", {"Violated", "Report"}, 0)));
  out.reference_values = TRY(parse_set_names(fields));
  out.rules = TRY(parse_file_rules(fields));
  if (out.ima == ImaRule::kIgnored && out.rules.kexec != KexecRule::kForbidden) {
    return fields.malformed_at("kexec", "must be Forbidden when ima is Ignored");
  }
  if (out.ima == ImaRule::kIgnored && !out.rules.paths.empty()) {
    return fields.malformed_at("paths", "must be empty when ima is Ignored");
  }
  if (out.ima == ImaRule::kIgnored && !out.reference_values.empty()) {
    return fields.malformed_at("referenceValues", "must be empty when ima is Ignored");
  }
  if (out.ima == ImaRule::kRequired && out.unknown_files == UnknownFilesRule::kViolated &&
      out.reference_values.empty()) {
    return fields.malformed_at("referenceValues",
                               "must not be empty when ima is Required and unknownFiles is "
                               "Violated: every file would be unknown");
  }
  TRY(fields.expect_no_more());
  return out;
}

Result<std::optional<AttestationPolicy::SecureBootMinimum::Keys>> parse_keys(
    Fields& minimum, std::string_view name) {
  auto fields = TRY(minimum.maybe_object(name));
  if (!fields) {
    return std::optional<AttestationPolicy::SecureBootMinimum::Keys>();
  }
  AttestationPolicy::SecureBootMinimum::Keys out;
  out.sha256 = TRY(read_sha256_list(*fields, "sha256", kMaxKeys));
  if (out.sha256.empty()) {
    return fields->malformed_at("sha256", "must not be empty");
  }
  out.equal = TRY(one_of_or(*fields, "match", {"Subset", "Equal"}, 0)) == 1;
  TRY(fields->expect_no_more());
  return std::optional(std::move(out));
}

Result<AttestationPolicy::SecureBootMinimum> parse_minimum(Fields& fields) {
  AttestationPolicy::SecureBootMinimum out;
  for (Fields& item : TRY(fields.objects("sbat", kMaxSbatComponents))) {
    AttestationPolicy::SecureBootMinimum::Component component;
    component.name = TRY(item.text("component", 64));
    if (component.name.empty() || std::any_of(out.sbat.begin(), out.sbat.end(), [&](const auto& c) {
          return c.name == component.name;
        })) {
      return item.malformed_at("component", "expected a name that does not stand twice");
    }
    component.generation =
        static_cast<std::uint32_t>(TRY(item.integer("generation", 1, 1'000'000)));
    TRY(item.expect_no_more());
    out.sbat.push_back(std::move(component));
  }
  out.revoked = TRY(read_sha256_list(fields, "revoked", kMaxRevoked));
  out.pk = TRY(parse_keys(fields, "pk"));
  out.kek = TRY(parse_keys(fields, "kek"));
  out.db = TRY(parse_keys(fields, "db"));
  TRY(fields.expect_no_more());
  return out;
}

Result<std::vector<std::string>> parse_quirks(Fields& fields) {
  std::vector<std::string> out = TRY(fields.texts("allowedQuirks", kQuirkNames.size(), 64));
  for (const std::string& name : out) {
    if (std::find(kQuirkNames.begin(), kQuirkNames.end(), name) == kQuirkNames.end()) {
      return fields.malformed_at("allowedQuirks", "'" + name + "' is no quirk that is known");
    }
  }
  return out;
}

Result<AttestationPolicy::Evidence> parse_evidence(Fields& fields) {
  AttestationPolicy::Evidence out;
  out.secure_boot =
      static_cast<Requirement>(TRY(one_of_or(fields, "secureBoot", {"Required", "Optional"}, 0)));
  if (auto minimum = TRY(fields.maybe_object("secureBootMinimum"))) {
    if (out.secure_boot == Requirement::kOptional) {
      return fields.malformed_at("secureBootMinimum", "needs secureBoot: Required");
    }
    out.secure_boot_minimum = TRY(parse_minimum(*minimum));
  }
  out.allowed_quirks = TRY(parse_quirks(fields));
  out.boot = static_cast<BootRule>(TRY(one_of_or(fields, "boot", {"ReferenceValues", "Any"}, 0)));
  out.reference_values = TRY(parse_set_names(fields));
  if (out.boot == BootRule::kReferenceValues && out.reference_values.empty()) {
    return fields.malformed_at("referenceValues",
                               "must not be empty when boot is ReferenceValues (the default); "
                               "boot: Any compares the boot with nothing");
  }
  if (out.boot == BootRule::kAny && !out.reference_values.empty()) {
    return fields.malformed_at("referenceValues", "must be empty when boot is Any");
  }
  Fields runtime = TRY(fields.object("runtime"));
  out.runtime = TRY(parse_runtime(runtime));
  if (out.runtime.rules.kexec == KexecRule::kMeasured &&
      out.secure_boot == Requirement::kOptional) {
    return runtime.malformed_at("kexec", "Measured needs secureBoot: Required");
  }
  TRY(fields.expect_no_more());
  return out;
}

Result<void> parse_freshness(Fields& fields, AttestationPolicy& out) {
  out.interval = seconds(TRY(fields.maybe_integer("intervalSeconds", 5, 3600)).value_or(30));
  out.max_age = seconds(TRY(fields.maybe_integer("maxAgeSeconds", 10, 86400)).value_or(120));
  if (out.max_age < 2 * out.interval) {
    return fields.malformed_at("maxAgeSeconds", "must be at least twice intervalSeconds (" +
                                                    std::to_string(2 * out.interval.count()) +
                                                    "): one late quote would make the node Stale");
  }
  return fields.expect_no_more();
}

// Unknown fields of spec are refused: they would be demands of a newer version that this one
// cannot meet. Those of metadata and status are not ours to judge.
Result<void> parse_spec(Fields& spec, AttestationPolicy& out) {
  Fields nodes = TRY(object_or_empty(spec, "nodes"));
  Fields selector = TRY(object_or_empty(nodes, "selector"));
  out.nodes = TRY(parse_selector(selector));
  TRY(nodes.expect_no_more());
  Fields workloads = TRY(object_or_empty(spec, "workloads"));
  out.namespaces = TRY(parse_namespaces(workloads));
  Fields identity = TRY(spec.object("identity"));
  out.identity = TRY(parse_identity(identity));
  Fields evidence = TRY(spec.object("evidence"));
  out.evidence = TRY(parse_evidence(evidence));
  Fields freshness = TRY(object_or_empty(spec, "freshness"));
  TRY(parse_freshness(freshness, out));
  Fields enforcement = TRY(object_or_empty(spec, "enforcement"));
  out.mode = static_cast<EnforcementMode>(
      TRY(one_of_or(enforcement, "mode", {kModes.begin(), kModes.end()}, 0)));
  TRY(enforcement.expect_no_more());
  if (out.dry_run()) {
    out.namespaces.clear();  // named, perhaps, for when it is no dry run any more
  }
  return spec.expect_no_more();
}

// The member of an object, or null if there is no such thing.
const Json* member(const Json* object, const char* name) {
  if (object == nullptr || !object->is_object()) {
    return nullptr;
  }
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

}  // namespace

Result<AttestationPolicy> parse_policy(const Json& object) {
  Fields root = TRY(Fields::of(object, ""));
  AttestationPolicy out;
  out.meta = TRY(parse_meta(root));
  if (!is_dns_label(out.meta.name) || out.meta.name.size() > kMaxPolicyName) {
    return root.malformed_at("metadata.name",
                             "the name of a policy is a DNS label of at most 50 characters");
  }
  Fields spec = TRY(root.object("spec"));
  TRY(parse_spec(spec, out));
  Fields status = TRY(object_or_empty(root, "status"));
  out.conditions = TRY(parse_conditions(status));
  return out;
}

std::vector<Namespace> governed_namespaces(const Json& object) {
  std::vector<Namespace> out;
  if (readable_mode(object) == EnforcementMode::kDryRun) {
    return out;
  }
  const Json* list = member(member(member(&object, "spec"), "workloads"), "namespaces");
  if (list == nullptr || !list->is_array()) {
    return out;
  }
  for (const Json& item : *list) {
    // What is no name of a namespace names none; what must never be governed is not, whoever
    // wrote it past the schema.
    if (item.is_string() && is_dns_label(item.get_ref<const std::string&>()) &&
        !never_governed(item.get_ref<const std::string&>())) {
      out.emplace_back(item.get_ref<const std::string&>());
    }
  }
  return out;
}

EnforcementMode readable_mode(const Json& object) {
  const Json* mode = member(member(member(&object, "spec"), "enforcement"), "mode");
  if (mode == nullptr || !mode->is_string()) {
    return EnforcementMode::kEnforce;
  }
  const auto at = std::find(kModes.begin(), kModes.end(), mode->get_ref<const std::string&>());
  return at == kModes.end() ? EnforcementMode::kEnforce
                            : static_cast<EnforcementMode>(at - kModes.begin());
}

Json policy_status_patch(const AttestationPolicy& policy, const NodeCounts& counts,
                         const std::vector<Condition>& conditions) {
  Json nodes = Json::object();
  nodes["matched"] = counts.matched;
  nodes["trusted"] = counts.trusted;
  nodes["violated"] = counts.violated;
  nodes["stale"] = counts.stale;
  nodes["unknown"] = counts.unknown;

  Json out = object_header(kGroupVersion, "AttestationPolicy", policy.meta.name);
  Json& status = out["status"] = Json::object();
  status["observedGeneration"] = policy.meta.generation;
  status["nodes"] = std::move(nodes);
  status["conditions"] = Json::array();
  for (const Condition& condition : conditions) {
    status["conditions"].push_back(to_json(condition));
  }
  return out;
}

std::string_view name(EnforcementMode mode) {
  return kModes.at(static_cast<std::size_t>(mode));
}

std::string class_label(const PolicyName& policy) {
  return kLabelPrefix + policy.str();
}

}  // namespace seaworthy::api
