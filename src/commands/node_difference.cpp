#include "commands/node_difference.h"

#include <algorithm>
#include <set>
#include <utility>

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <class T>
void add_missing(std::vector<T>& to, const std::vector<T>& from) {
  for (const T& value : from) {
    if (!contains(to, value)) {
      to.push_back(value);
    }
  }
}

void compare_registers(const ReferenceValueSet& node, NodeAsSet& out) {
  for (ReferenceValueSet::Pcr& pcr : out.set.pcrs) {
    const auto at = std::find_if(node.pcrs.begin(), node.pcrs.end(),
                                 [&](const auto& known) { return known.index == pcr.index; });
    if (at == node.pcrs.end()) {
      out.notes.push_back("PCR " + std::to_string(pcr.index) +
                          " is not compared: the node's logs do not prove its value.");
    } else {
      pcr.sha256 = at->sha256;
    }
  }
}

void add_files(const std::vector<ReferenceValueSet>& node, ReferenceValueSet& out) {
  std::set<api::Sha256Value> anywhere;
  std::set<std::pair<api::Sha256Value, std::string>> at_path;
  for (const ReferenceValueSet::File& file : out.files) {
    if (file.bound_to_path) {
      at_path.emplace(file.sha256, file.path);
    } else {
      anywhere.insert(file.sha256);
    }
  }
  for (const ReferenceValueSet& part : node) {
    for (const ReferenceValueSet::File& file : part.files) {
      if (!anywhere.contains(file.sha256) && !at_path.contains({file.sha256, file.path})) {
        out.files.push_back(file);
      }
    }
  }
}

Result<void> add_events(const MachineLogs& logs, ReferenceValueSet& out) {
  tpm::PcrMask listed;
  for (const ReferenceValueSet::Events& events : out.events) {
    listed.add(*tpm::PcrIndex::of(events.pcr));
  }
  if (listed.empty()) {
    return {};
  }
  const Capture node = TRY(capture_evidence(
      "node", logs, {.pcrs = listed, .registers = Registers::kEvents, .files = false}));
  for (ReferenceValueSet::Events& events : out.events) {
    for (const ReferenceValueSet::Events& known : node.sets.front().events) {
      if (known.pcr == events.pcr) {
        add_missing(events.sha256, known.sha256);
      }
    }
  }
  return {};
}

}  // namespace

Result<NodeAsSet> as_evidence_tells(const MachineLogs& logs, const ReferenceValueSet& set) {
  tpm::PcrMask compared;
  for (const ReferenceValueSet::Pcr& pcr : set.pcrs) {
    compared.add(*tpm::PcrIndex::of(pcr.index));
  }
  const Capture node = TRY(capture_evidence("node", logs, {.pcrs = compared}));
  const ReferenceValueSet& boot = node.sets.front();
  NodeAsSet out{.set = set};
  compare_registers(boot, out);
  if (!set.applications.empty()) {
    add_missing(out.set.applications, boot.applications);
  }
  if (!set.unified_kernels.empty()) {
    add_missing(out.set.unified_kernels, boot.unified_kernels);
  }
  if (!set.command_lines.empty() && !boot.command_lines.empty() &&
      !contains(set.command_lines, boot.command_lines.front())) {
    out.set.command_lines = boot.command_lines;
  }
  TRY(add_events(logs, out.set));
  if (!set.files.empty()) {
    add_files(node.sets, out.set);
    if (!set.runtime.signers.empty()) {
      out.notes.emplace_back(
          "Files that only a signer of the set vouches for are shown as added: signatures are not "
          "looked at.");
    }
  }
  return out;
}

}  // namespace seaworthy::commands
