// The command line of seaworthy-device.
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/log.h"

namespace seaworthy::device {

struct Options {
  std::string resource = "seaworthy.dev/tpm";
  std::string device = "/dev/tpmrm0";
  std::string id;  // the last part of `device`
  std::string presence = "/sys/class/tpmrm/tpmrm0";
  std::string folder = "/var/lib/kubelet/device-plugins";
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

}  // namespace seaworthy::device
