#include "verify/log_reading.h"

#include <gtest/gtest.h>

#include "eventlog/ima.h"
#include "eventlog/uefi.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;
using eventlog::BootEvent;
using eventlog::BootLog;

BootEvent event(HashAlg bank, std::uint8_t pcr, std::uint32_t type, ByteSpan data) {
  return {.pcr = pcr, .type = type, .digests = {crypto::hash(bank, data)}, .data = to_bytes(data)};
}

// A boot with Secure Boot as `value` says, measured in one bank.
BootLog log_in(HashAlg bank, std::uint8_t value) {
  BootLog log{.crypto_agile = bank != HashAlg::kSha1, .banks = {bank}, .events = {}};
  const Bytes data{value};
  log.events.push_back(
      event(bank, 7, eventlog::kVariableDriverConfig,
            eventlog::write_uefi_variable(
                {.guid = eventlog::kEfiGlobalVariable, .name = "SecureBoot", .data = data})));
  for (std::uint8_t pcr = 0; pcr < 8; ++pcr) {
    log.events.push_back(event(bank, pcr, eventlog::kSeparator, Bytes(4)));
  }
  log.events.push_back(event(bank, 7, eventlog::kVariableAuthority, as_bytes("a certificate")));
  return log;
}

TEST(LogReading, ReadsALogInThePolicyBankWithoutFindings) {
  const BootReading reading = read_boot(log_in(HashAlg::kSha256, 1));
  EXPECT_EQ(reading.secure_boot, SecureBoot::kOn);
  EXPECT_TRUE(reading.findings.empty());
}

TEST(LogReading, ReadsALogWithoutThePolicyBankAndSaysThatNoPolicyAcceptsIt) {
  for (const HashAlg bank : {HashAlg::kSha1, HashAlg::kSha384, HashAlg::kSha512}) {
    const BootReading reading = read_boot(log_in(bank, 1));
    EXPECT_EQ(reading.secure_boot, SecureBoot::kOn);
    ASSERT_EQ(reading.findings.size(), 1u);
    EXPECT_EQ(reading.findings[0].reason, Reason::kBootLogWithoutBank);
    EXPECT_EQ(read_boot(log_in(bank, 0)).secure_boot, SecureBoot::kOff);
  }
}

TEST(LogReading, DataThatWereNotHashedDoNotCountInAnyBank) {
  for (const HashAlg bank : {HashAlg::kSha1, HashAlg::kSha256}) {
    BootLog log = log_in(bank, 0);
    log.events[0].data.back() = 1;  // the digest is of 0
    const BootReading reading = read_boot(log);
    EXPECT_EQ(reading.secure_boot, SecureBoot::kUnknown);
    EXPECT_TRUE(has(reading.findings, Reason::kEventDataMismatch));
  }
}

TEST(LogReading, ReportsWhatIsMissing) {
  BootLog log = log_in(HashAlg::kSha256, 1);
  log.events.resize(1);
  const BootReading reading = read_boot(log);
  EXPECT_EQ(reading.secure_boot, SecureBoot::kUnknown);
  EXPECT_TRUE(has(reading.findings, Reason::kPcrNotMeasured));
  EXPECT_TRUE(has(reading.findings, Reason::kSeparatorMissing));
}

TEST(LogReading, TellsALogOfRegistersAndItsRepeatedSeparator) {
  BootLog log{.crypto_agile = true, .banks = {HashAlg::kSha384}, .events = {}};
  EXPECT_FALSE(is_register_log(log));
  log.events.push_back(event(HashAlg::kSha384, 1, eventlog::kSeparator, Bytes(4)));
  log.events.push_back(event(HashAlg::kSha384, 2, eventlog::kSeparator, Bytes(4)));
  EXPECT_TRUE(is_register_log(log));
  EXPECT_FALSE(has(read_boot(log).findings, Reason::kSeparatorRepeated));
  log.events.push_back(event(HashAlg::kSha384, 1, eventlog::kSeparator, Bytes(4)));
  EXPECT_TRUE(has(read_boot(log).findings, Reason::kSeparatorRepeated));
  log.events.push_back(event(HashAlg::kSha384, 7, eventlog::kSeparator, Bytes(4)));
  EXPECT_FALSE(is_register_log(log));
}

TEST(LogReading, JudgesAnImaListApartFromItsBootAggregatesValue) {
  Bytes list = eventlog::write_ima_entry({.file_digest = Bytes(32, 1), .name = "boot_aggregate"});
  append(list, eventlog::write_ima_entry({.file_digest = Bytes(32, 2), .name = "/bin/sh"}));
  EXPECT_TRUE(read_ima(list).empty());
  append(list, eventlog::write_ima_entry(
                   {.file_digest = Bytes(32), .name = "/tmp/x", .violation = true}));
  EXPECT_TRUE(has(read_ima(list), Reason::kImaViolation));
  EXPECT_TRUE(has(read_ima({}), Reason::kImaListMissing));
  append(list, eventlog::write_ima_entry({.pcr = 11, .file_digest = Bytes(32), .name = "/a"}));
  EXPECT_TRUE(has(read_ima(list), Reason::kImaForeignPcr));
  const Bytes headless =
      eventlog::write_ima_entry({.file_digest = Bytes(32, 2), .name = "/bin/sh"});
  EXPECT_TRUE(has(read_ima(headless), Reason::kImaBootAggregateMissing));
}

}  // namespace
}  // namespace seaworthy::verify
