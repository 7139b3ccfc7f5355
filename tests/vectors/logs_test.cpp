#include <gtest/gtest.h>

#include <map>

#include "codec/hex.h"
#include "commands/inspect_boot_log.h"
#include "commands/inspect_ima.h"
#include "eventlog/boot_log.h"
#include "eventlog/ima.h"
#include "eventlog/replay.h"
#include "vectors/index.h"
#include "verify/log_reading.h"

namespace seaworthy::testing {
namespace {

using codec::Json;
using commands::ShowEvents;

const commands::Output kJson{.format = commands::Format::kJson};

Json json_of(const Result<commands::Inspection>& read) {
  EXPECT_TRUE(read) << read.error().message();
  const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 8 << 20});
  return json ? *json : Json();
}

// "TCG event log, crypto-agile; banks sha1, sha256; 26 events; …": as stated beside the file.
TEST(VectorLogs, BootLogsSayWhatIsStated) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kBootLog)) {
    SCOPED_TRACE(file.path);
    const Json json =
        json_of(commands::inspect_boot_log(vector_log(file.path), ShowEvents::kYes, kJson));
    EXPECT_EQ(json["format"], file.is("crypto-agile") ? "crypto-agile" : "sha1");
    std::string banks;
    for (const Json& bank : json["banks"]) {
      banks += (banks.empty() ? "" : ", ") + bank.get<std::string>();
    }
    EXPECT_TRUE(file.is("banks " + banks + ";")) << banks;
    EXPECT_TRUE(file.is("; " + std::to_string(json["events"].get<int>()) + " event"));
    if (file.is("trailing padding")) {
      EXPECT_TRUE(file.is("; " + std::to_string(json["paddingBytes"].get<int>()) + " bytes"));
    } else {
      EXPECT_EQ(json["paddingBytes"], 0);
    }
    ++files;
  }
  EXPECT_EQ(files, 34u);
}

TEST(VectorLogs, WhatIsNoBootLogIsRefusedWithItsOffset) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kNoBootLog)) {
    const auto read = commands::inspect_boot_log(vector_file(file.path), ShowEvents::kNo, {});
    ASSERT_FALSE(read) << file.path;
    EXPECT_NE(read.error().message().find("at byte "), std::string::npos);
    ++files;
  }
  EXPECT_EQ(files, 6u);
}

// expected/go-eventlog.json, go-attestation-and-ccel.json: programs that the firmware started, and
// the registers of a confidential guest.
TEST(VectorLogs, ProgramsAndRegistersAreThoseThatTheOwnersState) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t entries = 0;
  std::size_t programs = 0;
  for (const char* name : {"go-eventlog.json", "go-attestation-and-ccel.json"}) {
    const Json expected = expected_vectors(name);
    for (const auto& [path, facts] : expected.items()) {
      SCOPED_TRACE(path);
      const auto log = eventlog::parse_boot_log(vector_log(path));
      ASSERT_TRUE(log);
      const Json stated = facts.value("efi_app_digests", Json::object());
      for (const auto& [bank, digests] : stated.items()) {
        const auto alg = *crypto::hash_alg_named(bank);
        Json found = Json::array();
        for (const eventlog::BootEvent& event : log->events) {
          if (event.type == eventlog::kBootApplication && event.pcr == 4) {
            found.push_back(codec::to_hex(event.digest(alg)->bytes()));
          }
        }
        EXPECT_EQ(found, digests) << bank;
        programs += digests.size();
      }
      const Json registers = facts.value("rtmr_sha384", Json::object());
      for (const auto& [number, value] : registers.items()) {
        const auto bank = eventlog::replay(*log, crypto::HashAlg::kSha384);
        EXPECT_EQ(codec::to_hex(bank[1 + std::stoul(number)].value.bytes()), value);
      }
      if (facts.contains("secure_boot")) {
        EXPECT_EQ(verify::read_boot(*log).secure_boot == verify::SecureBoot::kOn,
                  facts["secure_boot"]);
      }
      ++entries;
    }
  }
  EXPECT_EQ(entries, 15u);
  EXPECT_GT(programs, 40u);
}

// "6 entries, then one stray byte", "12 entries, …"; two are whole (expected/ima.json).
TEST(VectorLogs, ImaListsAreReadAsFarAsStated) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kImaList)) {
    SCOPED_TRACE(file.path);
    const Bytes list = vector_log(file.path);
    eventlog::ImaReader reader(list);
    auto entry = reader.next();
    for (; entry && *entry; entry = reader.next()) {
      EXPECT_TRUE((*entry)->template_digest_matches());
    }
    const bool whole = file.path.find("-invalidated") != std::string::npos && entry;
    if (file.expected.starts_with("must be rejected")) {
      EXPECT_EQ(reader.entries(), 0u);
      EXPECT_FALSE(entry);
    } else if (!whole) {
      EXPECT_EQ(reader.entries(), std::stoul(file.expected));
      EXPECT_FALSE(entry);
    }
    EXPECT_EQ(commands::inspect_ima(list, kJson).has_value(), entry.has_value());
    ++files;
  }
  EXPECT_EQ(files, 6u);
}

// We read the binary list; these entries, written as the kernel would, are the same.
TEST(VectorLogs, AlgorithmsOfImaEntriesAreRecognised) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kImaAscii)) {
    SCOPED_TRACE(file.path);
    const Bytes ascii = vector_file(file.path);
    EXPECT_FALSE(commands::inspect_ima(ascii, kJson));  // and says which file is needed
    const std::string algorithm = file.path.substr(file.path.rfind('-') + 1);
    const std::string_view text = as_text(ascii);
    const std::size_t at = text.find(algorithm + ":") + algorithm.size() + 1;
    const auto digest = codec::from_hex(text.substr(at, text.find(' ', at) - at));
    ASSERT_TRUE(digest);
    const Bytes entry = eventlog::write_ima_entry(
        {.digest_alg = algorithm, .file_digest = *digest, .name = "boot_aggregate"});
    Bytes list = entry;
    append(list, eventlog::write_ima_entry(
                     {.digest_alg = algorithm, .file_digest = *digest, .name = "/data"}));
    const Json json = json_of(commands::inspect_ima(list, kJson));
    EXPECT_EQ(json["digests"], Json({{algorithm, 2}}));
    // SHA-1 is weak, SM3 is not computed here, "unknown" is nothing: no decision rests on them.
    const bool weak = algorithm == "sha1" || algorithm == "sm3_256" || algorithm == "unknown";
    EXPECT_EQ(json["findings"].dump().find("ImaWeakDigest") != std::string::npos, weak);
    ++files;
  }
  EXPECT_EQ(files, 6u);
}

}  // namespace
}  // namespace seaworthy::testing
