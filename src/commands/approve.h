// kubectl seaworthy approve: pins a TPM to a node, by a person's decision (rule R23, design
// "Enrol").
#pragma once

#include <string>

#include "commands/output.h"
#include "kube/client.h"

namespace seaworthy::commands {

struct Approval {
  std::string node;
  // The TPM that the person means. Empty: the one that waits. Given: must be the one that waits, or
  // is listed beforehand if none does (enrolment: Inventory).
  std::string ek_hash = {};
};

// Writes spec.ekHash of the NodeAttestation, creating it if there is none (only with ek_hash).
// Guarded by the resourceVersion that was read: what was shown is what is approved.
//   kNotFound   nothing waits for approval, or the node does not exist;
//   kConflict   another TPM waits than the one named, or the node is pinned to another.
Result<std::string> approve(kube::Client& client, const Approval& approval, const Output& output,
                            const kube::Call& call);

}  // namespace seaworthy::commands
