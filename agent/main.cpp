// seaworthy-agent: shows the verifier what a node booted and runs. See README.md.
#include "options.h"
#include "wiring.h"

int main(int argc, char** argv) {
  const auto parsed = seaworthy::agent::parse_options(argc, argv);
  if (parsed.exit_code >= 0) {
    return parsed.exit_code;
  }
  return seaworthy::agent::run(parsed.options);
}
