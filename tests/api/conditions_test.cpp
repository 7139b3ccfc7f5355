#include "api/conditions.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

const Time kNow = *Time::parse_rfc3339("2026-11-24T13:34:00.250Z");

Condition ready(ConditionStatus status, std::string reason = "Because") {
  return {.type = "Ready",
          .status = status,
          .reason = std::move(reason),
          .message = "m",
          .last_transition = {},
          .observed_generation = 2};
}

TEST(Conditions, ANewOneIsAddedWithTheTime) {
  std::vector<Condition> conditions;
  EXPECT_TRUE(set_condition(conditions, ready(ConditionStatus::kTrue), kNow));
  ASSERT_EQ(conditions.size(), 1u);
  EXPECT_EQ(conditions[0].last_transition.rfc3339(), "2026-11-24T13:34:00Z");
}

TEST(Conditions, TheSameAgainChangesNothing) {
  std::vector<Condition> conditions;
  set_condition(conditions, ready(ConditionStatus::kTrue), kNow);
  const auto before = conditions;
  EXPECT_FALSE(set_condition(conditions, ready(ConditionStatus::kTrue), kNow + seconds(60)));
  EXPECT_EQ(conditions, before);
}

TEST(Conditions, AnotherReasonKeepsTheTransitionTime) {
  std::vector<Condition> conditions;
  set_condition(conditions, ready(ConditionStatus::kTrue), kNow);
  EXPECT_TRUE(
      set_condition(conditions, ready(ConditionStatus::kTrue, "Other"), kNow + seconds(60)));
  EXPECT_EQ(conditions[0].reason, "Other");
  EXPECT_EQ(conditions[0].last_transition.rfc3339(), "2026-11-24T13:34:00Z");
}

TEST(Conditions, AnotherStatusMovesTheTransitionTime) {
  std::vector<Condition> conditions;
  set_condition(conditions, ready(ConditionStatus::kTrue), kNow);
  EXPECT_TRUE(set_condition(conditions, ready(ConditionStatus::kFalse), kNow + seconds(60)));
  EXPECT_EQ(conditions[0].last_transition.rfc3339(), "2026-11-24T13:35:00Z");
}

TEST(Conditions, WhatIsWrittenIsReadBack) {
  std::vector<Condition> conditions;
  set_condition(conditions, ready(ConditionStatus::kUnknown), kNow);
  Condition other = ready(ConditionStatus::kFalse);
  other.type = "Attested";
  other.observed_generation = 0;
  set_condition(conditions, other, kNow);
  Json status = Json::object();
  for (const auto& condition : conditions) {
    status["conditions"].push_back(to_json(condition));
  }
  codec::Fields fields = *codec::Fields::of(status, "status");
  EXPECT_EQ(*parse_conditions(fields), conditions);
  // And so nothing is written again.
  EXPECT_FALSE(set_condition(conditions, ready(ConditionStatus::kUnknown), kNow + seconds(1)));
}

TEST(Conditions, ALongMessageIsCutToWhatTheApiTakes) {
  Condition condition = ready(ConditionStatus::kTrue);
  condition.message = std::string(40'000, 'm');
  EXPECT_EQ(to_json(condition)["message"].get<std::string>().size(), 32'768u);
}

TEST(Conditions, RefusesAStatusThatIsNone) {
  const Json json = json_of(R"({"conditions": [{"type": "Ready", "status": "Maybe"}]})");
  codec::Fields fields = *codec::Fields::of(json, "status");
  EXPECT_EQ(parse_conditions(fields).error().message(),
            "status.conditions[0].status: expected True, False or Unknown, got \"Maybe\"");
}

}  // namespace
}  // namespace seaworthy::api
