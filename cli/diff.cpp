#include "diff.h"

#include <CLI/CLI.hpp>

#include "commands/diff.h"
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

Of a node only its status is read: its command line, and what findings say that it has. What no
finding is about counts as equal.
Exit status, as of diff(1): 0 the same, 1 something differs, 2 it could not be told.
JSON: docs/capture.md)";

Result<Side> read_side(const std::string& name, const Objects& objects) {
  if (name.starts_with("set/")) {
    return objects.set(name.substr(4));
  }
  if (name.starts_with("node/")) {
    return objects.node(name.substr(5));
  }
  const Bytes text = TRY(read_input(name, commands::kMaxSetFileBytes));
  auto set = commands::parse_set_file(text);
  if (!set) {
    return std::move(set).error().in(name);
  }
  return Side{.set = *std::move(set)};
}

}  // namespace

void add_diff(CLI::App& app, DiffCommand& options, const std::function<void()>& chosen) {
  CLI::App* diff = app.add_subcommand(
      "diff", "Show what changed between reference values, or between a node and a set");
  diff->footer(kFooter);
  diff->add_option("FROM", options.from, "A file, set/NAME or node/NAME")->required();
  diff->add_option("TO", options.to, "A file, set/NAME or node/NAME")->required();
  diff->add_flag("--all", options.all, "Show every file, not the first 20 of each kind");
  diff->callback(chosen);
}

Result<Differed> diff(const DiffCommand& options, const Objects& objects,
                      const commands::Output& output) {
  if (options.from == "-" && options.to == "-") {
    return malformed("standard input can be one side only");
  }
  Side from = TRY(read_side(options.from, objects));
  Side to = TRY(read_side(options.to, objects));
  commands::DiffView view{.from = options.from, .to = options.to, .notes = {}, .all = options.all};
  if (from.node && to.node) {
    return malformed("two nodes have nothing to be compared by: compare each with a set");
  }
  if (from.node || to.node) {
    view.notes.push_back(
        "Of the node only its status is read: what no finding there is about counts as equal.");
  }
  if (from.node) {
    from.set = commands::as_status_tells(*from.node, *to.set);
  } else if (to.node) {
    to.set = commands::as_status_tells(*to.node, *from.set);
  }
  const commands::SetDifference difference = commands::difference(*from.set, *to.set);
  return Differed{commands::diff_text(difference, view, output), difference.same()};
}

}  // namespace seaworthy::cli
