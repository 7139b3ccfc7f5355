#include "inspect.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "commands/inspect_boot_log.h"
#include "commands/inspect_ima.h"
#include "eventlog/boot_log.h"
#include "files.h"

namespace seaworthy::cli {
namespace {

// A list of a million entries has about 100 MiB.
constexpr std::size_t kMaxImaListBytes = std::size_t{1} << 30;

constexpr const char* kFooter = R"(Examples:
  kubectl seaworthy inspect boot-log /sys/kernel/security/tpm0/binary_bios_measurements
  kubectl seaworthy inspect boot-log --events -o json FILE | jq '.eventList[] | select(.pcr == 7)'
  kubectl seaworthy inspect ima /sys/kernel/security/ima/binary_runtime_measurements
  ssh node cat /sys/kernel/security/tpm0/binary_bios_measurements | kubectl seaworthy inspect boot-log -

Works for files of any machine and asks no cluster. A file of "-" is standard input.
Exit status: 0 read (also with findings), 1 unreadable (the message says where), 2 wrong usage,
3 read, with findings and --strict.
JSON: docs/inspect.md)";

CLI::App* add_subject(CLI::App& inspect, InspectOptions& options, Subject subject, const char* name,
                      const char* help) {
  CLI::App* sub = inspect.add_subcommand(name, help);
  sub->callback([&options, subject] { options.subject = subject; });
  return sub;
}

}  // namespace

void add_inspect(CLI::App& app, InspectOptions& options, const std::function<void()>& chosen) {
  CLI::App* inspect = app.add_subcommand(
      "inspect", "Read evidence from files: what it says, and how much of that is proven");
  inspect->require_subcommand(1);
  inspect->footer(kFooter);
  inspect->add_flag("--strict", options.strict, "Exit with status 3 if there are findings");
  inspect->callback(chosen);

  CLI::App* log = add_subject(*inspect, options, Subject::kBootLog, "boot-log",
                              "The firmware's log of a measured boot (binary_bios_measurements)");
  log->add_option("FILE", options.file, "The log; - for standard input")->required();
  log->add_flag("--events", options.events,
                "Show every event: what its digest proves, and what is only claimed");

  CLI::App* ima = add_subject(*inspect, options, Subject::kIma, "ima",
                              "The kernel's list of measured files (binary_runtime_measurements)");
  ima->add_option("FILE", options.file, "The list; - for standard input")->required();
}

Result<commands::Inspection> inspect(const InspectOptions& options,
                                     const commands::Output& output) {
  switch (options.subject) {
    case Subject::kIma: {
      const Bytes list = TRY(read_input(options.file, kMaxImaListBytes));
      return commands::inspect_ima(list, output);
    }
    case Subject::kBootLog:
      break;
  }
  const Bytes log = TRY(read_input(options.file, eventlog::kMaxBootLogBytes));
  return commands::inspect_boot_log(
      log, options.events ? commands::ShowEvents::kYes : commands::ShowEvents::kNo, output);
}

}  // namespace seaworthy::cli
