#include "commands/inspect_ima.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "eventlog/ima.h"
#include "support/vector_logs.h"

namespace seaworthy::commands {
namespace {

using codec::Json;

const Output kText{};
const Output kJson{.format = Format::kJson};

Json read_json(ByteSpan bytes) {
  const auto read = inspect_ima(bytes, kJson);
  EXPECT_TRUE(read) << read.error().message();
  const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 1 << 20});
  EXPECT_TRUE(json) << json.error().message();
  return json ? *json : Json();
}

Bytes some_list() {
  Bytes list = eventlog::write_ima_entry({.file_digest = Bytes(32, 1), .name = "boot_aggregate"});
  append(list, eventlog::write_ima_entry({.template_name = "ima-sig",
                                          .file_digest = Bytes(32, 2),
                                          .name = "/bin/sh",
                                          .third = Bytes{3, 2}}));
  append(list, eventlog::write_ima_entry(
                   {.pcr = 11, .file_digest = Bytes(32), .name = "/tmp/\x1b", .violation = true}));
  return list;
}

TEST(InspectIma, GivesTheDocumentedFieldsAndNoOthers) {
  const Json json = read_json(some_list());
  EXPECT_EQ(json["entries"], 3);
  EXPECT_EQ(json["violations"], 1);
  EXPECT_EQ(json["templates"], Json({{"ima-ng", 2}, {"ima-sig", 1}}));
  EXPECT_EQ(json["digests"], Json({{"sha256", 3}}));
  EXPECT_EQ(json["signatures"], 1);
  EXPECT_EQ(json["bootAggregate"].get<std::string>().substr(0, 4), "0101");
  EXPECT_EQ(json["pcrs"]["sha256"].size(), 2u);  // 10 and 11
  EXPECT_EQ(json["pcrs"]["sha1"]["11"].get<std::string>().size(), 40u);
  EXPECT_EQ(json["findings"][0]["reason"], "ImaForeignPcr");
  EXPECT_EQ(json.size(), 8u);
}

TEST(InspectIma, TextNeverSendsControlCharactersOfAListToTheTerminal) {
  const auto read = inspect_ima(some_list(), kText);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->findings);
  EXPECT_EQ(read->text.find('\x1b'), std::string::npos);
}

TEST(InspectIma, A99_TheAsciiListIsRefusedByItsName) {
  const std::string line =
      "10 " + std::string(40, 'a') + " ima-ng sha256:" + std::string(64, 'b') + " boot_aggregate\n";
  const auto read = inspect_ima(as_bytes(line), kText);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("binary_runtime_measurements"), std::string::npos)
      << read.error().message();
}

TEST(InspectIma, AnEmptyListIsReadAndIsAFinding) {
  const Json json = read_json({});
  EXPECT_EQ(json["entries"], 0);
  EXPECT_TRUE(json["bootAggregate"].is_null());
  EXPECT_EQ(json["findings"][0]["reason"], "ImaListMissing");
}

TEST(InspectIma, SaysWhichFileIsNeededInsteadOfTheAsciiOne) {
  const auto read = inspect_ima(
      as_bytes("10 91f34b5c671d73504b274a919661cf80dab1e127 ima-ng sha1:aa /bin/sh\n"), kText);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("binary_runtime_measurements"), std::string::npos);
}

// expected/ima.json, every entry.
TEST(InspectIma, GivesTheStatedValuesOfEveryListOfTheVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const Json expected = testing::expected_vectors("ima.json");
  std::size_t entries = 0;
  for (const auto& [path, facts] : expected.items()) {
    SCOPED_TRACE(path);
    const Json json = read_json(testing::vector_log(path));
    EXPECT_EQ(json["entries"], facts["entries"]);
    EXPECT_EQ(json["violations"], facts["violations"]);
    EXPECT_EQ(json["templates"], facts["templates"]);
    EXPECT_EQ(json["signatures"], facts["signatures"]);
    for (const auto& [bank, value] : facts["pcr10"].items()) {
      EXPECT_EQ(json["pcrs"][bank]["10"], value) << bank;
    }
    ++entries;
  }
  EXPECT_EQ(entries, 2u);
}

// Each ends in stray bytes, or claims more than there is: INDEX.md says where.
TEST(InspectIma, NamesTheOffsetAtWhichAListBreaksOff) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::pair<const char*, const char*> cases[] = {
      {"sml-ima-ng-sha1", "entry 6 of this part, which begins at byte 558"},
      {"sml-ima-sha1", "entry 12 of this part, which begins at byte 916"},
      {"sml-ima-sig-sha256", "entry 9 of this part, which begins at byte 987"},
      {"sml-ima-ng-sha1-invalidated", "entry 0 of this part, which begins at byte 0"}};
  for (const auto& [name, where] : cases) {
    const auto read =
        inspect_ima(testing::vector_log("tpm2-software+tpm2-tss/test/data/fapi/eventlog/" +
                                        std::string(name) + ".b64"),
                    kText);
    ASSERT_FALSE(read) << name;
    EXPECT_NE(read.error().message().find(where), std::string::npos) << read.error().message();
  }
}

}  // namespace
}  // namespace seaworthy::commands
