#include "api/evidence.h"

#include <gtest/gtest.h>

#include "api/json_text.h"
#include "codec/base64.h"

namespace seaworthy::api {
namespace {

EnrolRequest enrol() {
  return {.ek_certificates = {{1, 2}, {3}}, .ek_public = {4}, .ak_public = {5}};
}

ChallengeMessage challenge() {
  return {.nonce = {1, 2, 3},
          .node_uid = NodeUid("u1"),
          .expires_seconds = 60,
          .selection = {{"sha256", {0, 1, 10, 14}}},
          .boot_log_known = std::string(64, 'a'),
          .userspace_log_known = std::string(64, 'c'),
          .ima_from = 17,
          .interval_seconds = 30};
}

AttestRequest attest() {
  AttestRequest out;
  out.nonce = {1};
  out.attested = {2};
  out.signature = {3};
  out.pcrs["sha256"] = {{0, Bytes(32, 7)}, {10, Bytes(32, 8)}};
  out.boot_log_digest = std::string(64, 'b');
  out.boot_log = Bytes{9, 9};
  out.userspace_log = Bytes{8, 8};
  out.ima = AttestRequest::Ima{4, {1, 2, 3}};
  out.checkpoint = Bytes{6, 6};
  return out;
}

AttestResponse appraised() {
  return {.outcome = AttestOutcome::kAppraised,
          .need_boot_log = false,
          .verdicts = {{PolicyName("production"), Verdict::kViolated, {"UnknownFile"}}},
          .findings = {{"UnknownFile", "/bin/nc", "m"}},
          .checkpoint = CheckpointMessage{21, {5, 5}},
          .challenge = challenge()};
}

template <class T>
std::string text_of(const T& message) {
  return codec::to_json_text(to_json(message));
}

TEST(Evidence, EveryMessageIsReadAsItWasWritten) {
  EXPECT_EQ(*parse_enrol_request(text_of(enrol())), enrol());
  const EnrolResponse response{{1}, {2}, {3}};
  EXPECT_EQ(*parse_enrol_response(text_of(response)), response);
  const ActivateRequest activate{{1}, Bytes(32, 2), enrol()};
  EXPECT_EQ(*parse_activate_request(text_of(activate)), activate);
  const ActivateResponse enrolled{"Enrolled", "", 0, challenge()};
  EXPECT_EQ(*parse_activate_response(text_of(enrolled)), enrolled);
  const ActivateResponse pending{"PendingApproval", "ask", 30, std::nullopt};
  EXPECT_EQ(*parse_activate_response(text_of(pending)), pending);
  EXPECT_EQ(*parse_challenge(text_of(challenge())), challenge());
  ChallengeMessage first = challenge();
  first.boot_log_known.reset();
  first.ima_from = 0;
  first.ima_whole = true;
  EXPECT_EQ(*parse_challenge(text_of(first)), first);
  EXPECT_EQ(*parse_attest_request(text_of(attest())), attest());
  AttestRequest steady = attest();
  steady.boot_log.reset();
  steady.ima.reset();
  steady.checkpoint.reset();
  EXPECT_EQ(*parse_attest_request(text_of(steady)), steady);
  EXPECT_EQ(*parse_attest_response(text_of(appraised())), appraised());
  AttestResponse more = appraised();
  more.outcome = AttestOutcome::kNeedMore;
  more.need_boot_log = true;
  more.verdicts.clear();
  more.findings.clear();
  more.checkpoint.reset();
  EXPECT_EQ(*parse_attest_response(text_of(more)), more);
  const ErrorMessage error{"NotEnrolled", "enrol first", {{"R", "a", "m"}}};
  EXPECT_EQ(*parse_error_message(text_of(error)), error);
}

TEST(Evidence, A04_RefusesFromAnAgentWhatNobodyAskedFor) {
  const auto with = [](Json json, const char* pointer) {
    json[Json::json_pointer(pointer)] = 1;
    return codec::to_json_text(json);
  };
  EXPECT_EQ(parse_enrol_request(with(to_json(enrol()), "/trusted")).error().message(),
            "trusted: unknown field");
  const ActivateRequest activate{{1}, {2}, enrol()};
  EXPECT_EQ(parse_activate_request(with(to_json(activate), "/x")).error().message(),
            "x: unknown field");
  EXPECT_EQ(parse_activate_request(with(to_json(activate), "/enrol/x")).error().message(),
            "enrol.x: unknown field");
  EXPECT_EQ(parse_attest_request(with(to_json(attest()), "/x")).error().message(),
            "x: unknown field");
  EXPECT_EQ(parse_attest_request(with(to_json(attest()), "/ima/x")).error().message(),
            "ima.x: unknown field");
}

TEST(Evidence, IgnoresFromANewerVerifierWhatItDoesNotKnow) {
  const auto with = [](Json json, const char* pointer) {
    json[Json::json_pointer(pointer)] = 1;
    return codec::to_json_text(json);
  };
  EXPECT_EQ(*parse_challenge(with(to_json(challenge()), "/epoch")), challenge());
  EXPECT_EQ(*parse_attest_response(with(to_json(appraised()), "/challenge/epoch")), appraised());
  EXPECT_EQ(*parse_attest_response(with(to_json(appraised()), "/verdicts/0/root")), appraised());
}

struct Bad {
  const char* name;
  const char* pointer;
  std::string value;
  const char* message;
};
class RefusesEvidence : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusesEvidence, AndSaysWhy) {
  Json json = to_json(attest());
  json[Json::json_pointer(GetParam().pointer)] = json_of(GetParam().value);
  const auto request = parse_attest_request(codec::to_json_text(json));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(request.error().message(), GetParam().message);
}

std::string base64_of(std::size_t bytes) {
  return "\"" + codec::to_base64(Bytes(bytes)) + "\"";
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesEvidence,
    ::testing::Values(
        Bad{"NonceAbsent", "/nonce", "null", "nonce: missing; expected a string"},
        Bad{"NonceTooLong", "/nonce", base64_of(1027),
            "nonce: string of 1372 bytes; the limit is 1368"},
        Bad{"QuoteTooLong", "/attested", base64_of(2305),
            "attested: string of 3076 bytes; the limit is 3072"},
        Bad{"SignatureTooLong", "/signature", base64_of(1025),
            "signature: decodes to 1025 bytes; the limit is 1024"},
        Bad{"BootLogTooLong", "/bootLog", base64_of(kMaxBootLogBytes + 1),
            "bootLog: decodes to 1048577 bytes; the limit is 1048576"},
        Bad{"ImaTooLong", "/ima/entries", base64_of(kMaxImaBytes + 1),
            "ima.entries: decodes to 8388609 bytes; the limit is 8388608"},
        Bad{"NotBase64", "/attested", R"("AQ=A")", "attested: not a base64 character at offset 2"},
        Bad{"Pcr24", "/pcrs/sha256/24", R"("00")",
            "pcrs.sha256.24: expected a PCR from 0 to 23 as the key"},
        Bad{"PcrWithLeadingZero", "/pcrs/sha256/07", R"("00")",
            "pcrs.sha256.07: expected a PCR from 0 to 23 as the key"},
        Bad{"PcrNegative", "/pcrs/sha256/-1", R"("00")",
            "pcrs.sha256.-1: expected a PCR from 0 to 23 as the key"},
        Bad{"PcrNotHex", "/pcrs/sha256/0", R"("0g")",
            "pcrs.sha256.0: not a hexadecimal digit at offset 1"},
        Bad{"PcrLongerThanAnyDigest", "/pcrs/sha256/0", "\"" + std::string(130, 'a') + "\"",
            "pcrs.sha256.0: expected a digest in hexadecimal"},
        Bad{"BankOfText", "/pcrs/sha1", R"("x")", "pcrs.sha1: expected an object, got \"x\""},
        Bad{"BankWithALongName", "/pcrs/sha256sha256sha256", "{}",
            "pcrs.sha256sha256sha2: no bank has so long a name"},
        Bad{"NineBanks", "/pcrs",
            R"({"a":{},"b":{},"c":{},"d":{},"e":{},"f":{},"g":{},"h":{},"i":{}})",
            "pcrs: more than 8 banks"},
        Bad{"DigestInUpperCase", "/bootLogDigest", "\"" + std::string(64, 'B') + "\"",
            "bootLogDigest: expected a SHA-256 digest, 64 lower-case hexadecimal digits"},
        Bad{"A180_FractionForAnIndex", "/ima/from", "1.0",
            "ima.from: expected an integer from 0 to 9007199254740992, got 1.0"},
        Bad{"A181_ACheckpointAboveTheLimit", "/checkpoint", base64_of(kMaxCheckpointBytes + 1),
            "checkpoint: decodes to 65537 bytes; the limit is 65536"},
        Bad{"A180_NegativeIndex", "/ima/from", "-1",
            "ima.from: expected an integer from 0 to 9007199254740992, got -1"}),
    [](const auto& row) { return row.param.name; });

TEST(Evidence, TakesTheLargestBootLogAndImaList) {
  AttestRequest largest = attest();
  largest.boot_log = Bytes(kMaxBootLogBytes, 1);
  largest.ima->entries = Bytes(kMaxImaBytes, 2);
  largest.userspace_log = Bytes(kMaxUserspaceLogBytes, 3);
  largest.checkpoint = Bytes(kMaxCheckpointBytes, 4);
  const std::string body = text_of(largest);
  EXPECT_LE(body.size(), kMaxAttestBody);
  EXPECT_EQ(*parse_attest_request(body), largest);
}

TEST(Evidence, RefusesABodyAboveTheLimit) {
  std::string body = text_of(enrol());
  body.resize(kMaxEnrolBody + 1, ' ');
  EXPECT_EQ(parse_enrol_request(body).error().message(),
            "JSON of 196609 bytes: the limit is 196608");
  body = text_of(attest());
  body.resize(kMaxAttestBody + 1, ' ');
  EXPECT_FALSE(parse_attest_request(body));
}

TEST(Evidence, RefusesMoreOrLargerCertificates) {
  EnrolRequest request = enrol();
  request.ek_certificates.assign(9, {1});
  EXPECT_EQ(parse_enrol_request(text_of(request)).error().message(),
            "ekCertificates: list of 9 items; the limit is 8");
  request.ek_certificates.assign(8, Bytes(8192, 1));
  EXPECT_TRUE(parse_enrol_request(text_of(request)));
  request.ak_certificates.assign(4, Bytes(8192, 2));
  EXPECT_LE(text_of(request).size(), kMaxEnrolBody);
  EXPECT_EQ(*parse_enrol_request(text_of(request)), request);
  request.ak_certificates.assign(5, {1});
  EXPECT_EQ(parse_enrol_request(text_of(request)).error().message(),
            "akCertificates: list of 5 items; the limit is 4");
  request.ak_certificates.clear();
  request.ek_certificates.assign(1, Bytes(8196, 1));
  EXPECT_EQ(parse_enrol_request(text_of(request)).error().message(),
            "ekCertificates[0]: expected base64 of at most 8192 bytes");
}

TEST(Evidence, AChallengeSelectsPcrsThatExistInOrder) {
  Json json = to_json(challenge());
  json["selection"][0]["pcrs"] = json_of("[0, 24]");
  EXPECT_EQ(parse_challenge(codec::to_json_text(json)).error().message(),
            "selection[0].pcrs[1]: expected a PCR, an integer from 0 to 23");
  json["selection"][0]["pcrs"] = json_of("[3, 3]");
  EXPECT_EQ(parse_challenge(codec::to_json_text(json)).error().message(),
            "selection[0].pcrs[1]: PCRs must be ascending");
}

TEST(Evidence, EveryTruncationIsRefused) {
  const std::string text = text_of(attest());
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(parse_attest_request(std::string_view(text).substr(0, n))) << n;
  }
}

}  // namespace
}  // namespace seaworthy::api
