// Reference values that a machine's evidence or an image led to: a proposal that a person reads
// and applies, or not. Nothing here makes anything trusted.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/reference_values.h"
#include "api/verdict.h"
#include "base/result.h"

namespace seaworthy::commands {

struct Capture {
  std::vector<api::ReferenceValueSet> sets;  // NAME; or NAME-1, NAME-2 and so on
  std::vector<std::string> sources = {};     // what they are from, one line each
  // What a digest is of, as far as somebody says.
  std::map<api::Sha256Value, std::string> notes = {};
  std::vector<api::FindingView> findings = {};  // what the verifier's rules found wrong
  std::vector<std::string> remarks = {};        // sentences: what else a person has to look at
};

// Of one set as JSON: etcd takes 1.5 MiB, and other fields and managers need some.
inline constexpr std::size_t kMaxSetBytes = std::size_t{1} << 20;

// Sorts the lists of `whole`, each value once (of files with one content, the first path), and puts
// it into `capture.sets`: in several sets, with a remark, if it has more files than one may have.
//
// kMalformed: no name that Kubernetes takes, more of something else than a set may have, or nothing
// at all.
Result<void> put_sets(api::ReferenceValueSet whole, Capture& capture);

// Lists a kernel's command line, with remarks about what a policy would refuse. One that is empty
// or has control characters is left out, which is a remark too.
void put_command_line(const std::string& line, api::ReferenceValueSet& set, Capture& capture);

// Folders of which a person wants no files: whether a file lies below one. Counts them.
class IgnoredFolders {
 public:
  explicit IgnoredFolders(const std::vector<std::string>& folders) : folders_(folders) {}
  bool take(std::string_view path);
  void remark(Capture& capture) const;  // how many there were, if any

 private:
  const std::vector<std::string>& folders_;
  std::size_t files_ = 0;
};

// "debian-12: 4 PCRs, 3 applications, 812 files. 2 things to look at.", a line for each set.
std::string summary(const Capture& capture);

}  // namespace seaworthy::commands
