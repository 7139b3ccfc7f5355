// Puts the agent together.
#pragma once

#include "options.h"

namespace seaworthy::agent {

// Runs until a signal; gives the exit code.
int run(const Options& options);

}  // namespace seaworthy::agent
