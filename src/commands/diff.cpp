#include "commands/diff.h"

#include <algorithm>
#include <optional>

#include "codec/hex.h"
#include "codec/yaml.h"
#include "commands/inspection.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;
using codec::Json;

constexpr codec::JsonLimits kFileLimits{
    .max_bytes = kMaxSetFileBytes, .max_depth = 32, .max_values = 4'000'000};

Result<std::vector<Json>> documents(std::string_view text) {
  // yaml-cpp takes a second for a megabyte; JSON needs no YAML.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    return std::vector<Json>{TRY(codec::parse_json(text, kFileLimits))};
  }
  return codec::parse_yaml(text, kFileLimits);
}

std::string kind_of(const Json& object) {
  const auto kind = object.is_object() ? object.find("kind") : object.end();
  return kind != object.end() && kind->is_string() ? kind->get<std::string>() : "";
}

Result<void> add(const Json& object, std::optional<ReferenceValueSet>& to) {
  if (kind_of(object) != "ReferenceValueSet") {
    return malformed("it holds '" + printable(kind_of(object)) +
                     "', and not only ReferenceValueSets");
  }
  ReferenceValueSet set = TRY(api::parse_reference_values(object));
  if (!to) {
    to = std::move(set);
    return {};
  }
  if (to->describes_boot() && set.describes_boot()) {
    return malformed("it holds two sets that describe a boot: " + to->meta.name + " and " +
                     set.meta.name);
  }
  if (set.describes_boot()) {
    std::swap(set, *to);  // name, window and boot are those of the one with a boot
  }
  to->files.insert(to->files.end(), set.files.begin(), set.files.end());
  const auto more = [](auto& into, const auto& from) {
    into.insert(into.end(), from.begin(), from.end());
  };
  more(to->runtime.signers, set.runtime.signers);
  more(to->runtime.denied_files, set.runtime.denied_files);
  more(to->runtime.measurements, set.runtime.measurements);
  more(to->runtime.ima_policies, set.runtime.ima_policies);
  return {};
}

// ---- What a status tells ---------------------------------------------------------------------

// The first 64 hexadecimal digits behind `word`.
std::optional<Sha256Value> digest_behind(const std::string& text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const auto bytes = codec::from_hex(text.substr(at + word.size(), 64));
  Sha256Value out{};
  if (!bytes || bytes->size() != out.size()) {
    return std::nullopt;
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::optional<std::uint8_t> register_of(const std::string& about) {
  for (std::uint8_t pcr = 0; pcr < 16; ++pcr) {
    if (about == "PCR " + std::to_string(pcr)) {
      return pcr;
    }
  }
  return std::nullopt;
}

// What the node has, by a finding of policy/: the texts of boot_match.cpp and evaluate.cpp.
void apply(const api::FindingView& finding, ReferenceValueSet& set) {
  const auto pcr = register_of(finding.about);
  if (finding.reason == "PcrNotInReferenceValues" && pcr) {
    const auto value = digest_behind(finding.message, "it is ");
    for (auto& reference : set.pcrs) {
      reference.sha256 = reference.index == *pcr && value ? *value : reference.sha256;
    }
  } else if (finding.reason == "EventNotInReferenceValues" && pcr) {
    const auto digest = digest_behind(finding.message, "");
    for (auto& events : set.events) {
      if (events.pcr == *pcr && digest) {
        events.sha256.push_back(*digest);
      }
    }
  } else if (finding.reason == "ApplicationNotInReferenceValues") {
    if (const auto digest = digest_behind(finding.about, "")) {
      set.applications.push_back(*digest);
    }
  } else if (const auto digest = digest_behind(finding.message, "sha256:");
             digest && finding.about.starts_with('/')) {
    const bool known = std::any_of(set.files.begin(), set.files.end(),
                                   [&](const auto& file) { return file.sha256 == *digest; });
    if (!known) {
      set.files.push_back({*digest, finding.about});
    }
  }
}

// ---- JSON ------------------------------------------------------------------------------------

Json json(const Sha256Value& digest) {
  return hex(digest);
}
Json json(const std::string& text) {
  return text;
}
Json json(const Time& time) {
  return time.rfc3339();
}
Json json(const SetDifference::Content& content) {
  return {{"sha256", hex(content.sha256)},
          {"match", content.bound_to_path ? "ContentAndPath" : "Content"}};
}
template <class T>
Json json(const std::optional<T>& value) {
  return value ? json(*value) : Json();
}
template <class T>
Json json(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) {
    out.push_back(json(value));
  }
  return out;
}
template <class T>
Json json(const Changes<T>& changes) {
  return {{"added", json(changes.added)}, {"removed", json(changes.removed)}};
}
Json json(const SetDifference::FromTo<Time>& change) {
  return change ? Json{{"from", json(change->first)}, {"to", json(change->second)}} : Json();
}

Json command_lines_json(const SetDifference& d) {
  Json out = json(d.command_lines);
  out["changed"] = Json::array();
  for (const auto& line : d.changed_command_lines) {
    Json words = json(line.words);
    words["from"] = line.from;
    words["to"] = line.to;
    out["changed"].push_back(std::move(words));
  }
  return out;
}

Json files_json(const SetDifference& d) {
  Json out{{"same", d.same_files},
           {"added", Json::array()},
           {"removed", Json::array()},
           {"changed", Json::array()}};
  for (const auto& file : d.files) {
    const char* kind = file.from.empty() ? "added" : file.to.empty() ? "removed" : "changed";
    out[kind].push_back({{"path", file.path}, {"from", json(file.from)}, {"to", json(file.to)}});
  }
  return out;
}

Json document(const SetDifference& d, const DiffView& view) {
  Json out{{"from", view.from},
           {"to", view.to},
           {"same", d.same()},
           {"notes", view.notes},
           {"pcrs", Json::array()},
           {"applications", json(d.applications)},
           {"unifiedKernels", json(d.unified_kernels)},
           {"events", Json::array()},
           {"commandLines", command_lines_json(d)},
           {"files", files_json(d)},
           {"signers", json(d.signers)},
           {"deniedFiles", json(d.denied_files)},
           {"measurements", json(d.measurements)},
           {"imaPolicies", json(d.ima_policies)},
           {"notBefore", json(d.not_before)},
           {"retireAfter", json(d.retire_after)}};
  for (const auto& pcr : d.pcrs) {
    out["pcrs"].push_back({{"index", pcr.index}, {"from", json(pcr.from)}, {"to", json(pcr.to)}});
  }
  for (const auto& events : d.events) {
    Json digests = json(events.digests);
    digests["pcr"] = events.pcr;
    digests["from"] = events.from;
    digests["to"] = events.to;
    out["events"].push_back(std::move(digests));
  }
  return out;
}

// ---- Text ------------------------------------------------------------------------------------

class DiffText {
 public:
  DiffText(const SetDifference& d, const DiffView& view, Colour colour)
      : d_(d), view_(view), colour_(colour) {}

  std::string run() {
    for (const std::string& note : view_.notes) {
      out_ += printable(note) + "\n";
    }
    if (d_.same()) {
      out_ += view_.from + " and " + view_.to + " say the same.\n";
      return std::move(out_);
    }
    out_ += bold("--- " + printable(view_.from), colour_) + "\n" +
            bold("+++ " + printable(view_.to), colour_) + "\n";
    registers();
    list("applications", d_.applications);
    list("unifiedKernels", d_.unified_kernels);
    events();
    command_lines();
    files();
    list("signers", d_.signers);
    list("deniedFiles", d_.denied_files);
    list("measurements", d_.measurements);
    list("imaPolicies", d_.ima_policies);
    window("notBefore", d_.not_before);
    window("retireAfter", d_.retire_after);
    return std::move(out_);
  }

 private:
  static std::string shown(const Sha256Value& digest) { return hex(digest); }
  static std::string shown(const std::string& text) { return printable(text); }
  static std::string shown(const Time& time) { return time.rfc3339(); }

  void heading(const std::string& text) { out_ += bold(text, colour_) + "\n"; }
  void removed(const std::string& text) { out_ += "  " + bad("- " + text, colour_) + "\n"; }
  void added(const std::string& text) { out_ += "  " + good("+ " + text, colour_) + "\n"; }

  template <class T>
  void list(const std::string& name, const Changes<T>& changes) {
    if (changes.none()) {
      return;
    }
    heading(name + ": " + std::to_string(changes.added.size()) + " added, " +
            std::to_string(changes.removed.size()) + " removed");
    values(changes);
  }

  template <class T>
  void values(const Changes<T>& changes) {
    for (const T& value : changes.removed) {
      removed(shown(value));
    }
    for (const T& value : changes.added) {
      added(shown(value));
    }
  }

  template <class T>
  void from_to(const std::optional<T>& from, const std::optional<T>& to) {
    if (from) {
      removed(shown(*from));
    }
    if (to) {
      added(shown(*to));
    }
  }

  void registers() {
    for (const auto& pcr : d_.pcrs) {
      heading("PCR " + std::to_string(pcr.index) + ", " + std::string(about_pcr(pcr.index)) +
              (pcr.from && pcr.to ? ""
               : pcr.to           ? ": compared now"
                                  : ": not compared any more"));
      from_to(pcr.from, pcr.to);
    }
  }

  void events() {
    for (const auto& events : d_.events) {
      heading("events of PCR " + std::to_string(events.pcr) + ", " +
              std::string(about_pcr(events.pcr)) +
              (events.from == events.to ? ""
               : events.to              ? ": compared now"
                                        : ": not compared any more"));
      values(events.digests);
    }
  }

  void command_lines() {
    list("commandLines", d_.command_lines);
    for (const auto& line : d_.changed_command_lines) {
      heading("command line: " + printable(line.from));
      if (line.words.none()) {
        removed(printable(line.from));
        added(printable(line.to));
      } else {
        values(line.words);
      }
    }
  }

  void files() {
    if (d_.files.empty()) {
      return;
    }
    std::vector<const SetDifference::File*> fresh, gone, changed;
    for (const auto& file : d_.files) {
      (file.from.empty() ? fresh : file.to.empty() ? gone : changed).push_back(&file);
    }
    heading("files: " + std::to_string(fresh.size()) + " new, " + std::to_string(gone.size()) +
            " gone, " + std::to_string(changed.size()) + " with other content, " +
            std::to_string(d_.same_files) + " the same");
    some(gone, [this](const auto& file) { removed(name(file) + "  " + contents(file.from)); });
    some(fresh, [this](const auto& file) { added(name(file) + "  " + contents(file.to)); });
    some(changed, [this](const auto& file) {
      out_ += "  " + warning("~ " + name(file), colour_) + "\n";
      out_ += "      " + contents(file.from) + "\n      " + contents(file.to) + "\n";
    });
  }

  void some(const std::vector<const SetDifference::File*>& files, auto show) {
    const std::size_t count = view_.all ? files.size() : std::min(files.size(), kMaxFilesShown);
    for (std::size_t i = 0; i < count; ++i) {
      show(*files[i]);
    }
    if (count < files.size()) {
      out_ += "    and " + std::to_string(files.size() - count) + " more: --all shows them\n";
    }
  }

  static std::string name(const SetDifference::File& file) {
    return file.path.empty() ? "(no path)" : printable(file.path);
  }

  static std::string contents(const std::vector<SetDifference::Content>& contents) {
    std::string out;
    for (const auto& content : contents) {
      out += (out.empty() ? "" : ", ") + hex(content.sha256) +
             (content.bound_to_path ? " at this path only" : "");
    }
    return out;
  }

  void window(const std::string& name, const SetDifference::FromTo<Time>& change) {
    if (change) {
      heading(name);
      from_to(change->first, change->second);
    }
  }

  const SetDifference& d_;
  const DiffView& view_;
  Colour colour_;
  std::string out_;
};

}  // namespace

Result<ReferenceValueSet> parse_set_file(ByteSpan text) {
  std::optional<ReferenceValueSet> set;
  for (const Json& document : TRY(documents(as_text(text)))) {
    if (document.is_null()) {
      continue;  // of comments only
    }
    const auto items = kind_of(document) == "List" ? document.find("items") : document.end();
    if (items == document.end() || !items->is_array()) {
      TRY(add(document, set));
      continue;
    }
    for (const Json& item : *items) {
      TRY(add(item, set));
    }
  }
  if (!set) {
    return malformed("it holds no ReferenceValueSet");
  }
  return *std::move(set);
}

ReferenceValueSet as_status_tells(const api::NodeAttestation& node, const ReferenceValueSet& set) {
  ReferenceValueSet out = set;
  out.meta = node.meta;
  const std::string line = node.boot ? node.boot->kernel_command_line : "";
  const bool listed = std::find(set.command_lines.begin(), set.command_lines.end(), line) !=
                      set.command_lines.end();
  if (!line.empty() && !set.command_lines.empty() && !listed) {
    out.command_lines = {line};
  }
  for (const api::PolicyVerdict& verdict : node.verdicts) {
    for (const api::FindingView& finding : verdict.findings) {
      apply(finding, out);
    }
  }
  return out;
}

std::string diff_text(const SetDifference& difference, const DiffView& view, const Output& output) {
  if (output.for_programs()) {
    return as_document(document(difference, view), output.format);
  }
  return DiffText(difference, view, output.colour).run();
}

}  // namespace seaworthy::commands
