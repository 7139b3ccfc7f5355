// What the commands read of a cluster, once, with the rights of the person who asks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/node.h"
#include "api/policy.h"
#include "kube/client.h"

namespace seaworthy::commands {

// An AttestationPolicy, or the reason why it cannot be read. It governs all the same.
struct ReadPolicy {
  std::string name;
  Result<api::AttestationPolicy> policy;
  std::vector<Namespace> namespaces;

  bool governs(const Namespace& asked) const;
  bool selects(const api::Node& node) const;  // any node if it cannot be read
  api::EnforcementMode mode() const;          // Enforce if it cannot be read
  std::string shown() const;                  // its name, and that it is a dry run
};

struct Cluster {
  std::vector<ReadPolicy> policies;  // by name
  std::map<std::string, api::Node> nodes;
  std::map<std::string, api::NodeAttestation> attestations;

  std::vector<const ReadPolicy*> governing(const Namespace& name) const;
};

// kNotFound with a hint if the custom resource definitions are not installed.
Result<Cluster> read_cluster(kube::Client& client, const kube::Call& call);

// What is to be said about a node under a policy now: the verdict of the status, but Stale if it
// has expired meanwhile and Unknown if there is none, each with a sentence that says what to do.
api::PolicyVerdict verdict_now(const Cluster& cluster, const std::string& node,
                               const std::string& policy, Time now);

}  // namespace seaworthy::commands
