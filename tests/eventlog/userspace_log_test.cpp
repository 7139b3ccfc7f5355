#include "eventlog/userspace_log.h"

#include <gtest/gtest.h>

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

// A record as systemd 256 writes it.
std::string record(const std::string& json) {
  return "\x1E" + json + "\n";
}
const std::string kHex64(64, 'a');
const std::string kPhase =
    R"({"pcr":11,"digests":[{"hashAlg":"sha1","digest":")" + std::string(40, 'b') +
    R"("},{"hashAlg":"sha256","digest":")" + kHex64 + R"("},{"hashAlg":"sm3_256","digest":")" +
    kHex64 +
    R"("}],"content_type":"systemd","content":{"eventType":"phase","string":"enter-initrd",)"
    R"("bootId":"0123456789abcdef0123456789abcdef","timestamp":1234567}})";

Result<std::vector<UserspaceEvent>> parse(const std::string& text) {
  return parse_userspace_log(as_bytes(text));
}
std::string why(const std::string& text) {
  const auto parsed = parse(text);
  return parsed ? "it was accepted" : parsed.error().message();
}

TEST(UserspaceLog, ReadsWhatSystemdWrites) {
  const auto events = parse(record(kPhase));
  ASSERT_TRUE(events) << events.error().message();
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().pcr, 11);
  EXPECT_EQ(events->front().digests.size(), 2u);
  EXPECT_NE(events->front().digest(HashAlg::kSha256), nullptr);
  EXPECT_EQ(events->front().digest(HashAlg::kSha384), nullptr);
  EXPECT_EQ(events->front().description, "phase enter-initrd");
  EXPECT_TRUE(parse("")->empty());
}

TEST(UserspaceLog, A87_LeavesNvPcrsOut) {
  const std::string nv = R"({"nv_index":12345,"digests":[],"content_type":"systemd"})";
  const auto events = parse(record(nv) + record(kPhase));
  ASSERT_TRUE(events) << events.error().message();
  EXPECT_EQ(events->size(), 1u);
}

TEST(UserspaceLog, ParsesWhatItWrites) {
  const std::vector<UserspaceEvent> events = {
      {.pcr = 11, .digests = {crypto::sha256(as_bytes("ready"))}, .description = "phase ready"},
      {.pcr = 15, .digests = {crypto::hash(HashAlg::kSha1, as_bytes("m"))}, .description = ""}};
  const auto parsed = parse_userspace_log(write_userspace_log(events));
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, events);
}

TEST(UserspaceLog, A64_EveryStrictPrefixIsRefusedOrShorter) {
  const std::string text = record(kPhase) + record(kPhase);
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto parsed = parse(text.substr(0, n));
    EXPECT_TRUE(!parsed || parsed->size() < 2) << n;
  }
}

TEST(UserspaceLog, NamesRecordAndFieldOfWhatItRefuses) {
  EXPECT_NE(why(record(kPhase) + kPhase + "\n").find("record 0"), std::string::npos);
  EXPECT_NE(why("junk" + record(kPhase)).find("0x1E"), std::string::npos);
  EXPECT_NE(why("\x1E" + kPhase).find("cut off"), std::string::npos);
  EXPECT_NE(why(record("[]")).find("record 0"), std::string::npos);
  EXPECT_NE(why(record("{}")).find("pcr"), std::string::npos);
  EXPECT_NE(why(record(R"({"pcr":24,"digests":[]})")).find("pcr"), std::string::npos);
  EXPECT_NE(why(record(R"({"pcr":-1,"digests":[]})")).find("pcr"), std::string::npos);
  EXPECT_NE(
      why(record(R"({"pcr":1,"digests":[{"hashAlg":"sha256","digest":"aa"}]})")).find("digest"),
      std::string::npos);
  const std::string one = R"({"hashAlg":"sha256","digest":")" + kHex64 + R"("})";
  EXPECT_NE(why(record(R"({"pcr":1,"digests":[)" + one + "," + one + "]}")).find("second digest"),
            std::string::npos);
  EXPECT_NE(why(record(R"({"pcr":1,"pcr":2,"digests":[]})")), "it was accepted");
}

TEST(UserspaceLog, RefusesMoreThanAnyRealLog) {
  EXPECT_NE(why(std::string(kMaxUserspaceLogBytes + 1, ' ')).find("limit"), std::string::npos);
  const std::string small = record(R"({"pcr":1,"digests":[]})");
  std::string many;
  for (std::size_t i = 0; i < kMaxUserspaceRecords; ++i) {
    many += small;
  }
  EXPECT_EQ(parse(many)->size(), kMaxUserspaceRecords);
  EXPECT_NE(why(many + small).find("more than"), std::string::npos);
  EXPECT_NE(why(record(R"({"pcr":1,"digests":[],"x":")" +
                       std::string(kMaxUserspaceRecordBytes, 'x') + "\"}")),
            "it was accepted");
  EXPECT_NE(why(record(std::string(20, '[') + std::string(20, ']'))), "it was accepted");
}

}  // namespace
}  // namespace seaworthy::eventlog
