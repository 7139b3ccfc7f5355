#include "commands/set_difference.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "commands/inspection.h"
#include "crypto/digest.h"
#include "policy/command_line.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;

template <class T>
Changes<T> changes(std::vector<T> from, std::vector<T> to) {
  for (std::vector<T>* side : {&from, &to}) {
    std::sort(side->begin(), side->end());
    side->erase(std::unique(side->begin(), side->end()), side->end());
  }
  Changes<T> out;
  std::set_difference(to.begin(), to.end(), from.begin(), from.end(),
                      std::back_inserter(out.added));
  std::set_difference(from.begin(), from.end(), to.begin(), to.end(),
                      std::back_inserter(out.removed));
  return out;
}

std::vector<SetDifference::Pcr> pcr_changes(const ReferenceValueSet& from,
                                            const ReferenceValueSet& to) {
  std::map<std::uint8_t, SetDifference::Pcr> by_index;
  for (const auto& pcr : from.pcrs) {
    by_index[pcr.index].from = pcr.sha256;
  }
  for (const auto& pcr : to.pcrs) {
    by_index[pcr.index].to = pcr.sha256;
  }
  std::vector<SetDifference::Pcr> out;
  for (auto& [index, pcr] : by_index) {
    pcr.index = index;
    if (pcr.from != pcr.to) {
      out.push_back(pcr);
    }
  }
  return out;
}

std::vector<SetDifference::Events> event_changes(const ReferenceValueSet& from,
                                                 const ReferenceValueSet& to) {
  struct Sides {
    const std::vector<Sha256Value>* from = nullptr;
    const std::vector<Sha256Value>* to = nullptr;
  };
  std::map<std::uint8_t, Sides> by_pcr;
  for (const auto& events : from.events) {
    by_pcr[events.pcr].from = &events.sha256;
  }
  for (const auto& events : to.events) {
    by_pcr[events.pcr].to = &events.sha256;
  }
  const std::vector<Sha256Value> none;
  std::vector<SetDifference::Events> out;
  for (const auto& [pcr, sides] : by_pcr) {
    SetDifference::Events events{.pcr = pcr,
                                 .from = sides.from != nullptr,
                                 .to = sides.to != nullptr,
                                 .digests = changes(sides.from != nullptr ? *sides.from : none,
                                                    sides.to != nullptr ? *sides.to : none)};
    // An empty list says that nothing may be measured; an absent one says nothing.
    if (events.from != events.to || !events.digests.none()) {
      out.push_back(std::move(events));
    }
  }
  return out;
}

std::size_t words_in_common(const std::string& a, const std::string& b) {
  const auto words = policy::tokens(a);
  const std::set<std::string> known(words.begin(), words.end());
  const auto others = policy::tokens(b);
  return static_cast<std::size_t>(std::count_if(
      others.begin(), others.end(), [&](const std::string& word) { return known.contains(word); }));
}

// Takes the pairs of a removed and an added line that have words in common, the nearest first.
void pair_command_lines(SetDifference& out) {
  std::vector<std::string> unpaired;
  std::vector<std::string>& added = out.command_lines.added;
  for (const std::string& line : out.command_lines.removed) {
    const auto nearest =
        std::max_element(added.begin(), added.end(), [&](const auto& a, const auto& b) {
          return words_in_common(line, a) < words_in_common(line, b);
        });
    if (nearest == added.end() || words_in_common(line, *nearest) == 0) {
      unpaired.push_back(line);
      continue;
    }
    out.changed_command_lines.push_back(
        {line, *nearest, changes(policy::tokens(line), policy::tokens(*nearest))});
    added.erase(nearest);
  }
  out.command_lines.removed = std::move(unpaired);
}

struct Contents {
  std::set<SetDifference::Content> from, to;
};

// What a set knows wherever it lies.
std::set<api::Sha256Value> known_by_content(const ReferenceValueSet& set) {
  std::set<api::Sha256Value> known;
  for (const auto& file : set.files) {
    if (!file.bound_to_path) {
      known.insert(file.sha256);
    }
  }
  return known;
}

// All of them are known to the other side, under other paths.
bool elsewhere(const std::set<SetDifference::Content>& contents,
               const std::set<api::Sha256Value>& known) {
  return std::all_of(contents.begin(), contents.end(), [&](const auto& content) {
    return !content.bound_to_path && known.contains(content.sha256);
  });
}

void file_changes(const ReferenceValueSet& from, const ReferenceValueSet& to, SetDifference& out) {
  const auto known_from = known_by_content(from), known_to = known_by_content(to);
  std::map<std::string, Contents> by_path;
  for (const auto& file : from.files) {
    by_path[file.path].from.insert({file.sha256, file.bound_to_path});
  }
  for (const auto& file : to.files) {
    by_path[file.path].to.insert({file.sha256, file.bound_to_path});
  }
  for (auto& [path, contents] : by_path) {
    if (path.empty()) {  // each is a file of its own
      const auto bare = changes<SetDifference::Content>(
          {contents.from.begin(), contents.from.end()}, {contents.to.begin(), contents.to.end()});
      for (const auto& content : bare.removed) {
        out.files.push_back({path, {content}, {}});
      }
      for (const auto& content : bare.added) {
        out.files.push_back({path, {}, {content}});
      }
      out.same_files += contents.from.size() - bare.removed.size();
    } else if (contents.from == contents.to ||
               (contents.from.empty() && elsewhere(contents.to, known_from)) ||
               (contents.to.empty() && elsewhere(contents.from, known_to))) {
      ++out.same_files;
    } else {
      out.files.push_back({path,
                           {contents.from.begin(), contents.from.end()},
                           {contents.to.begin(), contents.to.end()}});
    }
  }
}

std::vector<std::string> texts(const std::vector<api::RuntimeReferences::Signer>& signers) {
  std::vector<std::string> out;
  for (const auto& signer : signers) {
    out.push_back(signer.name + ": sha256:" + hex(crypto::sha256(as_bytes(signer.key)).bytes()) +
                  " of the key, version " + std::to_string(signer.minimum_version) + " and later");
  }
  return out;
}
std::vector<std::string> texts(const std::vector<api::RuntimeReferences::Denied>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) {
    out.push_back("sha256:" + hex(file.sha256) + (file.note.empty() ? "" : ", " + file.note));
  }
  return out;
}
std::vector<std::string> texts(const std::vector<api::RuntimeReferences::Measurement>& all) {
  std::vector<std::string> out;
  for (const auto& measurement : all) {
    out.push_back(measurement.name + " sha256:" + hex(measurement.sha256));
  }
  return out;
}
std::vector<std::string> texts(const std::vector<Sha256Value>& digests) {
  std::vector<std::string> out;
  for (const auto& digest : digests) {
    out.push_back("sha256:" + hex(digest));
  }
  return out;
}

template <class T>
Changes<std::string> text_changes(const T& from, const T& to) {
  return changes(texts(from), texts(to));
}

SetDifference::FromTo<Time> from_to(const std::optional<Time>& from,
                                    const std::optional<Time>& to) {
  return from == to ? SetDifference::FromTo<Time>() : std::pair{from, to};
}

}  // namespace

bool SetDifference::same() const {
  return pcrs.empty() && applications.none() && unified_kernels.none() && events.empty() &&
         command_lines.none() && changed_command_lines.empty() && files.empty() && signers.none() &&
         denied_files.none() && measurements.none() && ima_policies.none() && !not_before &&
         !retire_after;
}

SetDifference difference(const ReferenceValueSet& from, const ReferenceValueSet& to) {
  SetDifference out;
  out.pcrs = pcr_changes(from, to);
  out.applications = changes(from.applications, to.applications);
  out.unified_kernels = changes(from.unified_kernels, to.unified_kernels);
  out.events = event_changes(from, to);
  out.command_lines = changes(from.command_lines, to.command_lines);
  pair_command_lines(out);
  file_changes(from, to, out);
  out.signers = text_changes(from.runtime.signers, to.runtime.signers);
  out.denied_files = text_changes(from.runtime.denied_files, to.runtime.denied_files);
  out.measurements = text_changes(from.runtime.measurements, to.runtime.measurements);
  out.ima_policies = text_changes(from.runtime.ima_policies, to.runtime.ima_policies);
  out.not_before = from_to(from.not_before, to.not_before);
  out.retire_after = from_to(from.retire_after, to.retire_after);
  return out;
}

}  // namespace seaworthy::commands
