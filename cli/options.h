// The command line of kubectl-seaworthy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture.h"
#include "commands/output.h"
#include "diff.h"
#include "inspect.h"

namespace CLI {
class App;
}

namespace seaworthy::cli {

enum class Command : std::uint8_t {
  kStatus,
  kExplainNode,
  kExplainPod,
  kExplainNamespace,
  kApprove,
  kWhatIf,
  kInspect,
  kCapture,
  kDiff,
  kCompletion,
  kComplete,
  kVersion
};

struct WhatIfOptions {
  std::vector<std::string> files;  // "-": standard input
  int timeout_seconds = 180;
  bool keep = false;
};

struct Options {
  Command command = Command::kStatus;
  std::string kubeconfig;
  std::string context;
  std::string as;  // whom to impersonate
  std::string namespace_;
  std::string
      name;  // the node, pod or namespace that a command is about; the shell to complete for
  std::string node;                // status --node
  std::string policy;              // status --policy
  std::string ek_hash;             // approve --ek-hash
  std::vector<std::string> words;  // __complete: what is typed so far, the last word unfinished
  WhatIfOptions what_if;           // whatif …
  InspectOptions inspect;          // inspect …
  CaptureCommand capture;          // capture …
  DiffCommand diff;                // diff
  commands::Output output;
  int timeout_seconds = 30;
};

// The options, or the exit code after help (0) or a usage error (2) was printed.
struct Parsed {
  Options options;
  int exit_code = -1;  // -1: go on
};
Parsed parse_options(int argc, const char* const* argv, bool to_terminal);

}  // namespace seaworthy::cli
