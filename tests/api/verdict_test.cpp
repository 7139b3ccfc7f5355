#include "api/verdict.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

PolicyVerdict sample() {
  return {.policy = PolicyName("production"),
          .verdict = Verdict::kViolated,
          .reason = "UnknownFile",
          .message = "a file ran that is in no set",
          .since = *Time::parse_rfc3339("2026-11-24T13:34:00Z"),
          .expires = *Time::parse_rfc3339("2026-11-24T13:36:00Z"),
          .findings = {{"UnknownFile", "/usr/bin/nc", "list it or remove it"}, {"Other", "", ""}}};
}

TEST(Verdict, HasAName) {
  for (const auto verdict :
       {Verdict::kTrusted, Verdict::kViolated, Verdict::kStale, Verdict::kUnknown}) {
    EXPECT_EQ(verdict_named(name(verdict)), verdict);
  }
  EXPECT_EQ(name(Verdict::kTrusted), "Trusted");
  EXPECT_FALSE(verdict_named("trusted"));
  EXPECT_FALSE(verdict_named(""));
}

TEST(Verdict, WhatIsWrittenIsReadBack) {
  PolicyVerdict verdict = sample();
  for (int i = 0; i < 2; ++i) {
    const Json json = to_json(verdict);
    codec::Fields fields = *codec::Fields::of(json, "v");
    EXPECT_EQ(*parse_policy_verdict(fields), verdict);
    verdict = {.policy = PolicyName("p"),
               .verdict = Verdict::kUnknown,
               .reason = "NeverAppraised",
               .message = "",
               .since = verdict.since,
               .expires = {},
               .findings = {}};
  }
}

TEST(Verdict, CutsWhatIsTooLongInsteadOfFailingToWrite) {
  PolicyVerdict verdict = sample();
  verdict.message = std::string(5000, 'x');
  verdict.findings.assign(20,
                          {std::string(100, 'R'), std::string(600, 'a'), std::string(2000, 'm')});
  const Json json = to_json(verdict);
  EXPECT_EQ(json["message"].get<std::string>().size(), 1024u);
  ASSERT_EQ(json["findings"].size(), kMaxFindingsShown);
  EXPECT_EQ(json["findings"][0]["reason"].get<std::string>().size(), 64u);
  EXPECT_EQ(json["findings"][0]["about"].get<std::string>().size(), 512u);
  EXPECT_EQ(json["findings"][0]["message"].get<std::string>().size(), 1024u);
  codec::Fields fields = *codec::Fields::of(json, "v");
  EXPECT_TRUE(parse_policy_verdict(fields));
}

TEST(Verdict, RefusesWhatItCannotKnow) {
  const Json json =
      json_of(R"({"policy": "p", "verdict": "Fine", "sinceTime": "2026-11-24T13:34:00Z"})");
  codec::Fields fields = *codec::Fields::of(json, "v");
  EXPECT_EQ(parse_policy_verdict(fields).error().message(),
            "v.verdict: expected Trusted, Violated, Stale or Unknown, got \"Fine\"");
}

}  // namespace
}  // namespace seaworthy::api
