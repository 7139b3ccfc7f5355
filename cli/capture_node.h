// kubectl seaworthy capture node: a node's evidence → files, reference values, or both.
#pragma once

#include "capture.h"
#include "kube/client.h"

namespace seaworthy::cli {

// Tells on standard error that it waits.
Result<Captured> capture_node(kube::Client& client, const CaptureCommand& options,
                              const commands::Output& output, const Clock& clock);

}  // namespace seaworthy::cli
