// metav1.Condition (Kubernetes API 1.36) and the one rule about its times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/meta.h"
#include "base/time.h"

namespace seaworthy::api {

enum class ConditionStatus : std::uint8_t { kTrue, kFalse, kUnknown };

struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;   // CamelCase, never empty
  std::string message;  // ≤ 32768 bytes: cut when written
  Time last_transition;
  std::int64_t observed_generation = 0;
  bool operator==(const Condition&) const = default;
};

Result<std::vector<Condition>> parse_conditions(codec::Fields& status);
Json to_json(const Condition& condition);

// Puts `next` into the list in place of the one of its type. The transition time changes only with
// the status (API conventions). Says whether anything changed: nothing is written if not.
bool set_condition(std::vector<Condition>& conditions, Condition next, Time now);

}  // namespace seaworthy::api
