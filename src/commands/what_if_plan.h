// kubectl seaworthy whatif, first part: which dry runs answer the question. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/policy.h"
#include "base/result.h"
#include "codec/json.h"

namespace seaworthy::commands {

// A file that a person named, and what is in it.
struct ManifestFile {
  std::string name;
  std::string text;
};

struct Manifest {
  std::string where;  // "new.yaml, document 2": for messages
  codec::Json object;

  std::string name() const;
};
struct Manifests {
  std::vector<Manifest> policies;   // AttestationPolicies
  std::vector<Manifest> sets;       // ReferenceValueSets
  std::vector<std::string> others;  // what else there is, for people: it is not judged
};
// Multi-document YAML (or JSON), also Lists as `kubectl get -o yaml` writes them. kMalformed names
// file and document: no YAML, no object, no name, one name twice.
Result<Manifests> read_manifests(const std::vector<ManifestFile>& files);

// The object under another name, as it would be created; nothing of the server's is kept.
codec::Json renamed(const codec::Json& object, const std::string& name);

// A policy that is tried: what is, and what stands for it.
struct Trial {
  std::string policy;          // its name
  api::LabelSelector selects;  // the nodes that it is to be tried on
  codec::Json nodes;           // the same, as in spec.nodes
  codec::Json dry_run;  // the object to create: in mode DryRun, and it selects nobody: it must not
                        // judge before the sets that it names are there
  std::string name() const;  // of the dry run
};

struct Plan {
  std::string id;
  std::vector<Trial> trials;
  std::map<std::string, codec::Json> sets;   // to create, by the name that is in the dry runs
  std::map<std::string, std::string> names;  // made up → as people know it, of sets
};

inline constexpr std::size_t kMaxSetName = 253;

// "whatif-<id>-<name>"; cut to `max` bytes, and `number` then keeps it apart from others.
std::string trial_name(const std::string& id, const std::string& name, std::size_t max,
                       std::size_t number);

// The names of reference value sets that a policy's spec refers to.
std::vector<std::string> sets_of(const codec::Json& policy);

// `policies`: to be tried, as parsed and as they are; `sets`: specifications that differ from what
// is in the cluster, or are not there, by name. Sets that no policy names are left out.
struct Candidate {
  api::AttestationPolicy parsed;
  codec::Json object;
};
Plan make_plan(const std::string& id, const std::vector<Candidate>& policies,
               const std::map<std::string, codec::Json>& sets);

}  // namespace seaworthy::commands
