// How the verbs reach a running machine: one JSON object per connection on a Unix socket.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "codec/json.h"
#include "machine.h"

namespace seaworthy::machine {

std::filesystem::path control_socket(const std::filesystem::path& state);

// Serves until SIGTERM or SIGINT (which must be blocked in this thread), then powers off.
// kUnavailable if swtpm ends by itself.
Result<void> serve(Machine& machine, const std::filesystem::path& socket);

// Sends a request to the machine of a state folder; gives what it answers as text.
Result<std::string> ask(const std::filesystem::path& state, const codec::Json& request);

}  // namespace seaworthy::machine
