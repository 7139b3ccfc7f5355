// What changed from one ReferenceValueSet to another. The order of lists means nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/reference_values.h"

namespace seaworthy::commands {

template <class T>
struct Changes {
  std::vector<T> added, removed;  // sorted
  bool none() const { return added.empty() && removed.empty(); }
};

// The fields of a set that have lists of values; each stands for itself, changed is one removed and
// one added.
struct SetDifference {
  struct Pcr {
    std::uint8_t index = 0;
    std::optional<api::Sha256Value> from, to;  // absent: not compared
  };
  struct Events {
    std::uint8_t pcr = 0;
    bool from = false, to = false;  // whether the set lists events of this register
    Changes<api::Sha256Value> digests;
  };
  struct CommandLine {  // of which most words are the same
    std::string from, to;
    Changes<std::string> words;  // empty: the order changed
  };
  struct Content {
    api::Sha256Value sha256{};
    bool bound_to_path = false;
    auto operator<=>(const Content&) const = default;
  };
  struct File {
    std::string path;
    std::vector<Content> from, to;  // all that it may have; one of them may be empty
  };
  template <class T>
  using FromTo = std::optional<std::pair<std::optional<T>, std::optional<T>>>;

  std::vector<Pcr> pcrs;
  Changes<api::Sha256Value> applications, unified_kernels;
  std::vector<Events> events;
  Changes<std::string> command_lines;
  std::vector<CommandLine> changed_command_lines;
  std::vector<File> files;  // by path
  std::size_t same_files = 0;
  // As text for people: "us: sha256:… of the key, version 2 and later", "sha256:…, old", and so on.
  Changes<std::string> signers, denied_files, measurements, ima_policies;
  FromTo<Time> not_before, retire_after;  // absent: the same

  bool same() const;
};

SetDifference difference(const api::ReferenceValueSet& from, const api::ReferenceValueSet& to);

}  // namespace seaworthy::commands
