// The command line of seaworthy-operator.
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/log.h"

namespace seaworthy::program {

enum class ServingCertificates : std::uint8_t {
  kManaged,   // the operator makes a CA and certificates and renews them
  kExternal,  // somebody else (cert-manager) writes the Secrets
};

struct Options {
  std::string listen_address = "::";
  std::uint16_t listen_port = 8443;
  std::string health_address = "::";
  std::uint16_t health_port = 8080;
  std::string namespace_ = "seaworthy-system";
  std::string kubeconfig;
  std::string verifier_name = "seaworthy-operator";
  std::string identity;  // of this replica: the pod's name
  ServingCertificates serving = ServingCertificates::kManaged;
  telemetry::Level log_level = telemetry::Level::kInfo;
};

// The options, or the exit code after help (0) or a usage error (2) was printed.
struct Parsed {
  Options options;
  int exit_code = -1;  // -1: go on
};
Parsed parse_options(int argc, const char* const* argv);

}  // namespace seaworthy::program
