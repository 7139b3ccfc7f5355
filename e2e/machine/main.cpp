// seaworthy-machine: a machine in software, for tests. See README.md.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "codec/base64.h"
#include "control.h"
#include "files.h"
#include "machine.h"
#include "manufacture.h"
#include "reference_values.h"

namespace seaworthy::machine {
namespace {

namespace fs = std::filesystem;
using codec::Json;

struct Options {
  Folders folders;
  std::string profile;
  bool power_loss = false;
  std::string path;
  std::string content;
  bool has_content = false;
  std::string folder;
  std::string name;
  std::vector<std::uint32_t> pcrs;
  bool rsa = false;
  std::size_t entries = 0;
};

// What a verb prints.
Result<std::string> run(const Options& o) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::optional<BootProfile> profile;
  if (!o.profile.empty()) {
    profile = boot_profile(o.profile);
  }
  const Folders folders{.state = fs::absolute(o.folders.state),
                        .runtime = fs::absolute(o.folders.runtime),
                        .ca = fs::absolute(o.folders.ca),
                        .certificates_elsewhere = o.folders.certificates_elsewhere};
  Machine machine = TRY(Machine::start(folders, profile));
  std::cout << "booted " << machine.profile().name
            << ": swtpm:path=" << (folders.runtime / "tpm.sock").string() << std::endl;
  TRY(serve(machine, control_socket(folders.state)));
  return std::string();
}

Result<std::string> boot(const Options& o) {
  Json request{{"verb", "boot"}, {"powerLoss", o.power_loss}};
  if (!o.profile.empty()) {
    request["profile"] = o.profile;
  }
  return ask(o.folders.state, request);
}

// The content that "runs": what was given, or what the file holds, or (for a path that does not
// exist here) the path itself, so that the digest is the same everywhere.
Result<std::string> run_file(const Options& o) {
  Bytes content = to_bytes(as_bytes(o.has_content ? o.content : o.path));
  if (!o.has_content && fs::is_regular_file(o.path)) {
    content = TRY(read_file(o.path));
  }
  return ask(o.folders.state,
             Json{{"verb", "run-file"}, {"path", o.path}, {"content", codec::to_base64(content)}});
}

Result<std::string> values(const Options& o) {
  const auto profile = boot_profile(o.profile.empty() ? "good" : o.profile);
  return reference_value_set(o.name, *profile, o.pcrs);
}

int program(int argc, char** argv) {
  CLI::App app(
      "A machine in software, for tests: swtpm with an EK certificate of a test CA, a "
      "measured boot and an IMA list.");
  app.require_subcommand(1);
  Options o;
  o.name = "software-machine";
  o.pcrs = {0, 2, 4, 7};
  std::vector<std::string> names;
  for (const auto& profile : boot_profiles()) {
    names.push_back(profile.name);
  }
  const auto state = [&o](CLI::App* verb) {
    verb->add_option("--state", o.folders.state, "folder that holds what survives a power cycle")
        ->required();
  };
  Result<std::string> (*chosen)(const Options&) = nullptr;
  const auto verb = [&](const char* name, const char* help,
                        Result<std::string> (*function)(const Options&)) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&chosen, function] { chosen = function; });
    return sub;
  };

  CLI::App* sub = verb("run", "power the machine on, boot it, stay until SIGTERM", run);
  state(sub);
  sub->add_option("--runtime", o.folders.runtime, "folder for tpm.sock, boot log and IMA list")
      ->required();
  sub->add_option("--ca", o.folders.ca, "folder of the test CA; made if empty")->required();
  sub->add_flag("--ek-certificates-elsewhere", o.folders.certificates_elsewhere,
                "make a TPM that has none in it: they are in the state folder, ek-*.pem");
  sub->add_option("--boot", o.profile, "what to boot; default: as last time, at first good")
      ->check(CLI::IsMember(names));

  sub = verb("boot", "reboot, into another profile if one is given", boot);
  state(sub);
  sub->add_option("profile", o.profile)->check(CLI::IsMember(names));
  sub->add_flag("--power-loss", o.power_loss, "without TPM2_Shutdown");
  sub = verb("reset", "reboot into the same profile", boot);
  state(sub);
  sub->add_flag("--power-loss", o.power_loss, "without TPM2_Shutdown");

  sub = verb("run-file", "measure a file; prints its SHA-256", run_file);
  state(sub);
  sub->add_option("path", o.path, "path that IMA writes down")->required();
  sub->add_option("--content", o.content, "instead of what the file holds")
      ->each([&o](const std::string&) { o.has_content = true; });

  sub = verb(
      "trim", "make the kernel forget the oldest entries of its IMA list",
      [](const Options& options) {
        return ask(options.folders.state, Json{{"verb", "trim"}, {"entries", options.entries}});
      });
  state(sub);
  sub->add_option("entries", o.entries)->required();

  sub = verb("clone", "copy the TPM into a new state folder", [](const Options& options) {
    return ask(options.folders.state,
               Json{{"verb", "clone"}, {"folder", fs::absolute(options.folder).string()}});
  });
  state(sub);
  sub->add_option("folder", o.folder)->required();

  state(verb("status", "what runs, as JSON", [](const Options& options) {
    return ask(options.folders.state, Json{{"verb", "status"}});
  }));

  sub = verb("ek-hash", "what NodeAttestation.spec.ekHash pins", [](const Options& options) {
    auto hash = ek_hash(options.folders.state, options.rsa ? EkKind::kRsa2048 : EkKind::kP256);
    return hash ? Result<std::string>(*hash + "\n") : hash;
  });
  state(sub);
  sub->add_flag("--rsa", o.rsa, "of the RSA-2048 EK; default: of the P-256 EK");

  sub = verb("reference-values", "a ReferenceValueSet of the good boot, as YAML", values);
  sub->add_option("--name", o.name, "of the set");
  sub->add_option("--boot", o.profile, "of another profile")->check(CLI::IsMember(names));
  sub->add_option("--pcrs", o.pcrs, "which PCRs the set fixes; default: 0,2,4,7")->delimiter(',');

  sub = verb("ca", "make the test CA if there is none; prints its certificate",
             [](const Options& options) -> Result<std::string> {
               return TRY(TestCa::open(options.folders.ca)).certificate_pem();
             });
  sub->add_option("--ca", o.folders.ca, "folder of the test CA")->required();

  CLI11_PARSE(app, argc, argv);
  const auto output = chosen(o);
  if (!output) {
    std::cerr << "seaworthy-machine: " << output.error().message() << '\n';
    return 1;
  }
  std::cout << *output;
  return 0;
}

}  // namespace
}  // namespace seaworthy::machine

int main(int argc, char** argv) {
  return seaworthy::machine::program(argc, argv);
}
