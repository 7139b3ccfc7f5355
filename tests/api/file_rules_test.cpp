#include "api/file_rules.h"

#include <gtest/gtest.h>

#include "api/policy.h"
#include "api/reference_values.h"
#include "codec/json.h"

namespace seaworthy::api {
namespace {

using codec::Json;

const std::string kDigest = std::string(63, 'a') + "7";
const std::string kKey = R"(-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----)";

Result<ReferenceValueSet> set_of(const std::string& spec) {
  Json object = Json::object();
  object["metadata"]["name"] = "debian";
  object["spec"] = *codec::parse_json(spec, {.max_bytes = 4 << 20});
  return parse_reference_values(object);
}

Result<AttestationPolicy> policy_of(const std::string& runtime) {
  return parse_policy(*codec::parse_json(R"({"metadata": {"name": "p"}, "spec": {
      "identity": {"trustAnchors": [{"configMap": {"name": "r", "key": "k"}}]},
      "evidence": {"boot": "Any", "runtime": )" +
                                             runtime + "}}}",
                                         {.max_bytes = 1 << 20}));
}

TEST(FileRules, ReadsWhatASetKnowsAboutFiles) {
  const auto set = set_of(R"({
      "files": [{"sha256": ")" +
                          kDigest + R"(", "path": "/bin/x", "match": "ContentAndPath"},
                {"sha256": ")" +
                          kDigest + R"(", "match": "Content"}],
      "signers": [{"name": "vendor", "key": ")" +
                          kKey + R"(", "minimumVersion": 3},
                  {"name": "other", "key": ")" +
                          kKey + R"("}],
      "deniedFiles": [{"sha256": ")" +
                          kDigest + R"(", "note": "CVE-2026-1"}],
      "measurements": [{"name": ".ima", "sha256": ")" +
                          kDigest + R"("}],
      "imaPolicies": [{"sha256": ")" +
                          kDigest + R"("}]})");
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_TRUE(set->files[0].bound_to_path);
  EXPECT_FALSE(set->files[1].bound_to_path);
  ASSERT_EQ(set->runtime.signers.size(), 2u);
  EXPECT_EQ(set->runtime.signers[0].name, "vendor");
  EXPECT_EQ(set->runtime.signers[0].minimum_version, 3);
  EXPECT_EQ(set->runtime.signers[1].minimum_version, 2);
  EXPECT_EQ(set->runtime.denied_files[0].note, "CVE-2026-1");
  EXPECT_EQ(set->runtime.denied_files[0].sha256[31], 0xA7);
  EXPECT_EQ(set->runtime.measurements[0].name, ".ima");
  EXPECT_EQ(set->runtime.ima_policies[0][0], 0xAA);
}

TEST(FileRules, EachPartMakesASet) {
  for (const std::string& spec : std::vector<std::string>{
           R"("deniedFiles": [{"sha256": ")" + kDigest + R"("}])",
           R"("signers": [{"name": "a", "key": ")" + kKey + R"("}])",
           R"("measurements": [{"name": "a", "sha256": ")" + kDigest + R"("}])",
           R"("imaPolicies": [{"sha256": ")" + kDigest + R"("}])"}) {
    const auto set = set_of("{" + spec + "}");
    EXPECT_TRUE(set) << set.error().message();
  }
}

struct Bad {
  const char* name;
  std::string text;
  std::string message;
};
class RefusesReferences : public ::testing::TestWithParam<Bad> {};
TEST_P(RefusesReferences, AndSaysWhy) {
  const auto set = set_of(GetParam().text);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message(), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Table, RefusesReferences,
    ::testing::Values(
        Bad{"APathThatIsMissing",
            R"({"files": [{"sha256": ")" + kDigest + R"(", "match": "ContentAndPath"}]})",
            "spec.files[0].path: must be there when match is ContentAndPath"},
        Bad{"AKeyThatIsNoPem", R"({"signers": [{"name": "a", "key": "MII"}]})",
            "spec.signers[0].key: expected PEM: one CERTIFICATE or PUBLIC KEY"},
        Bad{"AVersionThatThereIsNot",
            R"({"signers": [{"name": "a", "key": ")" + kKey + R"(", "minimumVersion": 4}]})",
            "spec.signers[0].minimumVersion: expected an integer from 2 to 3, got 4"},
        Bad{"AMeasurementWithoutAName",
            R"({"measurements": [{"name": "", "sha256": ")" + kDigest + R"("}]})",
            "spec.measurements[0].name: must not be empty"},
        Bad{"ADeniedDigestThatIsNone", R"({"deniedFiles": [{"sha256": "aa"}]})",
            "spec.deniedFiles[0].sha256: expected a SHA-256 digest, 64 lower-case hexadecimal "
            "digits"},
        Bad{"AFieldThatThereIsNot",
            R"({"imaPolicies": [{"sha256": ")" + kDigest + R"(", "path": "/x"}]})",
            "spec.imaPolicies[0].path: unknown field"}),
    [](const auto& row) { return row.param.name; });

TEST(FileRules, ListsHaveLimits) {
  const std::string digest = R"({"sha256": ")" + kDigest + R"("})";
  const std::vector<std::tuple<std::string, std::string, std::size_t>> lists = {
      {"signers", R"({"name": "a", "key": ")" + kKey + R"("})", 64},
      {"deniedFiles", digest, 10'000},
      {"measurements", R"({"name": "a", "sha256": ")" + kDigest + R"("})", 256},
      {"imaPolicies", digest, 64}};
  for (const auto& [name, item, limit] : lists) {
    std::string text = item;
    for (std::size_t i = 1; i < limit; ++i) {
      text += "," + item;
    }
    const auto full = set_of("{\"" + name + "\": [" + text + "]}");
    EXPECT_TRUE(full) << name << ": " << full.error().message();
    EXPECT_FALSE(set_of("{\"" + name + "\": [" + text + "," + item + "]}")) << name;
  }
  const std::string longest =
      R"({"signers": [{"name": "a", "key": ")" + kKey + std::string(8192 - 54, 'x');
  EXPECT_FALSE(set_of(longest + std::string(100, 'x') + R"("}]})"));
}

TEST(FileRules, ReadsTheRulesOfAPolicy) {
  const auto policy =
      policy_of(R"({"unknownFiles": "Report", "oldKernels": "Allowed", "kexec": "Measured",
      "paths": [{"prefix": "/srv/", "files": "IgnoredEvenIfExecuted"},
                {"prefix": "/srv/bin/", "files": "Judged"}, {"prefix": "/", "files": "Judged"}]})");
  ASSERT_TRUE(policy) << policy.error().message();
  const FileRules& rules = policy->evidence.runtime.rules;
  EXPECT_EQ(rules.old_kernels, OldKernelRule::kAllowed);
  EXPECT_EQ(rules.kexec, KexecRule::kMeasured);
  ASSERT_EQ(rules.paths.size(), 3u);
  EXPECT_EQ(rules.paths[0].files, PathVerdict::kIgnoredEvenIfExecuted);
  EXPECT_EQ(rules.paths[1].files, PathVerdict::kJudged);
  EXPECT_EQ(policy_of(R"({"unknownFiles": "Report"})")->evidence.runtime.rules, FileRules{});
}

class RefusesRules : public ::testing::TestWithParam<Bad> {};
TEST_P(RefusesRules, AndSaysWhy) {
  const auto policy = policy_of(GetParam().text);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().message(), "spec.evidence.runtime." + GetParam().message);
}
std::string with_path(const std::string& prefix, const std::string& files) {
  return R"({"unknownFiles": "Report", "paths": [{"prefix": ")" + prefix + R"(", "files": ")" +
         files + R"("}]})";
}
const std::string kFolder =
    "paths[0].prefix: expected a folder: it begins and ends with \"/\" and has no \"//\", \"/./\" "
    "or \"/../\"";
const std::string kPrograms =
    "paths[0].prefix: is or contains a folder of programs, which cannot be ignored as a whole: "
    "name the folders below it";
INSTANTIATE_TEST_SUITE_P(
    Table, RefusesRules,
    ::testing::Values(
        Bad{"ARelativePrefix", with_path("srv/", "Judged"), kFolder},
        Bad{"APrefixThatIsNoFolder", with_path("/srv", "Judged"), kFolder},
        Bad{"AStepBack", with_path("/srv/../", "Judged"), kFolder},
        Bad{"ADoubleSlash", with_path("/srv//", "Judged"), kFolder},
        Bad{"EverythingIgnored", with_path("/", "IgnoredEvenIfExecuted"), kPrograms},
        Bad{"ProgramsIgnored", with_path("/usr/bin/", "IgnoredEvenIfExecuted"), kPrograms},
        Bad{"WhatContainsProgramsIgnored", with_path("/usr/", "IgnoredEvenIfExecuted"), kPrograms},
        Bad{"IgnoredWithoutSayingSo", with_path("/srv/", "Ignored"),
            "paths[0].files: expected Judged or IgnoredEvenIfExecuted, got \"Ignored\""},
        Bad{"APrefixTwice",
            R"({"unknownFiles": "Report", "paths": [{"prefix": "/a/", "files": "Judged"},
                {"prefix": "/a/", "files": "Judged"}]})",
            "paths[1].prefix: stands twice"},
        Bad{"PathsOfWhatNobodyLooksAt",
            R"({"ima": "Ignored", "paths": [{"prefix": "/a/", "files": "Judged"}]})",
            "paths: must be empty when ima is Ignored"},
        Bad{"A56_KexecWhereNobodyLooksAtMeasurements", R"({"ima": "Ignored", "kexec": "Measured"})",
            "kexec: must be Forbidden when ima is Ignored"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace seaworthy::api
