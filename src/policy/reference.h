// Policies and reference values in the form that decisions are made with: built once per change,
// then shared between all nodes and threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/policy.h"
#include "api/reference_values.h"
#include "base/time.h"
#include "policy/files.h"
#include "policy/validity.h"
#include "verify/quirks.h"

namespace seaworthy::policy {

// A ReferenceValueSet, its digests sorted. Immutable.
struct CompiledSet {
  std::string name;
  std::vector<api::ReferenceValueSet::Pcr> pcrs;
  std::vector<api::Sha256Value> applications;          // sorted
  std::vector<api::Sha256Value> unified_kernels;       // sorted
  std::vector<api::ReferenceValueSet::Events> events;  // digests sorted
  std::vector<std::string> command_lines;              // sorted
  std::shared_ptr<const SetFiles> files;
  Validity validity;
  std::uint64_t generation = 0;  // hash over all of it

  bool describes_boot() const {
    return !pcrs.empty() || !applications.empty() || !unified_kernels.empty() || !events.empty();
  }
  bool has_unified_kernel(const api::Sha256Value& digest) const;
  bool has_application(const api::Sha256Value& digest) const;
  bool has_command_line(const std::string& text) const;
};
std::shared_ptr<const CompiledSet> compile(const api::ReferenceValueSet& set);

// A policy and the sets that it names, as far as they exist.
struct CompiledPolicy {
  PolicyName name;
  api::AttestationPolicy::Evidence evidence;
  verify::Quirks allowed_quirks;
  std::vector<std::shared_ptr<const CompiledSet>> boot_sets;
  std::vector<std::shared_ptr<const CompiledSet>> file_sets;
  FileRules files;                             // of all file sets
  std::vector<std::string> missing_boot_sets;  // names that no set has: never skipped (R24)
  std::vector<std::string> missing_file_sets;
  // Hash over the evidence rules and the contents of all sets: what was judged under another one
  // has to be judged again. Equal on every replica.
  std::uint64_t generation = 0;
  // The same with the windows of the file sets: differs as soon as one of them opens or closes.
  std::uint64_t generation_at(Time now) const;
  // Registers that only quotes of the wider selection show (PCR 11 to 13, 15) are needed.
  bool needs_userspace_pcrs() const;
};
CompiledPolicy compile(const api::AttestationPolicy& policy,
                       const std::map<std::string, std::shared_ptr<const CompiledSet>>& sets);

}  // namespace seaworthy::policy
