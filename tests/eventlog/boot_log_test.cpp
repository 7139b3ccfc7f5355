#include "eventlog/boot_log.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/json.h"
#include "codec/writer.h"
#include "eventlog/replay.h"
#include "support/vector_logs.h"
#include "support/vectors.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;
using seaworthy::testing::vector_file;
using seaworthy::testing::vector_log;

BootEvent event(std::uint8_t pcr, std::uint32_t type, std::string_view data) {
  return {.pcr = pcr,
          .type = type,
          .digests = {crypto::hash(HashAlg::kSha1, as_bytes(data)), crypto::sha256(as_bytes(data))},
          .data = to_bytes(as_bytes(data))};
}

BootLog some_log() {
  BootLog log{.crypto_agile = true,
              .banks = {HashAlg::kSha1, HashAlg::kSha256},
              .events = {event(0, kSCrtmVersion, "firmware 1"), event(4, kEfiAction, "go")}};
  for (std::uint8_t pcr = 0; pcr < 8; ++pcr) {
    log.events.push_back(event(pcr, kSeparator, {"\0\0\0\0", 4}));
  }
  return log;
}

// A Spec ID event with this after the UINTN size, then these bytes.
Bytes with_spec_id(std::string_view algorithms_hex, std::string_view rest_hex = "") {
  codec::Writer data;
  data.raw(as_bytes({"Spec ID Event03\0", 16})).u32le(0).u8(0).u8(2).u8(0).u8(2);
  data.raw(*codec::from_hex(algorithms_hex));
  codec::Writer log;
  log.u32le(0).u32le(kNoAction).raw(Bytes(20)).sized32le(data.bytes());
  return log.raw(*codec::from_hex(rest_hex)).bytes();
}

constexpr std::string_view kSha256Only =
    "01000000"
    "0b002000"
    "00";

TEST(BootLog, ParsesWhatItWrites) {
  for (const std::size_t padding : {0u, 1u, 4096u}) {
    BootLog log = some_log();
    log.padding_bytes = padding;
    const auto parsed = parse_boot_log(write_boot_log(log));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(*parsed, log);
  }
}

TEST(BootLog, A64_EveryStrictPrefixIsRefusedOrShorter) {
  const Bytes bytes = write_boot_log(some_log());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto parsed = parse_boot_log(ByteSpan(bytes).first(n));
    EXPECT_TRUE(!parsed || parsed->events.size() < some_log().events.size()) << n;
  }
}

TEST(BootLog, A64_AcceptsOnlyUniformZerosOrOnesAsPadding) {
  const Bytes good = write_boot_log(some_log());
  const auto padded = [&](std::initializer_list<int> tail) {
    Bytes bytes = good;
    for (const int byte : tail) {
      bytes.push_back(static_cast<std::uint8_t>(byte));
    }
    return parse_boot_log(bytes);
  };
  EXPECT_EQ(padded({0, 0, 0})->padding_bytes, 3u);
  EXPECT_EQ(padded({0xFF, 0xFF})->padding_bytes, 2u);
  EXPECT_FALSE(padded({0xFF, 0x00}));
  EXPECT_FALSE(padded({0x00, 0x00, 0x01}));
  EXPECT_FALSE(padded({0x11, 0x11}));
}

TEST(BootLog, A71_RefusesAPcrAbove23) {
  for (const char* pcr : {"18000000", "20000000", "ffffffff"}) {
    const std::string event2 = std::string(pcr) + "04000000" + "00000000" + "04000000" + "00000000";
    EXPECT_FALSE(parse_boot_log(with_spec_id(kSha256Only, event2 + "aa"))) << pcr;
    const std::string sha1 = std::string(pcr) + "04000000" + std::string(40, '0') + "00000000";
    EXPECT_FALSE(parse_boot_log(*codec::from_hex(sha1))) << pcr;
  }
}

TEST(BootLog, A73_RefusesAnEventThatEndsAfterTheLog) {
  const std::string head =
      "07000000"
      "04000000"
      "00000000";
  EXPECT_TRUE(parse_boot_log(with_spec_id(kSha256Only, head + "00000000")));
  EXPECT_FALSE(parse_boot_log(with_spec_id(kSha256Only, head + "01000000")));
  EXPECT_FALSE(parse_boot_log(with_spec_id(kSha256Only, head + "ffffffff"
                                                               "aa")));
}

TEST(BootLog, A74_RefusesAbsurdSpecIdEvents) {
  EXPECT_TRUE(parse_boot_log(with_spec_id(kSha256Only)));
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("00000000"
                                  "00")));  // none
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("ffffffff"
                                  "0b002000"
                                  "00")));  // 4 billion
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("02000000"
                                  "0b002000"
                                  "0b002000"
                                  "00")));  // twice
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("01000000"
                                  "0b001400"
                                  "00")));  // SHA-256 of 20 bytes
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("01000000"
                                  "99990000"
                                  "00")));  // digests of 0 bytes
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("01000000"
                                  "99994100"
                                  "00")));  // of 65
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("01000000"
                                  "0b002000"
                                  "02aa")));  // vendor bytes missing
  EXPECT_FALSE(
      parse_boot_log(with_spec_id("01000000"
                                  "0b002000"
                                  "00aa")));  // one too many
  std::string seventeen = "11000000";
  for (int i = 0; i < 17; ++i) {
    seventeen += codec::to_hex(Bytes{static_cast<std::uint8_t>(i), 0x99, 0x20, 0x00});
  }
  EXPECT_FALSE(parse_boot_log(with_spec_id(seventeen + "00")));
}

TEST(BootLog, A74_RefusesDigestsThatAreNotListedOrRepeated) {
  const std::string d(64, 'a');
  const std::string two_banks =
      "02000000"
      "0b002000"
      "99992000"
      "00";
  const std::string head =
      "07000000"
      "04000000";
  EXPECT_FALSE(
      parse_boot_log(with_spec_id(kSha256Only, head + "01000000" + "0400" + d + "00000000")));
  EXPECT_FALSE(parse_boot_log(
      with_spec_id(two_banks, head + "02000000" + "0b00" + d + "0b00" + d + "00000000")));
  EXPECT_FALSE(parse_boot_log(
      with_spec_id(kSha256Only, head + "02000000" + "0b00" + d + "0b00" + d + "00000000")));
}

TEST(BootLog, SkipsListedAlgorithmsThatItDoesNotKnow) {
  const std::string d(64, 'a');
  const auto log =
      parse_boot_log(with_spec_id("02000000"
                                  "99992000"
                                  "0b002000"
                                  "00",
                                  "07000000"
                                  "04000000"
                                  "02000000"
                                  "9999" +
                                      d + "0b00" + d + "00000000"));
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_EQ(log->banks, std::vector{HashAlg::kSha256});
  EXPECT_EQ(log->unknown_banks, std::vector<std::uint16_t>{0x9999});
  ASSERT_EQ(log->events.size(), 1u);
  ASSERT_EQ(log->events[0].digests.size(), 1u);
  EXPECT_NE(log->events[0].digest(HashAlg::kSha256), nullptr);
}

TEST(BootLog, RefusesMoreBytesAndMoreEventsThanAnyRealLog) {
  EXPECT_FALSE(parse_boot_log(Bytes(kMaxBootLogBytes + 1)));
  BootLog log = some_log();
  log.events.assign(kMaxBootEvents, {.pcr = 7, .type = kSeparator, .digests = {}, .data = {1}});
  EXPECT_TRUE(parse_boot_log(write_boot_log(log)));
  log.events.push_back(log.events.back());
  EXPECT_FALSE(parse_boot_log(write_boot_log(log)));
}

// Every well-formed log of the vectors: events, SecureBoot aside, and every PCR of every bank.
TEST(BootLog, A72_ReplaysTheLogsOfRealMachines) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes text = vector_file("expected/replayed-pcrs.json");
  const auto expected = codec::parse_json(as_text(text), {.max_bytes = 1 << 20});
  ASSERT_TRUE(expected);
  std::size_t values = 0;
  for (const auto& [path, facts] : expected->items()) {
    SCOPED_TRACE(path);
    const Bytes bytes = vector_log(path);
    ASSERT_EQ(codec::to_hex(crypto::sha256(bytes).bytes()), facts["log_sha256"].get<std::string>());
    const auto log = parse_boot_log(bytes);
    ASSERT_TRUE(log) << log.error().message();
    EXPECT_EQ(log->events.size() + log->unbound_events, facts["events"].get<std::size_t>());
    for (const auto& [bank_name, pcrs] : facts["pcrs"].items()) {
      const auto bank = replay(*log, *crypto::hash_alg_named(bank_name));
      for (const auto& [index, value] : pcrs.items()) {
        SCOPED_TRACE(bank_name + " PCR " + index);
        const ReplayedPcr& pcr = bank[std::stoul(index)];
        ASSERT_EQ(pcr.unusable.has_value(), value.is_null());
        if (!value.is_null()) {
          EXPECT_EQ(codec::to_hex(pcr.value.bytes()), value.get<std::string>());
        }
        ++values;
      }
    }
  }
  EXPECT_GT(values, 490u);
}

// What other people's tests state about their own logs.
TEST(BootLog, AgreesWithWhatTheOwnersOfTheLogsState) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* file : {"expected/go-eventlog.json", "expected/go-attestation-and-ccel.json"}) {
    const Bytes text = vector_file(file);
    const auto expected = codec::parse_json(as_text(text), {.max_bytes = 1 << 20});
    ASSERT_TRUE(expected);
    for (const auto& [path, facts] : expected->items()) {
      SCOPED_TRACE(path);
      if (!facts.contains("pcrs")) {
        continue;
      }
      const auto log = parse_boot_log(vector_log(path));
      ASSERT_TRUE(log) << log.error().message();
      for (const auto& [bank_name, pcrs] : facts["pcrs"].items()) {
        const auto bank = replay(*log, *crypto::hash_alg_named(bank_name));
        for (const auto& [index, value] : pcrs.items()) {
          bool in_log = !(path.ends_with("ebs_event_missing_eventlog") && index == "5");  // A84
          for (const auto& pair : facts.value("not_in_log", codec::Json::array())) {
            in_log = in_log && !(pair[0] == bank_name && pair[1] == index);
          }
          EXPECT_EQ(
              codec::to_hex(bank[std::stoul(index)].value.bytes()) == value.get<std::string>(),
              in_log)
              << bank_name << " PCR " << index;
        }
      }
    }
  }
}

// Firmware that extends the ExitBootServices events and does not log them.
TEST(BootLog, A84_MissingExitBootServicesEventsAreAllThatPcr5Lacks) {
  SEAWORTHY_NEEDS_VECTORS();
  auto log = parse_boot_log(
      vector_log("google+go-attestation/attest/testdata/ebs_event_missing_eventlog"));
  ASSERT_TRUE(log);
  const std::string quoted = "31245808d6d35849bc394f6343f2b3ff908ed5e3";
  EXPECT_NE(codec::to_hex(replay(*log, HashAlg::kSha1)[5].value.bytes()), quoted);
  log->events.push_back(event(5, kEfiAction, "Exit Boot Services Invocation"));
  log->events.push_back(event(5, kEfiAction, "Exit Boot Services Returned with Success"));
  EXPECT_EQ(codec::to_hex(replay(*log, HashAlg::kSha1)[5].value.bytes()), quoted);
}

TEST(BootLog, CountsEventsOfNoPcrOnlyIfTheyAreNoAction) {
  const std::string no_pcr = "ffffffff";
  const std::string rest =
      "00000000"
      "00000000";
  const auto log = parse_boot_log(with_spec_id(kSha256Only, no_pcr + "03000000" + rest));
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_EQ(log->unbound_events, 1u);
  EXPECT_TRUE(log->events.empty());
  EXPECT_FALSE(parse_boot_log(with_spec_id(kSha256Only, no_pcr + "04000000" + rest)));
}

TEST(BootLog, RefusesWhatIsNotALog) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string keylime = "keylime+keylime/test/data/create-mb-policy/binary_bios_measurements";
  const std::string go = "google+go-eventlog/";
  for (const std::string& path :
       {keylime + "-bogus", keylime + "-empty", go + "testdata/eventlogs/ccel/CCEL.bin",
        go + "wellknown/secure-boot/dbxupdate-2014-08-11.bin",
        go + "wellknown/secure-boot/dbxupdate_x64-2020-10-12.bin",
        go + "wellknown/secure-boot/dbxupdate_x64-2021-04-29.bin"}) {
    EXPECT_FALSE(parse_boot_log(vector_file(path))) << path;
  }
}

}  // namespace
}  // namespace seaworthy::eventlog
