#include "diff.h"

#include <CLI/CLI.hpp>

#include "commands/diff.h"
#include "commands/node_difference.h"
#include "files.h"

namespace seaworthy::cli {
namespace {

constexpr const char* kFooter =
    R"(Each side is a file as kubectl takes it ("-": standard input), set/NAME (a ReferenceValueSet of the
cluster) or node/NAME.

Examples:
  kubectl seaworthy diff set/debian-12 debian-12.yaml   what applying the file would change
  kubectl seaworthy diff -o json old.yaml new.yaml | jq '.files.changed[].path'
  kubectl seaworthy diff set/debian-12 node/worker-1    what the node has and the set does not
  kubectl seaworthy diff --status set/debian-12 node/worker-1   the same, of its findings only

Of a node its evidence is compared, as of capture node: what it has and the set does not; what the
set has and the node did not use counts as equal. That waits for the node and needs the Role
seaworthy-evidence-reader; without it, or with --status, only what findings say that the node has.
Exit status, as of diff(1): 0 the same, 1 something differs, 2 it could not be told.
JSON: docs/capture.md)";

constexpr std::string_view kNode = "node/";

Result<Side> read_side(const std::string& name, const Objects& objects) {
  if (name.starts_with("set/")) {
    return objects.set(name.substr(4));
  }
  if (name.starts_with(kNode)) {
    return objects.node(name.substr(kNode.size()));
  }
  const Bytes text = TRY(read_input(name, commands::kMaxSetFileBytes));
  auto set = commands::parse_set_file(text);
  if (!set) {
    return std::move(set).error().in(name);
  }
  return Side{.set = *std::move(set)};
}

// What the node has, beside `other`.
Result<api::ReferenceValueSet> as_set(const Side& node, const api::ReferenceValueSet& other,
                                      commands::DiffView& view) {
  if (!node.logs) {
    view.notes.push_back(
        "Of the node only its status is read: what no finding there is about counts as equal.");
    return commands::as_status_tells(*node.node, other);
  }
  view.notes.push_back(
      "Of the node its evidence is compared: what the set has and it did not use counts as equal.");
  commands::NodeAsSet told = TRY(commands::as_evidence_tells(*node.logs, other));
  view.notes.insert(view.notes.end(), told.notes.begin(), told.notes.end());
  return std::move(told.set);
}

}  // namespace

void add_diff(CLI::App& app, DiffCommand& options, const std::function<void()>& chosen) {
  CLI::App* diff = app.add_subcommand(
      "diff", "Show what changed between reference values, or between a node and a set");
  diff->footer(kFooter);
  diff->add_option("FROM", options.from, "A file, set/NAME or node/NAME")->required();
  diff->add_option("TO", options.to, "A file, set/NAME or node/NAME")->required();
  diff->add_flag("--all", options.all, "Show every file, not the first 20 of each kind");
  diff->add_flag("--status", options.status, "Of a node read the status only, and do not wait");
  diff->add_option("--timeout", options.timeout_seconds, "Seconds to wait for a node")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  diff->callback(chosen);
}

Result<Differed> diff(const DiffCommand& options, const Objects& objects,
                      const commands::Output& output) {
  if (options.from == "-" && options.to == "-") {
    return malformed("standard input can be one side only");
  }
  if (options.from.starts_with(kNode) && options.to.starts_with(kNode)) {
    return malformed("two nodes have nothing to be compared by: compare each with a set");
  }
  Side from = TRY(read_side(options.from, objects));
  Side to = TRY(read_side(options.to, objects));
  commands::DiffView view{.from = options.from, .to = options.to, .notes = {}, .all = options.all};
  if (from.is_node()) {
    from.set = TRY(as_set(from, *to.set, view));
  } else if (to.is_node()) {
    to.set = TRY(as_set(to, *from.set, view));
  }
  const commands::SetDifference difference = commands::difference(*from.set, *to.set);
  return Differed{commands::diff_text(difference, view, output), difference.same()};
}

}  // namespace seaworthy::cli
