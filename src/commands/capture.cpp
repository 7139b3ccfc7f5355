#include "commands/capture.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "commands/text.h"
#include "policy/command_line.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using File = ReferenceValueSet::File;

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void sort_files(std::vector<File>& files) {
  const auto by_content = [](const File& a, const File& b) {
    return std::tie(a.sha256, a.path) < std::tie(b.sha256, b.path);
  };
  std::sort(files.begin(), files.end(), by_content);
  const auto same = [](const File& a, const File& b) { return a.sha256 == b.sha256; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return std::tie(a.path, a.sha256) < std::tie(b.path, b.sha256);
  });
}

void sort(ReferenceValueSet& set) {
  sort_unique(set.applications);
  sort_unique(set.unified_kernels);
  sort_unique(set.command_lines);
  for (auto& events : set.events) {
    sort_unique(events.sha256);
  }
  const auto by_name = [](const auto& a, const auto& b) {
    return std::tie(a.name, a.sha256) < std::tie(b.name, b.sha256);
  };
  auto& measurements = set.runtime.measurements;
  std::sort(measurements.begin(), measurements.end(), by_name);
  measurements.erase(std::unique(measurements.begin(), measurements.end()), measurements.end());
  sort_files(set.files);
}

// {"sha256":"…","path":"…"} and a comma; control characters of a path need more, and have been
// replaced.
std::size_t json_size(const File& file) {
  return 90 + file.path.size();
}

// Up to what one set takes, from `next` on.
std::vector<File> some(const std::vector<File>& files, std::size_t& next) {
  std::vector<File> out;
  std::size_t bytes = 0;
  while (next < files.size() && out.size() < api::kMaxFiles &&
         bytes + json_size(files[next]) <= kMaxSetBytes) {
    bytes += json_size(files[next]);
    out.push_back(files[next++]);
  }
  return out;
}

std::string count(std::size_t n, const std::string& one, const std::string& many) {
  return n == 0 ? "" : ", " + std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

Result<void> put_sets(ReferenceValueSet whole, Capture& capture) {
  sort(whole);
  const std::vector<File> files = std::exchange(whole.files, {});
  const std::string name = whole.meta.name;
  std::size_t next = 0;
  do {
    whole.files = some(files, next);
    capture.sets.push_back(whole);
    whole = {};  // all but files are in the first set
  } while (next < files.size());
  if (capture.sets.size() > 1) {
    for (std::size_t i = 0; i < capture.sets.size(); ++i) {
      capture.sets[i].meta.name = name + "-" + std::to_string(i + 1);
    }
    capture.remarks.push_back(
        std::to_string(files.size()) +
        " files are more than one set takes: " + std::to_string(capture.sets.size()) +
        " sets, the boot in the first. A policy has to name all of them for the runtime.");
  }
  for (const ReferenceValueSet& set : capture.sets) {
    if (!api::is_dns_subdomain(set.meta.name)) {
      return malformed("'" + set.meta.name +
                       "' is no name for an object: lower-case letters, digits, '-' and '.', at "
                       "most 253");
    }
    TRY(api::parse_reference_values(api::reference_values_json(set)));
  }
  return {};
}

void put_command_line(const std::string& line, ReferenceValueSet& set, Capture& capture) {
  if (line.empty() || printable(line) != line) {
    capture.remarks.push_back(
        "A command line is empty or has control characters and is left out: " + printable(line));
    return;
  }
  if (const auto token = policy::forbidden_token(line)) {
    capture.remarks.push_back("The command line has '" + *token +
                              "', which lets something else run or turns a protection off. "
                              "Listing the line approves that.");
  }
  if (!policy::names_measuring_policy(line)) {
    capture.remarks.push_back(
        "The command line names no IMA policy that measures what is run (ima_policy=tcb): listing "
        "the line says that IMA measures all the same.");
  }
  set.command_lines.push_back(line);
}

bool IgnoredFolders::take(std::string_view path) {
  const bool below = std::any_of(folders_.begin(), folders_.end(), [&](const std::string& folder) {
    return path.starts_with(folder);
  });
  files_ += below ? 1 : 0;
  return below;
}

void IgnoredFolders::remark(Capture& capture) const {
  if (files_ > 0) {
    capture.remarks.push_back(std::to_string(files_) +
                              " files are left out, as --ignore said: a node that uses one is "
                              "Violated unless runtime.paths of the policy ignores the folder, "
                              "too.");
  }
}

std::string summary(const Capture& capture) {
  std::string out;
  for (const ReferenceValueSet& set : capture.sets) {
    std::string parts = count(set.pcrs.size(), "PCR", "PCRs") +
                        count(set.applications.size(), "application", "applications") +
                        count(set.unified_kernels.size(), "unified kernel", "unified kernels") +
                        count(set.events.size(), "PCR by its events", "PCRs by their events") +
                        count(set.command_lines.size(), "command line", "command lines") +
                        count(set.files.size(), "file", "files") +
                        count(set.runtime.measurements.size(), "measurement", "measurements");
    out += set.meta.name + ": " + parts.substr(2) + ".\n";
  }
  const std::size_t all = capture.findings.size() + capture.remarks.size();
  out += all == 0   ? "Nothing stands out. Read it all the same before you apply it.\n"
         : all == 1 ? "1 thing to look at before you apply it.\n"
                    : std::to_string(all) + " things to look at before you apply it.\n";
  return out;
}

}  // namespace seaworthy::commands
