// Options → a client of the cluster → the command → text.
#pragma once

#include <string>

#include "base/result.h"
#include "options.h"

namespace seaworthy::cli {

Result<std::string> run(const Options& options);

}  // namespace seaworthy::cli
