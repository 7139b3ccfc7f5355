// ReferenceValueSet (seaworthy.dev/v1alpha1): what is known to be good. The schema with its texts
// is crds/referencevaluesets.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/conditions.h"
#include "api/file_rules.h"
#include "api/meta.h"
#include "base/bytes.h"
#include "base/time.h"

namespace seaworthy::api {

// Which nodes booted what the set describes, by their last signed results.
struct SetUse {
  int nodes = 0;
  std::vector<std::string> names;  // the first kMaxUsersShown of them
  std::optional<Time> first_used;  // when the controller saw the first one
  bool operator==(const SetUse&) const = default;
};
inline constexpr std::size_t kMaxUsersShown = 16;

// Of one set: the bounds of the schema that whoever makes sets has to keep to.
inline constexpr std::size_t kMaxApplications = 256;
inline constexpr std::size_t kMaxUnifiedKernels = 64;
inline constexpr std::size_t kMaxEvents = 1024;  // of one register
inline constexpr std::size_t kMaxCommandLines = 64;
inline constexpr std::size_t kMaxFiles = 20'000;

struct ReferenceValueSet {
  struct Pcr {
    std::uint8_t index = 0;  // 0 to 9, 11 to 15
    Sha256Value sha256{};
    bool operator==(const Pcr&) const = default;
  };
  struct Events {
    std::uint8_t pcr = 0;             // 0 to 9, 11 to 15
    std::vector<Sha256Value> sha256;  // all that it may be extended with
    bool operator==(const Events&) const = default;
  };
  struct File {
    Sha256Value sha256{};
    std::string path;            // a hint for people, unless bound_to_path
    bool bound_to_path = false;  // match: ContentAndPath
    bool operator==(const File&) const = default;
  };

  ObjectMeta meta;
  std::vector<Pcr> pcrs;                     // registers that must have exactly this value
  std::vector<Sha256Value> applications;     // Authenticode digests of what firmware may start
  std::vector<Sha256Value> unified_kernels;  // likewise: one of them must be started
  std::vector<Events> events;                // per register, each at most once
  std::vector<std::string> command_lines;    // kernel command lines, exact
  std::vector<File> files;                   // at most 20,000 in one set
  RuntimeReferences runtime;                 // what else is known about files
  // When the values count: from, and until before. Absent: from the beginning, for ever.
  std::optional<Time> not_before, retire_after;
  std::vector<Condition> conditions = {};  // of status
  SetUse use = {};                         // of status
  bool operator==(const ReferenceValueSet&) const = default;

  // It was to be retired, and the controller found that no node runs it any more: retired early.
  // Only what is written for this generation of spec counts, and never without retireAfter.
  bool found_unused() const;
  bool describes_boot() const {
    return !pcrs.empty() || !applications.empty() || !unified_kernels.empty() || !events.empty();
  }
};

Result<ReferenceValueSet> parse_reference_values(const Json& object);
// The object as a person would apply it: name and spec.
// parse_reference_values(reference_values_json(x)) == x, apart from status and other metadata.
Json reference_values_json(const ReferenceValueSet& set);

// Conditions of a set.
inline constexpr const char* kConditionInForce = "InForce";
inline constexpr const char* kConditionRetired = "Retired";

// The status subresource as an apply patch of the controller.
Json reference_values_status_patch(const ReferenceValueSet& set, const SetUse& use,
                                   const std::vector<Condition>& conditions);

}  // namespace seaworthy::api
