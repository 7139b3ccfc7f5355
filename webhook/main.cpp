// seaworthy-webhook: decides which pods come to which nodes.
#include "options.h"
#include "wiring.h"

int main(int argc, char** argv) {
  const auto parsed = seaworthy::program::parse_options(argc, argv);
  if (parsed.exit_code >= 0) {
    return parsed.exit_code;
  }
  return seaworthy::program::run(parsed.options);
}
