// kubectl seaworthy explain: why a node has its verdicts, where a pod may run, what governs a
// namespace.
#pragma once

#include <string>

#include "commands/cluster.h"
#include "commands/output.h"

namespace seaworthy::commands {

// kNotFound if there is no such object.
Result<std::string> explain_node(const Cluster& cluster, const std::string& node,
                                 const Output& output, Time now);
Result<std::string> explain_namespace(const Cluster& cluster, const std::string& name,
                                      const Output& output, Time now);
// `pod` is the object as served.
Result<std::string> explain_pod(const Cluster& cluster, const codec::Json& pod,
                                const Output& output, Time now);

}  // namespace seaworthy::commands
