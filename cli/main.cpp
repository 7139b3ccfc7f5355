// kubectl-seaworthy: the part of Seaworthy that people talk to.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "options.h"
#include "wiring.h"

int main(int argc, char** argv) {
  const bool colourful = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  const auto parsed = seaworthy::cli::parse_options(argc, argv, colourful);
  if (parsed.exit_code >= 0) {
    return parsed.exit_code;
  }
  const auto answer = seaworthy::cli::run(parsed.options);
  if (!answer) {
    std::fprintf(stderr, "error: %s\n", answer.error().message().c_str());
    return seaworthy::cli::failure(parsed.options);
  }
  std::fputs(answer->text.c_str(), stdout);
  std::fputs(answer->remarks.c_str(), stderr);
  return answer->exit_code;
}
