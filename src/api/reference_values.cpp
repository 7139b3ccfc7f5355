#include "api/reference_values.h"

#include <algorithm>

#include "api/policy.h"
#include "api/values.h"
#include "codec/hex.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// More bounds of the schema. 20,000 files need about 1.5 MiB, which is also what etcd takes.
constexpr std::size_t kMaxPcrs = 15;                // 0 to 9, and 11 to 15
constexpr std::size_t kMaxCommandLineBytes = 4096;  // COMMAND_LINE_SIZE is 2048 on x86-64
constexpr std::size_t kMaxPathBytes = 4096;         // PATH_MAX

Result<Sha256Value> read_digest(Fields& fields, std::string_view name) {
  TRY(fields.text(name, 64));  // present, and counted as read
  return sha256_of(*fields.json().find(name), fields.path_of(name));
}

Result<std::uint8_t> read_register(Fields& fields, std::string_view name) {
  const std::int64_t index = TRY(fields.integer(name, 0, 15));
  if (index == 10) {
    return fields.malformed_at(name,
                               "expected 0 to 9 or 11 to 15: PCR 10 changes with every file that "
                               "runs");
  }
  return static_cast<std::uint8_t>(index);
}

Result<std::vector<ReferenceValueSet::Pcr>> parse_pcrs(Fields& boot) {
  std::vector<ReferenceValueSet::Pcr> out;
  for (Fields& fields : TRY(boot.objects("pcrs", kMaxPcrs))) {
    ReferenceValueSet::Pcr pcr;
    pcr.index = TRY(read_register(fields, "index"));
    if (std::any_of(out.begin(), out.end(), [&](const auto& p) { return p.index == pcr.index; })) {
      return fields.malformed_at("index", "PCR " + std::to_string(pcr.index) + " stands twice");
    }
    pcr.sha256 = TRY(read_digest(fields, "sha256"));
    TRY(fields.expect_no_more());
    out.push_back(pcr);
  }
  return out;
}

Result<std::vector<ReferenceValueSet::Events>> parse_events(Fields& boot) {
  std::vector<ReferenceValueSet::Events> out;
  for (Fields& fields : TRY(boot.objects("events", kMaxPcrs))) {
    ReferenceValueSet::Events events;
    events.pcr = TRY(read_register(fields, "pcr"));
    if (std::any_of(out.begin(), out.end(), [&](const auto& e) { return e.pcr == events.pcr; })) {
      return fields.malformed_at("pcr", "PCR " + std::to_string(events.pcr) + " stands twice");
    }
    events.sha256 = TRY(read_sha256_list(fields, "sha256", kMaxEvents));
    TRY(fields.expect_no_more());
    out.push_back(std::move(events));
  }
  return out;
}

Result<void> parse_boot(Fields& boot, ReferenceValueSet& out) {
  out.pcrs = TRY(parse_pcrs(boot));
  out.applications = TRY(read_sha256_list(boot, "applications", kMaxApplications));
  out.unified_kernels = TRY(read_sha256_list(boot, "unifiedKernels", kMaxUnifiedKernels));
  out.events = TRY(parse_events(boot));
  out.command_lines = TRY(boot.texts("commandLines", kMaxCommandLines, kMaxCommandLineBytes));
  if (!out.describes_boot()) {
    return boot.malformed_at("",
                             "needs pcrs, applications, unifiedKernels or events: a command line "
                             "alone says nothing about what was booted");
  }
  return boot.expect_no_more();
}

Result<void> parse_window(Fields& spec, ReferenceValueSet& out) {
  out.not_before = TRY(maybe_read_time(spec, "notBefore"));
  out.retire_after = TRY(maybe_read_time(spec, "retireAfter"));
  if (out.not_before && out.retire_after && *out.retire_after <= *out.not_before) {
    return spec.malformed_at("retireAfter", "must be after notBefore");
  }
  return {};
}

Json hex_list(const std::vector<Sha256Value>& digests) {
  Json out = Json::array();
  for (const Sha256Value& digest : digests) {
    out.push_back(codec::to_hex(digest));
  }
  return out;
}

// An absent list and an empty one mean the same, everywhere but in `events`.
void put(Json& to, const char* name, Json list) {
  if (!list.empty()) {
    to[name] = std::move(list);
  }
}

Json boot_json(const ReferenceValueSet& set) {
  Json boot = Json::object();
  Json pcrs = Json::array();
  for (const auto& pcr : set.pcrs) {
    pcrs.push_back({{"index", pcr.index}, {"sha256", codec::to_hex(pcr.sha256)}});
  }
  Json events = Json::array();
  for (const auto& of : set.events) {
    events.push_back({{"pcr", of.pcr}, {"sha256", hex_list(of.sha256)}});
  }
  put(boot, "pcrs", std::move(pcrs));
  put(boot, "applications", hex_list(set.applications));
  put(boot, "unifiedKernels", hex_list(set.unified_kernels));
  put(boot, "events", std::move(events));
  put(boot, "commandLines", set.command_lines);
  return boot;
}

Json files_json(const std::vector<ReferenceValueSet::File>& files) {
  Json out = Json::array();
  for (const auto& file : files) {
    Json& json = out.emplace_back(Json{{"sha256", codec::to_hex(file.sha256)}});
    if (!file.path.empty()) {
      json["path"] = file.path;
    }
    if (file.bound_to_path) {
      json["match"] = "ContentAndPath";
    }
  }
  return out;
}

}  // namespace

Result<ReferenceValueSet> parse_reference_values(const Json& object) {
  Fields root = TRY(Fields::of(object, ""));
  ReferenceValueSet out;
  out.meta = TRY(parse_meta(root));
  Fields spec = TRY(root.object("spec"));
  if (auto boot = TRY(spec.maybe_object("boot"))) {
    TRY(parse_boot(*boot, out));
  }
  for (Fields& fields : TRY(spec.objects("files", kMaxFiles))) {
    ReferenceValueSet::File file;
    file.sha256 = TRY(read_digest(fields, "sha256"));
    file.path = TRY(fields.maybe_text("path", kMaxPathBytes)).value_or("");
    file.bound_to_path = TRY(one_of_or(fields, "match", {"Content", "ContentAndPath"}, 0)) == 1;
    if (file.bound_to_path && file.path.empty()) {
      return fields.malformed_at("path", "must be there when match is ContentAndPath");
    }
    TRY(fields.expect_no_more());
    out.files.push_back(std::move(file));
  }
  out.runtime = TRY(parse_runtime_references(spec));
  if (!out.describes_boot() && out.files.empty() && out.runtime.empty()) {
    return spec.malformed_at("", "describes nothing: needs boot or files");
  }
  TRY(parse_window(spec, out));
  TRY(spec.expect_no_more());
  Fields status = TRY(object_or_empty(root, "status"));
  out.conditions = TRY(parse_conditions(status));
  out.use.nodes = static_cast<int>(TRY(status.maybe_integer("nodes", 0, 1 << 30)).value_or(0));
  out.use.names = TRY(status.texts("usedBy", kMaxUsersShown, 253));
  out.use.first_used = TRY(maybe_read_time(status, "firstUsed"));
  return out;
}

Json reference_values_json(const ReferenceValueSet& set) {
  Json out = object_header(kGroupVersion, "ReferenceValueSet", set.meta.name);
  Json& spec = out["spec"] = Json::object();
  put(spec, "boot", boot_json(set));
  put(spec, "files", files_json(set.files));
  write_runtime_references(set.runtime, spec);
  if (set.not_before) {
    spec["notBefore"] = set.not_before->rfc3339();
  }
  if (set.retire_after) {
    spec["retireAfter"] = set.retire_after->rfc3339();
  }
  return out;
}

bool ReferenceValueSet::found_unused() const {
  return retire_after && std::any_of(conditions.begin(), conditions.end(), [&](const Condition& c) {
           return c.type == kConditionRetired && c.status == ConditionStatus::kTrue &&
                  c.observed_generation == meta.generation;
         });
}

Json reference_values_status_patch(const ReferenceValueSet& set, const SetUse& use,
                                   const std::vector<Condition>& conditions) {
  Json out = object_header(kGroupVersion, "ReferenceValueSet", set.meta.name);
  Json& status = out["status"] = Json::object();
  status["observedGeneration"] = set.meta.generation;
  status["nodes"] = use.nodes;
  status["usedBy"] = use.names;
  if (use.first_used) {
    status["firstUsed"] = use.first_used->rfc3339();
  }
  status["conditions"] = Json::array();
  for (const Condition& condition : conditions) {
    status["conditions"].push_back(to_json(condition));
  }
  return out;
}

}  // namespace seaworthy::api
