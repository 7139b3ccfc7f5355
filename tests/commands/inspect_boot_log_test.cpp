#include "commands/inspect_boot_log.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "eventlog/boot_log.h"
#include "eventlog/uefi.h"
#include "support/vector_logs.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using crypto::HashAlg;
using eventlog::BootLog;

const Output kText{};
const Output kJson{.format = Format::kJson};

BootLog some_log() {
  BootLog log{.crypto_agile = true, .banks = {HashAlg::kSha1, HashAlg::kSha256}, .events = {}};
  const auto add = [&](std::uint8_t pcr, std::uint32_t type, std::string_view data) {
    log.events.push_back(
        {.pcr = pcr,
         .type = type,
         .digests = {crypto::hash(HashAlg::kSha1, as_bytes(data)), crypto::sha256(as_bytes(data))},
         .data = to_bytes(as_bytes(data))});
  };
  add(0, eventlog::kNoAction, {"StartupLocality\0\3", 17});
  add(0, eventlog::kSCrtmVersion, "firmware 1");
  add(8, eventlog::kIpl, "/vmlinuz ro");
  add(8, eventlog::kIpl, "\x1b[2J");
  return log;
}

Json read_json(ByteSpan bytes, ShowEvents events = ShowEvents::kNo) {
  const auto read = inspect_boot_log(bytes, events, kJson);
  EXPECT_TRUE(read) << read.error().message();
  const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 8 << 20});
  EXPECT_TRUE(json) << json.error().message();
  return json ? *json : Json();
}

TEST(InspectBootLog, GivesTheDocumentedFieldsAndNoOthers) {
  const Json json = read_json(eventlog::write_boot_log(some_log()));
  EXPECT_EQ(json["format"], "crypto-agile");
  EXPECT_EQ(json["banks"], Json({"sha1", "sha256"}));
  EXPECT_EQ(json["events"], 4);
  EXPECT_EQ(json["startupLocality"], 3);
  EXPECT_EQ(json["hcrtm"], false);
  EXPECT_EQ(json["paddingBytes"], 0);
  EXPECT_EQ(json["secureBoot"], "Unknown");
  EXPECT_EQ(json["commandLines"], Json::array({"/vmlinuz ro"}));
  EXPECT_EQ(json["pcrs"].size(), 2u);
  EXPECT_EQ(json["pcrs"]["sha256"].size(), 2u);  // those that were extended
  EXPECT_EQ(json["pcrs"]["sha256"]["0"].get<std::string>().size(), 64u);
  ASSERT_FALSE(json["findings"].empty());
  for (const char* field : {"reason", "about", "message"}) {
    EXPECT_TRUE(json["findings"][0].contains(field)) << field;
  }
  EXPECT_EQ(json.size(), 10u);
}

TEST(InspectBootLog, ShowsForEachEventWhatIsProvenAndWhatIsClaimed) {
  const Json json = read_json(eventlog::write_boot_log(some_log()), ShowEvents::kYes);
  ASSERT_EQ(json["eventList"].size(), 4u);
  const Json& none = json["eventList"][0];
  EXPECT_EQ(none["extended"], false);
  EXPECT_EQ(none["proven"], "");
  EXPECT_EQ(none["claimed"], "StartupLocality 3");
  const Json& line = json["eventList"][2];
  EXPECT_EQ(line["index"], 2);
  EXPECT_EQ(line["pcr"], 8);
  EXPECT_EQ(line["type"], "EV_IPL");
  EXPECT_EQ(line["digests"].size(), 2u);
  EXPECT_EQ(line["proven"], "/vmlinuz ro");
  EXPECT_EQ(line["claimed"], "");
}

TEST(InspectBootLog, TextNeverSendsControlCharactersOfALogToTheTerminal) {
  const Bytes bytes = eventlog::write_boot_log(some_log());
  const auto read = inspect_boot_log(bytes, ShowEvents::kYes, kText);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->findings);
  EXPECT_EQ(read->text.find('\x1b'), std::string::npos);
  EXPECT_NE(read->text.find("/vmlinuz ro"), std::string::npos);
  EXPECT_NE(read->text.find("PcrNotMeasured"), std::string::npos);
}

TEST(InspectBootLog, NamesBanksThatItCannotCompute) {
  Bytes bytes =
      eventlog::write_boot_log({.crypto_agile = true, .banks = {HashAlg::kSha256}, .events = {}});
  // The only algorithm of the Spec ID event: 32 bytes of header, 28 of the event before it.
  ASSERT_EQ(bytes[60], 0x0B);
  bytes[60] = 0x12;
  const Json json = read_json(bytes);
  EXPECT_EQ(json["banks"], Json::array({"sm3_256"}));
  EXPECT_TRUE(json["pcrs"].empty());
}

TEST(InspectBootLog, SaysWhereALogBreaksOff) {
  const Bytes bytes = eventlog::write_boot_log(some_log());
  const auto read =
      inspect_boot_log(ByteSpan(bytes).first(bytes.size() - 1), ShowEvents::kNo, kText);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kMalformed);
  EXPECT_NE(read.error().message().find("at byte"), std::string::npos);
}

// expected/replayed-pcrs.json, every entry: format, count, locality, Secure Boot and every PCR.
TEST(InspectBootLog, A72_GivesTheStatedValuesOfEveryLogOfTheVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const Json expected = testing::expected_vectors("replayed-pcrs.json");
  std::size_t entries = 0;
  for (const auto& [path, facts] : expected.items()) {
    SCOPED_TRACE(path);
    const Json json = read_json(testing::vector_log(path));
    EXPECT_EQ(json["events"], facts["events"]);
    EXPECT_EQ(json["startupLocality"], facts["startup_locality"]);
    EXPECT_EQ(json["hcrtm"], facts["pcr0_initial_last_byte"] == 4);
    EXPECT_EQ(json["pcrs"], facts["pcrs"]);
    // A log of one event, the variable: nothing closes PCR 7 and nothing was verified (R17).
    const bool fragment = path.ends_with("event-uefivar.b64");
    const Json& variable = facts["secure_boot"];
    EXPECT_EQ(json["secureBoot"], variable == 0                ? "Off"
                                  : variable == 1 && !fragment ? "On"
                                                               : "Unknown");
    ++entries;
  }
  EXPECT_EQ(entries, 34u);
}

TEST(InspectBootLog, SaysOfALogWithoutSha256ThatNoPolicyAcceptsIt) {
  SEAWORTHY_NEEDS_VECTORS();
  const Json expected = testing::expected_vectors("replayed-pcrs.json");
  std::size_t without = 0;
  for (const auto& [path, facts] : expected.items()) {
    const auto read = inspect_boot_log(testing::vector_log(path), ShowEvents::kYes, kText);
    ASSERT_TRUE(read) << path;
    const bool found = read->text.find("BootLogWithoutBank") != std::string::npos;
    EXPECT_EQ(found, !facts["pcrs"].contains("sha256")) << path;
    without += found ? 1 : 0;
  }
  EXPECT_EQ(without, 11u);
}

TEST(InspectBootLog, TellsTheRepeatedSeparatorOfOneRegisterLogFromTheOther) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string folder = "google+go-eventlog/testdata/eventlogs/ccel/cos-113-intel-tdx";
  const auto repeated = [&](const std::string& tail) {
    return read_json(testing::vector_log(folder + tail))["findings"].dump().find(
               "SeparatorRepeated") != std::string::npos;
  };
  EXPECT_FALSE(repeated(".bin"));
  EXPECT_TRUE(repeated("-dupe-separator.bin"));
  EXPECT_TRUE(repeated("-dupe-separator-unpadded.bin"));
}

}  // namespace
}  // namespace seaworthy::commands
