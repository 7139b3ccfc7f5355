#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

namespace seaworthy::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  kubectl seaworthy status                     every node under every policy, and why
  kubectl seaworthy explain node worker-1      what a node's TPM has shown, and what is wrong
  kubectl seaworthy explain pod -n payments p  why a pod waits or was refused
  kubectl seaworthy approve worker-1           pin the TPM that waits for approval to its node
  kubectl seaworthy whatif -f new.yaml         who would change for the worse, before it is applied
  kubectl seaworthy inspect boot-log FILE      what a boot log says, of any machine, without cluster
  kubectl seaworthy capture node worker-1 --name SET  reference values of what a node runs now,
                                               to be read; --evidence DIR: its logs and quote
  kubectl seaworthy capture files …            the same from a machine's logs
  kubectl seaworthy capture image PATH …       the same from a disk's or a container's files
  kubectl seaworthy diff set/debian-12 FILE    what changed between reference values

Exit status: 0 done, 1 could not be done (the message says why), 2 wrong usage, 3 inspect or capture
--strict with something to look at, or whatif and somebody changes for the worse. diff: 0 the same,
1 something differs, 2 it could not be told.
Guide: docs/operations.md)";

constexpr const char* kWhatIfFooter = R"(Examples:
  kubectl seaworthy whatif -f new-policy.yaml
  kubectl seaworthy whatif -f debian-12-new.yaml && kubectl apply -f debian-12-new.yaml
  kubectl get rvs debian-12 -o json | jq 'del(.spec.files[] | select(.path == "/usr/bin/old"))' |
      kubectl seaworthy whatif -f -

Judged are the policies of the files, and those in the cluster that name a ReferenceValueSet of the
files. The operator judges, by the evidence that nodes send anyway: for the time of the question
there are policies whatif-… in mode DryRun and copies of the changed sets, with the label
seaworthy.dev/what-if. They change nothing for nodes and pods and are removed at the end, also
after Ctrl-C; what is left behind all the same, the operator removes within the hour.

Exit status: 0 nobody changes for the worse, 1 could not be done, or a node has not answered in
time (the table says which), 2 wrong usage, 3 somebody changes for the worse.
You need the ClusterRole seaworthy-whatif. Guide: docs/what-if.md)";

// CLI11 takes one App by reference all along: what is parsed lands here.
struct Raw {
  Options options;
  std::string format = "text";
  std::string colour = "auto";
};

void add_status(CLI::App& app, Raw& raw) {
  CLI::App* status =
      app.add_subcommand("status", "Show nodes and policies: verdict, since when, until when, why");
  status->add_option("--node", raw.options.node, "Only this node");
  status->add_option("--policy", raw.options.policy, "Only this policy");
  status->callback([&raw] { raw.options.command = Command::kStatus; });
}

void add_explain(CLI::App& app, Raw& raw) {
  CLI::App* explain = app.add_subcommand(
      "explain", "Explain a node, a pod or a namespace: every finding, and what to do");
  explain->require_subcommand(1);
  const auto kind = [&](const char* name, const char* help, Command command) {
    CLI::App* sub = explain->add_subcommand(name, help);
    sub->add_option("NAME", raw.options.name, "Its name")->required();
    sub->callback([&raw, command] { raw.options.command = command; });
    return sub;
  };
  kind("node", "Identity, boot, verdicts and findings of a node", Command::kExplainNode)
      ->alias("nodes")
      ->alias("no");
  kind("pod", "Where a pod may run, and why it does not", Command::kExplainPod)
      ->alias("pods")
      ->alias("po");
  kind("namespace", "Which policies govern a namespace, and which nodes serve it",
       Command::kExplainNamespace)
      ->alias("namespaces")
      ->alias("ns");
}

void add_approve(CLI::App& app, Raw& raw) {
  CLI::App* approve = app.add_subcommand(
      "approve",
      "Pin a TPM to a node: the one that waits (Manual), or one listed beforehand (Inventory)");
  approve->add_option("NODE", raw.options.name, "Name of the node")->required();
  approve->add_option("--ek-hash", raw.options.ek_hash,
                      "The TPM that is meant: sha256: and the SHA-256 of the EK's DER public key, "
                      "as in: openssl pkey -pubin -in ek.pem -outform DER | sha256sum");
  approve->callback([&raw] { raw.options.command = Command::kApprove; });
}

void add_what_if(CLI::App& app, Raw& raw) {
  CLI::App* what_if = app.add_subcommand(
      "whatif",
      "Judge all nodes under changed policies and reference values before you apply them");
  WhatIfOptions& options = raw.options.what_if;
  what_if->footer(kWhatIfFooter);
  what_if
      ->add_option("-f,--filename", options.files,
                   "Manifests: AttestationPolicies and ReferenceValueSets; - for standard input")
      ->required();
  what_if
      ->add_option(
          "--timeout", options.timeout_seconds,
          "How long to wait for the nodes, for example 90s or 10m; default 3m. They answer "
          "with their next evidence")
      ->type_name("DURATION")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, int>{{"s", 1}, {"m", 60}, {"h", 3600}})
              .description(""))
      ->check(CLI::Range(1, 3600).description(""));
  what_if->add_flag("--keep", options.keep,
                    "Leave the dry runs in the cluster, for an hour at most, to look at them");
  what_if->callback([&raw] { raw.options.command = Command::kWhatIf; });
}

void add_others(CLI::App& app, Raw& raw) {
  CLI::App* completion = app.add_subcommand(
      "completion",
      "Print a script for shell completion: source <(kubectl seaworthy completion bash)");
  completion->add_option("SHELL", raw.options.name, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&raw] { raw.options.command = Command::kCompletion; });
  CLI::App* version = app.add_subcommand("version", "Print the version of this program");
  version->callback([&raw] { raw.options.command = Command::kVersion; });
}

void add_global(CLI::App& app, Raw& raw) {
  app.add_option("--kubeconfig", raw.options.kubeconfig,
                 "Path to a kubeconfig; default: KUBECONFIG, then ~/.kube/config");
  app.add_option("--context", raw.options.context, "Context of the kubeconfig to use");
  app.add_option("--as", raw.options.as, "User to act as, if you may impersonate them");
  app.add_option("-n,--namespace", raw.options.namespace_,
                 "Namespace of a pod; default: that of the context");
  app.add_option("-o,--output", raw.format, "text, wide, json or yaml")
      ->check(CLI::IsMember({"text", "wide", "json", "yaml"}))
      ->capture_default_str();
  app.add_option("--color", raw.colour, "auto, always or never (also: NO_COLOR)")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_option("--timeout", raw.options.timeout_seconds, "Seconds to wait for the API server")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
}

// As a person would type it again.
std::string typed(int argc, const char* const* argv) {
  std::string out = "kubectl seaworthy";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = word.find_first_of(" \t\"'$\\*?&|;<>()") == std::string::npos;
    out += plain ? " " + word : " '" + commands::replaced(word, "'", "'\\''") + "'";
  }
  return out;
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv, bool to_terminal) {
  Raw raw;
  if (argc >= 2 && std::string_view(argv[1]) == "__complete") {
    raw.options.command = Command::kComplete;
    raw.options.words.assign(argv + 2, argv + argc);
    return {raw.options, -1};
  }
  CLI::App app{"Shows and steers what Seaworthy knows about the nodes of a cluster.",
               "kubectl seaworthy"};
  app.footer(kFooter);
  app.set_version_flag("--version", "kubectl-seaworthy " SEAWORTHY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  add_global(app, raw);
  add_status(app, raw);
  add_explain(app, raw);
  add_approve(app, raw);
  add_what_if(app, raw);
  add_inspect(app, raw.options.inspect, [&raw] { raw.options.command = Command::kInspect; });
  add_capture(app, raw.options.capture, [&raw] { raw.options.command = Command::kCapture; });
  add_diff(app, raw.options.diff, [&raw] { raw.options.command = Command::kDiff; });
  add_others(app, raw);
  raw.options.capture.typed = typed(argc, argv);
  if (argc == 1) {  // as kubectl does
    std::fputs(app.help().c_str(), stdout);
    return {raw.options, 0};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return {raw.options, app.exit(e) == 0 ? 0 : 2}; }
  const std::map<std::string, commands::Format> formats{{"text", commands::Format::kText},
                                                        {"wide", commands::Format::kWide},
                                                        {"json", commands::Format::kJson},
                                                        {"yaml", commands::Format::kYaml}};
  raw.options.output.format = formats.at(raw.format);
  const bool coloured = raw.colour == "always" || (raw.colour == "auto" && to_terminal);
  raw.options.output.colour = coloured ? commands::Colour::kAlways : commands::Colour::kNever;
  return {raw.options, -1};
}

}  // namespace seaworthy::cli
