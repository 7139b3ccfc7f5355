// Policies and reference values in the form that decisions are made with: built once per change,
// then shared between all nodes and threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/policy.h"
#include "api/reference_values.h"

namespace seaworthy::policy {

// A ReferenceValueSet, its digests sorted. Immutable.
struct CompiledSet {
  std::string name;
  std::vector<api::ReferenceValueSet::Pcr> pcrs;
  std::vector<api::Sha256Value> applications;  // sorted
  std::vector<std::string> command_lines;      // sorted
  std::vector<api::Sha256Value> files;         // sorted; paths are hints for people, not compared
  std::uint64_t generation = 0;                // hash over all of it

  bool describes_boot() const { return !pcrs.empty() || !applications.empty(); }
  bool has_application(const api::Sha256Value& digest) const;
  bool has_command_line(const std::string& text) const;
  bool has_file(const api::Sha256Value& digest) const;
};
std::shared_ptr<const CompiledSet> compile(const api::ReferenceValueSet& set);

// A policy and the sets that it names, as far as they exist.
struct CompiledPolicy {
  PolicyName name;
  api::AttestationPolicy::Evidence evidence;
  std::vector<std::shared_ptr<const CompiledSet>> boot_sets;
  std::vector<std::shared_ptr<const CompiledSet>> file_sets;
  std::vector<std::string> missing_boot_sets;  // names that no set has: never skipped (R24)
  std::vector<std::string> missing_file_sets;
  // Hash over the evidence rules and the contents of all sets: what was judged under another one
  // has to be judged again. Equal on every replica.
  std::uint64_t generation = 0;
};
CompiledPolicy compile(const api::AttestationPolicy& policy,
                       const std::map<std::string, std::shared_ptr<const CompiledSet>>& sets);

}  // namespace seaworthy::policy
