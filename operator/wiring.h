// Options → wired objects → run().
#pragma once

#include "options.h"

namespace seaworthy::program {

// The exit code of the process.
int run(const Options& options);

}  // namespace seaworthy::program
