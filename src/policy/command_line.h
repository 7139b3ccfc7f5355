// What a kernel command line switches off: rule R22. Spec: Linux 6.12,
// Documentation/admin-guide/kernel-parameters.txt; dracut.cmdline(7); kernel-command-line(7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seaworthy::policy {

// The tokens as the kernel splits them: at white space outside double quotes; quotes removed.
std::vector<std::string> tokens(std::string_view command_line);

// The first token that lets something other than the measured system run, or that turns a
// protection off; null if there is none.
std::optional<std::string> forbidden_token(std::string_view command_line);

// A built-in IMA policy that measures what is run is named: ima_policy=tcb (or with |), or ima_tcb.
bool names_measuring_policy(std::string_view command_line);

}  // namespace seaworthy::policy
