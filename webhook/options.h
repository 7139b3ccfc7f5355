// The command line of seaworthy-webhook.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "telemetry/log.h"

namespace seaworthy::program {

struct Options {
  std::string listen_address = "::";
  std::uint16_t listen_port = 9443;
  std::string health_address = "::";
  std::uint16_t health_port = 8080;
  std::string namespace_ = "seaworthy-system";
  std::string kubeconfig;
  std::string serving_secret = "seaworthy-webhook-tls";
  std::string certificate_directory;  // not empty: instead of the Secret
  std::string client_ca_file;         // not empty: callers must show a certificate
  std::chrono::seconds max_snapshot_age{30};
  std::chrono::seconds drain_delay{5};
  telemetry::Level log_level = telemetry::Level::kInfo;
};

// The options, or the exit code after help (0) or a usage error (2) was printed.
struct Parsed {
  Options options;
  int exit_code = -1;  // -1: go on
};
Parsed parse_options(int argc, const char* const* argv);

}  // namespace seaworthy::program
