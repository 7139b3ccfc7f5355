#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "runtime/cli/options.h"

namespace seaworthy::program {
namespace {

constexpr const char* kFooter =
    R"(Everything else is configured by custom resources: kubectl explain attestationpolicy.spec
Metrics, health: GET /metrics, /healthz, /readyz on --health-listen.
Guide: docs/operations.md)";

std::string pod_name() {
  const char* name = std::getenv("POD_NAME");
  return name != nullptr ? name : "";
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  Options options;
  options.identity = pod_name();
  std::string serving = "Managed";
  CLI::App app{
      "Seaworthy's operator: verifies what nodes prove with their TPM, and keeps the cluster "
      "in accordance.",
      "seaworthy-operator"};
  app.footer(kFooter);
  app.set_version_flag("--version", "seaworthy-operator " SEAWORTHY_VERSION);
  runtime::cli::add_listen(app, "--listen", "Where agents reach the verifier (HTTPS)",
                           options.listen_address, options.listen_port);
  runtime::cli::add_listen(app, "--health-listen", "Where health and metrics are served (HTTP)",
                           options.health_address, options.health_port);
  app.add_option("--namespace", options.namespace_, "The namespace that Seaworthy is installed in")
      ->capture_default_str();
  app.add_option("--kubeconfig", options.kubeconfig,
                 "Path to a kubeconfig; default: KUBECONFIG, then the pod's own service account");
  app.add_option("--verifier-name", options.verifier_name,
                 "Name under which all replicas sign results")
      ->capture_default_str();
  app.add_option(
      "--identity", options.identity,
      "Name of this replica, in the leader's Lease and in Events; default: POD_NAME, then "
      "a random one");
  app.add_option("--serving-certificates", serving,
                 "Managed: a CA of its own, kept in Secrets and renewed. External: Secrets "
                 "seaworthy-operator-tls and seaworthy-webhook-tls (tls.crt, tls.key, ca.crt) are "
                 "written by others, for example cert-manager")
      ->check(CLI::IsMember({"Managed", "External"}))
      ->capture_default_str();
  runtime::cli::add_log_level(app, options.log_level);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return {options, app.exit(e) == 0 ? 0 : 2}; }
  options.serving =
      serving == "External" ? ServingCertificates::kExternal : ServingCertificates::kManaged;
  return {options, -1};
}

}  // namespace seaworthy::program
