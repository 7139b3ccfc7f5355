// kubectl seaworthy diff: what a node has proven, in the terms of a set that it is compared with.
#pragma once

#include <string>
#include <vector>

#include "commands/capture_evidence.h"

namespace seaworthy::commands {

struct NodeAsSet {
  api::ReferenceValueSet set;
  std::vector<std::string> notes = {};  // sentences: what could not be compared
};

// `set` itself with what the logs prove that the node has and `set` does not: registers that it
// compares, programs, events of registers that it lists, the command line, files. What the node did
// not use of the set counts as equal. Signatures are not looked at: a file that only a signer of
// the set vouches for is one that it does not list, and a note says so.
//
// Fails as capture_evidence().
Result<NodeAsSet> as_evidence_tells(const MachineLogs& logs, const api::ReferenceValueSet& set);

}  // namespace seaworthy::commands
