// seaworthy-device: offers a node's TPM to the kubelet, for the agent. See README.md.
#include "options.h"
#include "wiring.h"

int main(int argc, char** argv) {
  const auto parsed = seaworthy::device::parse_options(argc, argv);
  if (parsed.exit_code >= 0) {
    return parsed.exit_code;
  }
  return seaworthy::device::run(parsed.options);
}
