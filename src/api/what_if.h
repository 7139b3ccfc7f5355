// The policies that `kubectl seaworthy whatif` makes for the time of a question: dry runs with a
// label.
#pragma once

#include <chrono>
#include <optional>

#include "api/meta.h"
#include "base/time.h"

namespace seaworthy::api {

inline constexpr const char* kWhatIfLabel = "seaworthy.dev/what-if";  // value: of one question
// Whoever asked has an answer by then, or is gone.
inline constexpr std::chrono::hours kWhatIfLife{1};

// When such a policy is to be removed if nobody did, by the time that the API server noted.
// nullopt: it is none. A policy in any other mode is none, whatever its labels say.
std::optional<Time> what_if_end(const Json& policy);

}  // namespace seaworthy::api
