// Options → a client of the cluster → the command → text.
#pragma once

#include <string>

#include "base/result.h"
#include "options.h"

namespace seaworthy::cli {

struct Answer {
  std::string text;  // for standard output
  int exit_code = 0;
  std::string remarks = {};  // for standard error
};
Result<Answer> run(const Options& options);
// The exit status when there is no answer.
int failure(const Options& options);

}  // namespace seaworthy::cli
