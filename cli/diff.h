// kubectl seaworthy diff: two sides, each a file or an object of the cluster → what changed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/attestation.h"
#include "api/reference_values.h"
#include "base/result.h"
#include "commands/capture_evidence.h"
#include "commands/output.h"

namespace CLI {
class App;
}

namespace seaworthy::cli {

struct DiffCommand {
  std::string from, to;  // a file, "-", "set/NAME" or "node/NAME"
  bool all = false;
  bool status = false;        // --status: of a node nothing but that
  int timeout_seconds = 120;  // --timeout
};

// Adds the subcommand and its options; `chosen` is called when it was parsed.
void add_diff(CLI::App& app, DiffCommand& options, const std::function<void()>& chosen);

// One side of the comparison: exactly one of both is there.
struct Side {
  std::optional<api::ReferenceValueSet> set = {};
  std::optional<api::NodeAttestation> node = {};   // its status
  std::optional<commands::MachineLogs> logs = {};  // what it has just proven
  bool is_node() const { return node || logs; }
};
// Objects of the cluster: is asked only for sides that are no files.
struct Objects {
  std::function<Result<Side>(const std::string&name)> set, node;
};

struct Differed {
  std::string text;
  bool same = true;
};
// kMalformed: two nodes, standard input twice, a file that holds something else.
Result<Differed> diff(const DiffCommand& options, const Objects& objects,
                      const commands::Output& output);

}  // namespace seaworthy::cli
