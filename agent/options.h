// The command line of seaworthy-agent.
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/log.h"

namespace seaworthy::agent {

struct Options {
  std::string verifier_url;
  std::string ca_path;
  std::string token_path;
  std::string tcti = "device:/dev/tpmrm0";
  std::string boot_log_path = "/sys/kernel/security/tpm0/binary_bios_measurements";
  std::string userspace_log_path = "/run/log/systemd/tpm2-measure.log";
  std::string ima_path = "/sys/kernel/security/ima/binary_runtime_measurements";
  std::string state_folder;
  std::string ek_certificates;
  std::string health_address = "::";
  std::uint16_t health_port = 8080;
  telemetry::Level log_level = telemetry::Level::kInfo;
  telemetry::Format log_format = telemetry::Format::kJson;
};

// The options, or the exit code after help (0) or a usage error (2) was printed.
struct Parsed {
  Options options;
  int exit_code = -1;  // -1: go on
};
Parsed parse_options(int argc, const char* const* argv);

}  // namespace seaworthy::agent
