#include "api/attestation.h"

#include <gtest/gtest.h>

#include "api/json_text.h"
#include "api/policy.h"

namespace seaworthy::api {
namespace {

const Time kThen = *Time::parse_rfc3339("2026-11-24T13:34:00Z");
const std::string kHash = "sha256:" + std::string(64, 'e');

VerifierStatus full() {
  VerifierStatus out;
  out.identity = NodeIdentity{.node_uid = NodeUid("u1"),
                              .ek_hash = kHash,
                              .ak_name = "000b" + std::string(64, 'a'),
                              .manufacturer = "Example",
                              .model = "Model",
                              .firmware = "7.1",
                              .enrolled = kThen,
                              .statement = "c2VhbGVk",
                              .ek_certificates = {"MIIB", "MIIC"}};
  out.pending = PendingEnrolment{kHash, "000b", kThen};
  out.boot = BootSummary{"On", std::string(64, 'b'), "root=/dev/vda1", 7, 4'294'967'295u};
  out.results = {{"seaworthy-operator", "a.b.c"}, {"second", "d.e.f"}};
  out.conditions = {{.type = kConditionEnrolled,
                     .status = ConditionStatus::kTrue,
                     .reason = "Activated",
                     .message = "",
                     .last_transition = kThen,
                     .observed_generation = 1}};
  return out;
}

TEST(NodeAttestation, WhatTheVerifierWritesIsReadBack) {
  const VerifierStatus written = full();
  const auto read = parse_node_attestation(verifier_status_patch(NodeName("n1"), written));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->node(), NodeName("n1"));
  EXPECT_EQ(read->identity, written.identity);
  EXPECT_EQ(read->pending, written.pending);
  EXPECT_EQ(read->boot, written.boot);
  EXPECT_EQ(read->results, written.results);
  EXPECT_EQ(read->conditions, written.conditions);
  EXPECT_TRUE(read->verdicts.empty());
}

TEST(NodeAttestation, WhatTheControllerWritesIsReadBack) {
  const std::vector<PolicyVerdict> verdicts = {{.policy = PolicyName("production"),
                                                .verdict = Verdict::kTrusted,
                                                .reason = "Appraised",
                                                .message = "m",
                                                .since = kThen,
                                                .expires = kThen + seconds(120),
                                                .findings = {}},
                                               {.policy = PolicyName("staging"),
                                                .verdict = Verdict::kUnknown,
                                                .reason = "NeverAppraised",
                                                .message = "",
                                                .since = kThen,
                                                .expires = {},
                                                .findings = {}}};
  const auto read = parse_node_attestation(controller_status_patch(NodeName("n1"), verdicts));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->verdicts, verdicts);
}

TEST(NodeAttestation, PatchesHaveOnlyWhatTheirManagerOwns) {
  const auto keys = [](const Json& json) {
    std::vector<std::string> out;
    for (const auto& [key, value] : json.items()) {
      out.push_back(key);
    }
    return out;
  };
  const Json verifier = verifier_status_patch(NodeName("n1"), full());
  EXPECT_EQ(keys(verifier), (std::vector<std::string>{"apiVersion", "kind", "metadata", "status"}));
  EXPECT_EQ(keys(verifier["status"]),
            (std::vector<std::string>{"boot", "conditions", "identity", "pending", "results"}));
  // What a verifier no longer says is absent, so that the API server takes it away.
  EXPECT_EQ(verifier_status_patch(NodeName("n1"), {})["status"], Json::object());
  EXPECT_EQ(keys(controller_status_patch(NodeName("n1"), {})["status"]),
            std::vector<std::string>{"verdicts"});
}

TEST(NodeAttestation, TakesOneThatHasOnlyAPin) {
  Json json = object_header(kGroupVersion, "NodeAttestation", "n1");
  json["spec"]["ekHash"] = kHash;
  EXPECT_EQ(parse_node_attestation(json)->ek_hash, kHash);
}

TEST(NodeAttestation, AHashHasOneSpelling) {
  EXPECT_TRUE(is_ek_hash(kHash));
  for (const std::string& bad :
       {std::string(), std::string(64, 'e'), "sha256:" + std::string(64, 'E'),
        "sha1:" + std::string(64, 'e'), kHash + "e", kHash + " "}) {
    EXPECT_FALSE(is_ek_hash(bad)) << bad;
  }
}

struct Bad {
  const char* name;
  const char* pointer;
  const char* value;
  const char* message;
};
class RefusesANodeAttestation : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusesANodeAttestation, AndSaysWhy) {
  Json json = verifier_status_patch(NodeName("n1"), full());
  json[Json::json_pointer(GetParam().pointer)] = json_of(GetParam().value);
  const auto read = parse_node_attestation(json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesANodeAttestation,
    ::testing::Values(
        Bad{"Pin", "/spec", R"({"ekHash": "sha256:XX"})",
            "spec.ekHash: expected \"sha256:\" and 64 lower-case hexadecimal digits"},
        Bad{"IdentityWithoutUid", "/status/identity/nodeUID", "null",
            "status.identity.nodeUID: missing; expected a string"},
        Bad{"TimeThatIsNone", "/status/identity/enrolledTime", R"("now")",
            "status.identity.enrolledTime: not an RFC 3339 time (year): 'now'"},
        Bad{"NineCertificates", "/status/identity/ekCertificates",
            R"(["","","","","","","","",""])",
            "status.identity.ekCertificates: list of 9 items; the limit is 8"},
        Bad{"NineResults", "/status/results", "[{},{},{},{},{},{},{},{},{}]",
            "status.results: list of 9 items; the limit is 8"},
        Bad{"ResultWithoutEar", "/status/results", R"([{"verifier": "v"}])",
            "status.results[0].ear: missing; expected a string"},
        Bad{"NegativeResetCount", "/status/boot/resetCount", "-1",
            "status.boot.resetCount: expected an integer from 0 to 4294967295, got -1"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace seaworthy::api
