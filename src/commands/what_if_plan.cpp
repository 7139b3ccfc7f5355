#include "commands/what_if_plan.h"

#include <algorithm>
#include <set>

#include "api/what_if.h"
#include "codec/fields.h"
#include "codec/yaml.h"
#include "kube/resource.h"

namespace seaworthy::commands {
namespace {

using codec::Json;

constexpr codec::JsonLimits kFileLimits{.max_bytes = std::size_t{16} << 20, .max_depth = 100};
constexpr std::size_t kMaxItems = 10'000;

bool is_of(const Json& object, const kube::Resource& resource) {
  return object.value("apiVersion", Json()) == resource.api_version() &&
         object.value("kind", Json()) == std::string(resource.kind);
}

// "ConfigMap tpm-roots", as far as there are such names.
std::string title(const Json& object) {
  const Json kind = object.value("kind", Json());
  return (kind.is_string() ? kind.get<std::string>() : "an object without kind") + " " +
         kube::key_of(object).name;
}

Result<void> add_to(std::vector<Manifest>& list, Manifest manifest) {
  if (manifest.name().empty()) {
    return malformed(manifest.where + ": metadata.name: missing; expected a name");
  }
  for (const Manifest& other : list) {
    if (other.name() == manifest.name()) {
      return malformed(manifest.where + ": " + title(manifest.object) + " stands in " +
                       other.where + " too");
    }
  }
  list.push_back(std::move(manifest));
  return {};
}

Result<void> add(Manifests& out, const std::string& where, const Json& object) {
  if (object.is_null()) {
    return {};  // between two lines of "---"
  }
  if (!object.is_object()) {
    return malformed(where + ": expected an object");
  }
  if (object.value("kind", Json()) == "List") {
    auto list = TRY(codec::Fields::of(object, where));
    for (const auto& [item, path] : TRY(list.list("items", kMaxItems))) {
      TRY(add(out, path, *item));
    }
    return {};
  }
  if (is_of(object, kube::kAttestationPolicies)) {
    return add_to(out.policies, {where, object});
  }
  if (is_of(object, kube::kReferenceValueSets)) {
    return add_to(out.sets, {where, object});
  }
  out.others.push_back(where + ": " + title(object));
  return {};
}

// The two lists of names in a policy's spec, where they are lists.
template <class Visit>
void each_reference(Json& policy, const Visit& visit) {
  for (const char* path :
       {"/spec/evidence/referenceValues", "/spec/evidence/runtime/referenceValues"}) {
    const Json::json_pointer at(path);
    if (!policy.contains(at) || !policy[at].is_array()) {
      continue;
    }
    for (Json& name : policy[at]) {
      if (name.is_string()) {
        visit(name);
      }
    }
  }
}

}  // namespace

std::string Manifest::name() const {
  return kube::key_of(object).name;
}

Result<Manifests> read_manifests(const std::vector<ManifestFile>& files) {
  Manifests out;
  for (const ManifestFile& file : files) {
    auto documents = codec::parse_yaml(file.text, kFileLimits);
    if (!documents) {
      return std::move(documents).error().in(file.name);
    }
    for (std::size_t i = 0; i < documents->size(); ++i) {
      const std::string number = documents->size() > 1 ? ", document " + std::to_string(i + 1) : "";
      TRY(add(out, file.name + number, (*documents)[i]));
    }
  }
  return out;
}

Json renamed(const Json& object, const std::string& name) {
  Json out = {{"apiVersion", object.at("apiVersion")},
              {"kind", object.at("kind")},
              {"metadata", {{"name", name}}}};
  if (object.contains("spec")) {
    out["spec"] = object["spec"];
  }
  return out;
}

std::string Trial::name() const {
  return kube::key_of(dry_run).name;
}

std::string trial_name(const std::string& id, const std::string& name, std::size_t max,
                       std::size_t number) {
  std::string out = "whatif-" + id + "-" + name;
  if (out.size() <= max) {
    return out;
  }
  const std::string tail = "-" + std::to_string(number);
  out.resize(max - tail.size());
  out.erase(out.find_last_not_of("-.") + 1);
  return out + tail;
}

std::vector<std::string> sets_of(const Json& policy) {
  std::vector<std::string> out;
  Json copy = policy;
  each_reference(copy, [&](const Json& name) { out.push_back(name.get<std::string>()); });
  return out;
}

Plan make_plan(const std::string& id, const std::vector<Candidate>& policies,
               const std::map<std::string, Json>& sets) {
  Plan plan{.id = id, .trials = {}, .sets = {}, .names = {}};
  std::map<std::string, std::string> stands_for;  // as people know it → made up
  for (const auto& [name, unused] : sets) {
    stands_for[name] = trial_name(id, name, kMaxSetName, stands_for.size());
  }
  for (const Candidate& policy : policies) {
    Trial trial{
        .policy = policy.parsed.meta.name,
        .selects = policy.parsed.nodes,
        .nodes = Json::object(),
        .dry_run = renamed(policy.object, trial_name(id, policy.parsed.meta.name,
                                                     api::kMaxPolicyName, plan.trials.size()))};
    Json& spec = trial.dry_run["spec"];
    trial.nodes = spec.value("nodes", Json::object());
    spec["nodes"] = {{"selector", {{"matchLabels", {{api::kWhatIfLabel, id}}}}}};
    spec["enforcement"] = {{"mode", api::name(api::EnforcementMode::kDryRun)}};
    spec.erase("workloads");
    trial.dry_run["metadata"]["labels"] = {{api::kWhatIfLabel, id}};
    each_reference(trial.dry_run, [&](Json& reference) {
      const std::string name = reference.get<std::string>();
      if (const auto other = stands_for.find(name); other != stands_for.end()) {
        reference = other->second;
        plan.sets[other->second] = renamed(sets.at(name), other->second);
        plan.sets[other->second]["metadata"]["labels"] = {{api::kWhatIfLabel, id}};
        plan.names[other->second] = name;
      }
    });
    plan.trials.push_back(std::move(trial));
  }
  return plan;
}

}  // namespace seaworthy::commands
