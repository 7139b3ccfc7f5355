// kubectl seaworthy capture node: a node's evidence → files, reference values, or both.
#pragma once

#include <chrono>
#include <string>

#include "api/node_evidence.h"
#include "capture.h"
#include "kube/client.h"

namespace seaworthy::cli {

// What a node proves next; tells on standard error that it waits.
Result<api::NodeEvidence> node_evidence(kube::Client& client, const std::string& node,
                                        std::chrono::seconds patience, const Clock& clock);
commands::MachineLogs logs_of(const api::NodeEvidence& evidence);

// Tells on standard error that it waits.
Result<Captured> capture_node(kube::Client& client, const CaptureCommand& options,
                              const commands::Output& output, const Clock& clock);

}  // namespace seaworthy::cli
