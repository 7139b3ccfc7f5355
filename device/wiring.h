// Puts the device plugin together.
#pragma once

#include "options.h"

namespace seaworthy::device {

// Runs until a signal; gives the exit code.
int run(const Options& options);

}  // namespace seaworthy::device
