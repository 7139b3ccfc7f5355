// kubectl seaworthy whatif: judges the evidence of all nodes under policies and reference values
// that are not applied yet. The operator judges, by dry runs that exist for the time of the
// question: what the answer rests on is what would decide, not a second implementation of it.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "commands/output.h"
#include "commands/what_if_plan.h"
#include "commands/what_if_report.h"
#include "kube/client.h"
#include "kube/reflector.h"

namespace seaworthy::commands {

// Whom to ask, and what the time until the answer is spent with.
struct Surroundings {
  kube::Client& client;
  const Clock& clock;
  Random& random;
  kube::Sleep sleep;
  std::function<void(const std::string&)> tell;  // a line of progress
  std::stop_token stop;                          // the person does not want to know any more
  std::chrono::milliseconds call_time = kube::kUsualCallTime;
};

enum class Afterwards : std::uint8_t { kRemove, kKeep };
struct WhatIf {
  std::vector<ManifestFile> files;
  std::chrono::seconds timeout{180};  // until all nodes have answered
  Afterwards afterwards = Afterwards::kRemove;
};

struct WhatIfAnswer {
  std::string text;
  Outcome outcome = Outcome::kNobodyWorse;
};

// What it made in the cluster it removes, whatever becomes of the question; what it cannot remove,
// or is kept, the operator does within the hour (api/what_if.h). kMalformed names the file and
// document that the API server or we refuse; kCancelled if it was stopped.
Result<WhatIfAnswer> what_if(const Surroundings& around, const WhatIf& question,
                             const Output& output);

}  // namespace seaworthy::commands
