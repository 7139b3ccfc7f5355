#include "options.h"

#include <CLI/CLI.hpp>

#include "http/url.h"
#include "runtime/cli/options.h"

namespace seaworthy::agent {
namespace {

constexpr const char* kFooter =
    R"(What is attested, how often and under which rules is decided by the cluster's policies:
kubectl explain attestationpolicy.spec
Metrics, health: GET /metrics, /healthz, /readyz on --health-listen.)";

std::string check_verifier(const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url) {
    return url.error().message();
  }
  return url->https ? "" : "the verifier is reached by https:// only, because tokens go there";
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app{
      "Seaworthy's agent: shows the cluster's verifier what this node booted and runs, by its TPM.",
      "seaworthy-agent"};
  app.footer(kFooter);
  app.set_version_flag("--version", "seaworthy-agent " SEAWORTHY_VERSION);
  app.add_option("--verifier", options.verifier_url, "Where the verifier is")
      ->type_name("URL")
      ->required()
      ->check(CLI::Validator(check_verifier, "HTTPS URL"));
  app.add_option("--ca", options.ca_path,
                 "PEM certificates; the verifier's must chain to one of them. Read for every new "
                 "connection")
      ->type_name("FILE")
      ->required();
  app.add_option("--token", options.token_path,
                 "Projected service-account token with audience seaworthy-verifier. Read before "
                 "every request")
      ->type_name("FILE")
      ->required();
  app.add_option("--tcti", options.tcti, "How the TPM is reached, as tpm2-tss writes it")
      ->type_name("TCTI")
      ->capture_default_str();
  app.add_option("--ek-certificates", options.ek_certificates,
                 "PEM certificates of the TPM's endorsement key and of its issuers, for a TPM that "
                 "has none in it; '' for none, and there may be no such file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--boot-log", options.boot_log_path, "The firmware's log of the measured boot")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--userspace-log", options.userspace_log_path,
                 "systemd's log of what it measures; '' for none. A node without it sends none")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--ima-list", options.ima_path, "The kernel's list of measured files; '' for none")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option(
         "--state", options.state_folder,
         "Folder on tmpfs where the IMA list of this boot is kept, for when the kernel does not "
         "show all of it any more; '' for none")
      ->type_name("FOLDER")
      ->capture_default_str();
  runtime::cli::add_listen(app, "--health-listen,--health-address",
                           "Where health and metrics are served (HTTP)", options.health_address,
                           options.health_port);
  runtime::cli::add_log_level(app, options.log_level);
  runtime::cli::add_log_format(app, options.log_format);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return {options, app.exit(e) == 0 ? 0 : 2}; }
  return {options, -1};
}

}  // namespace seaworthy::agent
