// kubectl seaworthy diff: two sets of reference values, or a node and a set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/attestation.h"
#include "base/result.h"
#include "commands/output.h"
#include "commands/set_difference.h"

namespace seaworthy::commands {

// The sets of a file as kubectl takes it (YAML documents, JSON, a List) as one: captures may be
// split. kMalformed: anything else in it, none at all, or two sets that describe a boot.
inline constexpr std::size_t kMaxSetFileBytes = std::size_t{64} << 20;
Result<api::ReferenceValueSet> parse_set_file(ByteSpan text);

// What the status of a node tells, in the terms of a set: `set` itself, with the node's command
// line and with whatever a finding says that the node has and its reference values do not.
// What no finding is about counts as equal. The status is a view that nobody signed.
api::ReferenceValueSet as_status_tells(const api::NodeAttestation& node,
                                       const api::ReferenceValueSet& set);

struct DiffView {
  std::string from, to;                 // what the sides are called
  std::vector<std::string> notes = {};  // sentences about the comparison as such
  bool all = false;                     // every file, not the first kMaxFilesShown of each kind
};
inline constexpr std::size_t kMaxFilesShown = 20;

// Text, or JSON and YAML (docs/capture.md); files are all there then.
std::string diff_text(const SetDifference& difference, const DiffView& view, const Output& output);

}  // namespace seaworthy::commands
