#include "api/conditions.h"

#include <algorithm>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr std::size_t kMaxConditions = 64;
constexpr std::size_t kMaxMessageBytes = 32768;  // metav1.Condition

std::string_view name(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::kTrue:
      return "True";
    case ConditionStatus::kFalse:
      return "False";
    case ConditionStatus::kUnknown:
      break;
  }
  return "Unknown";
}

}  // namespace

Result<std::vector<Condition>> parse_conditions(Fields& status) {
  std::vector<Condition> out;
  for (Fields& fields : TRY(status.objects("conditions", kMaxConditions))) {
    Condition condition;
    condition.type = TRY(fields.text("type", 316));
    condition.status =
        static_cast<ConditionStatus>(TRY(fields.one_of("status", {"True", "False", "Unknown"})));
    condition.reason = TRY(fields.maybe_text("reason", 1024)).value_or("");
    condition.message = TRY(fields.maybe_text("message", 4 * kMaxMessageBytes)).value_or("");
    condition.last_transition = TRY(maybe_read_time(fields, "lastTransitionTime")).value_or(Time());
    condition.observed_generation =
        TRY(fields.maybe_integer("observedGeneration", 0, INT64_MAX)).value_or(0);
    out.push_back(std::move(condition));
  }
  return out;
}

Json to_json(const Condition& condition) {
  Json out = Json::object();
  out["type"] = condition.type;
  out["status"] = name(condition.status);
  out["reason"] = condition.reason;
  out["message"] = cut(condition.message, kMaxMessageBytes);
  out["lastTransitionTime"] = condition.last_transition.rfc3339();
  if (condition.observed_generation != 0) {
    out["observedGeneration"] = condition.observed_generation;
  }
  return out;
}

bool set_condition(std::vector<Condition>& conditions, Condition next, Time now) {
  // Whole seconds: what is written, so that what is read back is equal.
  next.last_transition = Time::from_unix(now.unix_seconds());
  const auto old = std::find_if(conditions.begin(), conditions.end(),
                                [&next](const Condition& c) { return c.type == next.type; });
  if (old == conditions.end()) {
    conditions.push_back(std::move(next));
    return true;
  }
  if (old->status == next.status) {
    next.last_transition = old->last_transition;
  }
  if (*old == next) {
    return false;
  }
  *old = std::move(next);
  return true;
}

}  // namespace seaworthy::api
