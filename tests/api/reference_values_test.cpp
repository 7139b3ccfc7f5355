#include "api/reference_values.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

const std::string kDigest = std::string(62, '0') + "a7";

Json set_of(const std::string& spec) {
  Json json = json_of(R"({"metadata": {"name": "debian-12"}})");
  json["spec"] = json_of(spec);
  return json;
}

TEST(ReferenceValues, ReadsASet) {
  const auto set = parse_reference_values(set_of(
      R"({"boot": {"pcrs": [{"index": 7, "sha256": ")" + kDigest + R"("}], "applications": [")" +
      kDigest + R"("], "commandLines": ["quiet"]}, "files": [{"sha256": ")" + kDigest +
      R"(", "path": "/bin/sh"}, {"sha256": ")" + kDigest + R"("}]})"));
  ASSERT_TRUE(set) << set.error().message();
  ASSERT_EQ(set->pcrs.size(), 1u);
  EXPECT_EQ(set->pcrs[0].index, 7);
  EXPECT_EQ(set->pcrs[0].sha256[31], 0xA7);
  EXPECT_EQ(set->pcrs[0].sha256[0], 0);
  EXPECT_EQ(set->applications.size(), 1u);
  EXPECT_EQ(set->command_lines, std::vector<std::string>{"quiet"});
  ASSERT_EQ(set->files.size(), 2u);
  EXPECT_EQ(set->files[0].path, "/bin/sh");
  EXPECT_TRUE(set->describes_boot());
}

struct Bad {
  const char* name;
  std::string spec;
  std::string message;
};
class RefusesASet : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusesASet, AndSaysWhy) {
  const auto set = parse_reference_values(set_of(GetParam().spec));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesASet,
    ::testing::Values(
        Bad{"OfNothing", "{}", "spec: describes nothing: needs boot or files"},
        Bad{"OfNoFiles", R"({"files": []})", "spec: describes nothing: needs boot or files"},
        Bad{"OfACommandLineAlone", R"({"boot": {"commandLines": ["quiet"]}})",
            "spec.boot: needs pcrs, applications, unifiedKernels or events: a command line alone "
            "says nothing about what "
            "was booted"},
        Bad{"WithPcr10", R"({"boot": {"pcrs": [{"index": 10, "sha256": ")" + kDigest + R"("}]}})",
            "spec.boot.pcrs[0].index: expected 0 to 9 or 11 to 15: PCR 10 changes with every file "
            "that runs"},
        Bad{"WithPcr32", R"({"boot": {"pcrs": [{"index": 32, "sha256": ")" + kDigest + R"("}]}})",
            "spec.boot.pcrs[0].index: expected an integer from 0 to 15, got 32"},
        Bad{"WithAPcrTwice",
            R"({"boot": {"pcrs": [{"index": 7, "sha256": ")" + kDigest +
                R"("}, {"index": 7, "sha256": ")" + kDigest + R"("}]}})",
            "spec.boot.pcrs[1].index: PCR 7 stands twice"},
        Bad{"WithUpperCase", R"({"boot": {"applications": [")" + std::string(64, 'A') + R"("]}})",
            "spec.boot.applications[0]: expected a SHA-256 digest, 64 lower-case hexadecimal "
            "digits"},
        Bad{"WithAShortDigest", R"({"files": [{"sha256": "aa"}]})",
            "spec.files[0].sha256: expected a SHA-256 digest, 64 lower-case hexadecimal digits"},
        Bad{"WithAPathAlone", R"({"files": [{"path": "/bin/sh"}]})",
            "spec.files[0].sha256: missing; expected a string"},
        Bad{"WithADemandOfANewerVersion",
            R"({"files": [{"sha256": ")" + kDigest + R"("}], "signedBy": "x"})",
            "spec.signedBy: unknown field"},
        Bad{"OfEventsOfPcr10", R"({"boot": {"events": [{"pcr": 10}]}})",
            "spec.boot.events[0].pcr: expected 0 to 9 or 11 to 15: PCR 10 changes with every file "
            "that runs"},
        Bad{"OfEventsOfAPcrTwice", R"({"boot": {"events": [{"pcr": 9}, {"pcr": 9}]}})",
            "spec.boot.events[1].pcr: PCR 9 stands twice"},
        Bad{"WithAShortUnifiedKernel", R"({"boot": {"unifiedKernels": ["aa"]}})",
            "spec.boot.unifiedKernels[0]: expected a SHA-256 digest, 64 lower-case hexadecimal "
            "digits"},
        Bad{"ThatEndsBeforeItBegins",
            R"({"files": [{"sha256": ")" + kDigest +
                R"("}], "notBefore": "2026-12-01T00:00:00Z", )"
                R"("retireAfter": "2026-12-01T00:00:00Z"})",
            "spec.retireAfter: must be after notBefore"}),
    [](const auto& row) { return row.param.name; });

TEST(ReferenceValues, ReadsUnifiedKernelsEventsAndWindow) {
  const auto set =
      parse_reference_values(set_of(R"({"boot": {"unifiedKernels": [")" + kDigest +
                                    R"("], "events": [{"pcr": 11, "sha256": [")" + kDigest +
                                    R"("]}, {"pcr": 13}]}, "notBefore": "2026-11-01T00:00:00Z", )"
                                    R"("retireAfter": "2026-12-01T00:00:00Z"})"));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_TRUE(set->describes_boot());
  EXPECT_EQ(set->unified_kernels.size(), 1u);
  ASSERT_EQ(set->events.size(), 2u);
  EXPECT_EQ(set->events[0].pcr, 11);
  EXPECT_TRUE(set->events[1].sha256.empty());
  EXPECT_EQ(set->not_before->rfc3339(), "2026-11-01T00:00:00Z");
  EXPECT_EQ(set->retire_after->rfc3339(), "2026-12-01T00:00:00Z");
}

TEST(ReferenceValues, AreFoundUnusedOnlyForThisGenerationAndOnlyIfToBeRetired) {
  ReferenceValueSet set;
  set.meta.generation = 2;
  set.retire_after = Time::from_unix(seconds(1));
  set.conditions = {{.type = kConditionRetired,
                     .status = ConditionStatus::kTrue,
                     .reason = "Unused",
                     .message = "",
                     .last_transition = {},
                     .observed_generation = 2}};
  EXPECT_TRUE(set.found_unused());
  set.meta.generation = 3;
  EXPECT_FALSE(set.found_unused());
  set.meta.generation = 2;
  set.retire_after.reset();
  EXPECT_FALSE(set.found_unused());
  set.retire_after = Time();
  set.conditions[0].status = ConditionStatus::kFalse;
  EXPECT_FALSE(set.found_unused());
}

TEST(ReferenceValues, StatusPatchSaysWhoUsesThem) {
  ReferenceValueSet set;
  set.meta.name = "debian";
  set.meta.generation = 4;
  const Json patch = reference_values_status_patch(
      set, {.nodes = 2, .names = {"a", "b"}, .first_used = Time::from_unix(seconds(0))}, {});
  EXPECT_EQ(patch["kind"], "ReferenceValueSet");
  EXPECT_EQ(patch["status"]["nodes"], 2);
  EXPECT_EQ(patch["status"]["usedBy"], (Json{"a", "b"}));
  EXPECT_EQ(patch["status"]["firstUsed"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(patch["status"]["observedGeneration"], 4);
}

TEST(ReferenceValues, TakesTwentyThousandFilesAndNotOneMore) {
  Json json = set_of(R"({"files": []})");
  Json file = Json::object();
  file["sha256"] = kDigest;
  json["spec"]["files"] = Json(20'000, file);
  EXPECT_TRUE(parse_reference_values(json));
  json["spec"]["files"].push_back(file);
  EXPECT_EQ(parse_reference_values(json).error().message(),
            "spec.files: list of 20001 items; the limit is 20000");
}

TEST(ReferenceValues, WritesWhatItReads) {
  const std::string digests = "[\"" + kDigest + "\"]";
  const Json json = set_of(
      R"({"boot": {"pcrs": [{"index": 7, "sha256": ")" + kDigest + R"("}], "applications": )" +
      digests + R"(, "unifiedKernels": )" + digests + R"(, "events": [{"pcr": 9, "sha256": )" +
      digests + R"(}, {"pcr": 12, "sha256": []}], "commandLines": ["quiet"]},
      "files": [{"sha256": ")" +
      kDigest + R"(", "path": "/a", "match": "ContentAndPath"},
                {"sha256": ")" +
      kDigest + R"("}],
      "signers": [{"name": "us", "key": "-----BEGIN PUBLIC KEY-----", "minimumVersion": 3}],
      "deniedFiles": [{"sha256": ")" +
      kDigest + R"(", "note": "old"}, {"sha256": ")" + kDigest +
      R"("}], "measurements": [{"name": ".ima", "sha256": ")" + kDigest + R"("}],
      "imaPolicies": [{"sha256": ")" +
      kDigest + R"("}],
      "notBefore": "2026-11-24T00:00:00Z", "retireAfter": "2026-12-24T00:00:00Z"})");
  const auto set = parse_reference_values(json);
  ASSERT_TRUE(set) << set.error().message();
  const Json written = reference_values_json(*set);
  EXPECT_EQ(written["spec"], json["spec"]);
  EXPECT_EQ(written["kind"], "ReferenceValueSet");
  const auto again = parse_reference_values(written);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *set);
}

}  // namespace
}  // namespace seaworthy::api
