// kubectl seaworthy status: nodes × policies, why, since, expires.
#pragma once

#include <string>

#include "commands/cluster.h"
#include "commands/output.h"

namespace seaworthy::commands {

struct StatusFilter {
  std::string node = {};    // only this one
  std::string policy = {};  // only this one
};

// JSON: {"nodes":[{"node","uid","policies":[{"policy","mode","verdict","reason","message",
// "since","expires","findings":[{"reason","about","message"}]}]}]}.
// kNotFound for a node or policy that does not exist.
Result<std::string> status(const Cluster& cluster, const StatusFilter& filter, const Output& output,
                           Time now);

}  // namespace seaworthy::commands
