#include "api/node_evidence.h"

#include <gtest/gtest.h>

#include "codec/base64.h"

namespace seaworthy::api {
namespace {

EvidenceRequest request() {
  return {.node = NodeName("n1"), .token = "t", .max_age_seconds = 7, .rest = {{"id", 4096}}};
}

EvidenceAnswer answer() {
  NodeEvidence evidence;
  evidence.node_uid = NodeUid("u1");
  evidence.received = Time::from_unix(seconds(1'800'000'000));
  evidence.attested = {1};
  evidence.signature = {2};
  evidence.ak_public = {3};
  evidence.qualifying_data = Bytes(32, 4);
  evidence.nonce = {5};
  evidence.channel = Bytes(32, 6);
  evidence.pcrs["sha256"] = {{0, Bytes(32, 7)}, {10, Bytes(32, 8)}};
  evidence.boot_log = {9, 9};
  evidence.userspace_log = Bytes{10};
  evidence.findings = {{"ImaViolation", "IMA list", "m"}};
  return {EvidenceAnswer::Part{.id = std::string(64, 'a'),
                               .evidence = std::move(evidence),
                               .ima_size = 5,
                               .ima_offset = 2,
                               .ima = {11, 12}}};
}

TEST(NodeEvidence, EveryMessageIsReadAsItWasWritten) {
  EXPECT_EQ(*parse_evidence_request(codec::to_json_text(to_json(request()))), request());
  EvidenceRequest first = request();
  first.rest.reset();
  EXPECT_EQ(*parse_evidence_request(codec::to_json_text(to_json(first))), first);
  EXPECT_EQ(*parse_evidence_answer(to_json(answer())), answer());
  EvidenceAnswer rest = answer();
  rest.part->evidence.reset();
  EXPECT_EQ(*parse_evidence_answer(to_json(rest)), rest);
  EXPECT_EQ(*parse_evidence_answer(to_json(EvidenceAnswer{})), EvidenceAnswer{});
}

TEST(NodeEvidence, RequestsAreRefusedWithTheFieldThatIsWrong) {
  const auto refused = [](const Json& changes, const std::string& field) {
    Json json = to_json(request());
    json.merge_patch(changes);
    const auto parsed = parse_evidence_request(codec::to_json_text(json));
    EXPECT_FALSE(parsed) << json.dump().substr(0, 200);
    if (!parsed) {
      EXPECT_NE(parsed.error().message().find(field), std::string::npos)
          << parsed.error().message();
    }
  };
  refused({{"node", nullptr}}, "node");
  refused({{"node", std::string(254, 'n')}}, "node");
  refused({{"token", nullptr}}, "token");
  refused({{"token", std::string(kMaxTokenBytes + 1, 't')}}, "token");
  refused({{"maxAgeSeconds", -1}}, "maxAgeSeconds");
  refused({{"maxAgeSeconds", kMaxEvidenceAge + 1}}, "maxAgeSeconds");
  refused({{"rest", {{"id", std::string(65, 'a')}}}}, "rest.id");
  refused({{"rest", {{"imaOffset", kMaxImaInAll + 1}}}}, "rest.imaOffset");
  refused({{"rest", {{"other", 1}}}}, "other");
  refused({{"other", 1}}, "other");
}

TEST(NodeEvidence, AnswersAreBoundedToo) {
  const auto refused = [](const char* pointer, const Json& value) {
    Json json = to_json(answer());
    json[Json::json_pointer(pointer)] = value;
    EXPECT_FALSE(parse_evidence_answer(json)) << pointer;
  };
  refused("/state", "Trusted");
  refused("/ima/size", kMaxImaInAll + 1);
  refused("/ima/bytes", codec::to_base64(Bytes(kMaxImaSlice + 1)));
  refused("/evidence/attested", codec::to_base64(Bytes(4097)));
  refused("/evidence/bootLog", codec::to_base64(Bytes((1 << 20) + 1)));
  refused("/evidence/pcrs/sha256/24", "00");
  refused("/evidence/receivedTime", "yesterday");
}

}  // namespace
}  // namespace seaworthy::api
