// kubectl seaworthy capture node: a node's evidence, from whichever replica of the operator
// verifies it next. docs/evidence.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/node_evidence.h"
#include "commands/output.h"
#include "kube/client.h"
#include "kube/reflector.h"

namespace seaworthy::commands {

struct EvidenceSource {
  kube::Client& client;
  const Clock& clock;
  kube::Sleep pause;
  std::function<void(const std::string&)> progress;  // sentences for who waits; may not be empty
};

// Asks all replicas each second until one has evidence from after the call, and takes that. Its
// quote is checked here too; what its logs say is proven as far as `findings` says nothing.
//   kDenied       names the Role that is missing;
//   kNotFound     no such node, or no operator;
//   kConflict     the node is not enrolled, or its IMA list is too long: the message says;
//   kDeadline     nothing came within the time of `call`.
Result<api::NodeEvidence> fetch_evidence(const EvidenceSource& source, const std::string& node,
                                         const kube::Call& call);

// One file, as `kubectl seaworthy inspect` takes it.
struct EvidenceFile {
  std::string name;
  Bytes content;
};
// boot-log, userspace-log (if the node has one), ima, quote.attest, quote.signature, quote.nonce,
// quote.pcrs, ak.tpmt_public, and evidence.json: what the nonce is made of, times, findings.
std::vector<EvidenceFile> evidence_files(const std::string& node,
                                         const api::NodeEvidence& evidence);

// What was written, and how to look at it. JSON: {"node", "nodeUID", "receivedTime", "directory",
// "files": {name: bytes}, "findings": […]}.
std::string captured_text(const std::string& node, const api::NodeEvidence& evidence,
                          const std::vector<EvidenceFile>& files, const std::string& directory,
                          const Output& output);

}  // namespace seaworthy::commands
