#include "completion.h"

#include <algorithm>

namespace seaworthy::cli {
namespace {

constexpr const char* kBash = R"(# bash completion for kubectl-seaworthy
_kubectl_seaworthy() {
  local IFS=$'\n'
  COMPREPLY=($(kubectl-seaworthy __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _kubectl_seaworthy kubectl-seaworthy
)";

// Delimited: what zsh writes before a quote would end the literal.
constexpr const char* kZsh = R"zsh(#compdef kubectl-seaworthy
_kubectl_seaworthy() {
  local -a candidates
  candidates=(${(f)"$(kubectl-seaworthy __complete "${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)"})
  compadd -a candidates
}
compdef _kubectl_seaworthy kubectl-seaworthy
)zsh";

constexpr const char* kFish = R"(# fish completion for kubectl-seaworthy
function __kubectl_seaworthy
  set -l typed (commandline -opc) (commandline -ct)
  kubectl-seaworthy __complete $typed[2..-1] 2>/dev/null
end
complete -c kubectl-seaworthy -f -a '(__kubectl_seaworthy)'
)";

const std::vector<std::string> kCommands{"status", "explain", "approve",    "inspect", "capture",
                                         "diff",   "whatif",  "completion", "version"};
const std::vector<std::string> kGlobal{"--kubeconfig", "--context", "--as",      "--namespace",
                                       "--output",     "--color",   "--timeout", "--help"};

const std::vector<std::string> kInspectOptions{"--strict", "--output", "--color", "--help"};
const std::vector<std::string> kSubjects{"boot-log", "ima", "quote", "ek-certificate", "ear"};
const std::vector<std::string> kCaptureOptions{"--name", "--strict", "--output", "--help"};
const std::vector<std::string> kCaptured{"node", "files", "image"};
// Options that take no value.
const std::vector<std::string> kFlags{"--help",     "-h",    "--strict",    "--events",
                                      "--no-files", "--all", "--all-files", "--keep"};

// The words that are neither options nor their values.
std::vector<std::string> positional(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with("-")) {
      const bool flag = std::find(kFlags.begin(), kFlags.end(), word) != kFlags.end();
      i += word.find('=') == std::string::npos && !flag ? 1 : 0;
    } else {
      out.push_back(word);
    }
  }
  return out;
}

std::vector<std::string> with(std::vector<std::string> options, std::vector<std::string> more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

std::vector<std::string> inspect_options(const std::string& subject) {
  if (subject == "boot-log") {
    return {"--events"};
  }
  if (subject == "quote") {
    return {"--attest", "--signature", "--ak", "--nonce", "--pcrs", "--selection"};
  }
  if (subject == "ear") {
    return {"--keys"};
  }
  return {};
}

std::vector<std::string> capture_options(const std::string& captured) {
  if (captured == "image") {
    return {"--all-files", "--ignore", "--command-line"};
  }
  if (captured == "node") {
    return with(kGlobal,
                {"--evidence", "--pin", "--events", "--no-files", "--ignore", "--command-line"});
  }
  if (captured == "files") {
    return {"--boot-log", "--userspace-log", "--ima",    "--pcrs",        "--pin",
            "--events",   "--no-files",      "--ignore", "--command-line"};
  }
  return {};
}

std::vector<std::string> options_of(const std::vector<std::string>& before) {
  if (!before.empty() && before[0] == "status") {
    return with(kGlobal, {"--node", "--policy"});
  }
  if (!before.empty() && before[0] == "approve") {
    return with(kGlobal, {"--ek-hash"});
  }
  if (!before.empty() && before[0] == "whatif") {
    return with(kGlobal, {"--filename", "--keep"});  // --timeout means another time here
  }
  if (!before.empty() && before[0] == "inspect") {
    return with(kInspectOptions, inspect_options(before.size() > 1 ? before[1] : ""));
  }
  if (!before.empty() && before[0] == "diff") {
    return with(kGlobal, {"--all"});
  }
  if (!before.empty() && before[0] == "capture") {
    return with(kCaptureOptions, capture_options(before.size() > 1 ? before[1] : ""));
  }
  return kGlobal;
}

// "set/debian-12", "node/worker-1": the objects that can be compared; files the shell knows.
std::vector<std::string> sides(const ListNames& list) {
  std::vector<std::string> out;
  for (const std::string& name : list("referencevaluesets")) {
    out.push_back("set/" + name);
  }
  for (const std::string& name : list("nodes")) {
    out.push_back("node/" + name);
  }
  return out;
}

std::vector<std::string> candidates(const std::vector<std::string>& done, const std::string& last,
                                    const ListNames& list) {
  const std::string previous = done.empty() ? "" : done.back();
  if (previous == "-o" || previous == "--output") {
    return {"text", "wide", "json", "yaml"};
  }
  if (previous == "--color") {
    return {"auto", "always", "never"};
  }
  if (previous == "--node") {
    return list("nodes");
  }
  if (previous == "--policy") {
    return list("attestationpolicies");
  }
  if (previous == "-n" || previous == "--namespace") {
    return list("namespaces");
  }
  const std::vector<std::string> before = positional(done);
  if (last.starts_with("-")) {
    return options_of(before);
  }
  if (before.empty()) {
    return kCommands;
  }
  if (before[0] == "explain" && before.size() == 1) {
    return {"node", "pod", "namespace"};
  }
  if (before[0] == "explain" && before.size() == 2) {
    return list(before[1] == "node" ? "nodes" : before[1] == "pod" ? "pods" : "namespaces");
  }
  if (before[0] == "capture" && before.size() == 2 && before[1] == "node") {
    return list("nodes");
  }
  if (before[0] == "inspect" && before.size() == 1) {
    return kSubjects;
  }
  if (before[0] == "diff" && before.size() <= 2) {
    return sides(list);
  }
  if (before[0] == "capture" && before.size() == 1) {
    return kCaptured;
  }
  if (before[0] == "approve" && before.size() == 1) {
    return list("nodes");
  }
  if (before[0] == "completion" && before.size() == 1) {
    return {"bash", "zsh", "fish"};
  }
  return {};
}

}  // namespace

std::string completion_script(const std::string& shell) {
  return shell == "zsh" ? kZsh : shell == "fish" ? kFish : kBash;
}

std::vector<std::string> complete(const std::vector<std::string>& words, const ListNames& list) {
  const std::string last = words.empty() ? "" : words.back();
  const std::vector<std::string> done(words.begin(), words.empty() ? words.end() : words.end() - 1);
  std::vector<std::string> out = candidates(done, last, list);
  std::erase_if(out, [&](const std::string& word) { return !word.starts_with(last); });
  return out;
}

}  // namespace seaworthy::cli
