#include "options.h"

#include <CLI/CLI.hpp>
#include <map>

#include "runtime/cli/options.h"

namespace seaworthy::program {
namespace {

constexpr const char* kFooter =
    R"(Which namespaces are governed, and by what, is configured by custom resources:
  kubectl explain attestationpolicy.spec
Decisions are made from memory. If the API server has not confirmed what is known for
--max-snapshot-age, everything governed is denied (reason SnapshotTooOld).
Metrics, health: GET /metrics, /healthz, /readyz on --health-listen.
Guide: docs/operations.md)";

// Takes "30", "30s" or "2m".
void seconds_option(CLI::App& app, const char* name, const char* help, int& value, int min,
                    int max) {
  app.add_option(name, value, help)
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, int>{{"s", 1}, {"m", 60}},
                                        CLI::AsNumberWithUnit::CASE_SENSITIVE, "SECONDS"))
      ->check(CLI::Range(min, max))
      ->default_str(std::to_string(value) + "s");
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  Options options;
  int age = static_cast<int>(options.max_snapshot_age.count());
  int drain = static_cast<int>(options.drain_delay.count());
  CLI::App app{
      "Seaworthy's admission webhook: pods of governed namespaces come only to nodes that hold the "
      "class.",
      "seaworthy-webhook"};
  app.footer(kFooter);
  app.set_version_flag("--version", "seaworthy-webhook " SEAWORTHY_VERSION);
  runtime::cli::add_listen(app, "--listen",
                           "Where the API server reaches it: POST /validate (HTTPS)",
                           options.listen_address, options.listen_port);
  runtime::cli::add_listen(app, "--health-listen", "Where health and metrics are served (HTTP)",
                           options.health_address, options.health_port);
  app.add_option("--namespace", options.namespace_, "The namespace that Seaworthy is installed in")
      ->capture_default_str();
  app.add_option("--kubeconfig", options.kubeconfig,
                 "Path to a kubeconfig; default: KUBECONFIG, then the pod's own service account");
  auto* secret = app.add_option("--serving-secret", options.serving_secret,
                                "Name of the Secret with tls.crt and tls.key, in --namespace; "
                                "followed through the API");
  secret->capture_default_str();
  app.add_option("--certificate-dir", options.certificate_directory,
                 "Directory with tls.crt and tls.key, instead of the Secret; looked at every 5 s")
      ->excludes(secret)
      ->check(CLI::ExistingDirectory);
  app.add_option("--client-ca-file", options.client_ca_file,
                 "PEM certificates: callers must show a certificate under one of them. For API "
                 "servers whose AdmissionConfiguration gives them one")
      ->check(CLI::ExistingFile);
  seconds_option(app, "--max-snapshot-age",
                 "How old the last word from the API server may be; older: deny", age, 6, 3600);
  seconds_option(app, "--drain-delay",
                 "How long serving goes on after readiness turned false, on SIGTERM", drain, 0,
                 300);
  runtime::cli::add_log_level(app, options.log_level);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return {options, app.exit(e) == 0 ? 0 : 2}; }
  options.max_snapshot_age = std::chrono::seconds(age);
  options.drain_delay = std::chrono::seconds(drain);
  return {options, -1};
}

}  // namespace seaworthy::program
