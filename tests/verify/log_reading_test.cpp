#include "verify/log_reading.h"

#include <gtest/gtest.h>

#include "eventlog/ima.h"
#include "eventlog/uefi.h"
#include "support/evidence_builder.h"

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
  EXPECT_TRUE(read_ima(list).findings.empty());
  append(list, eventlog::write_ima_entry(
                   {.file_digest = Bytes(32), .name = "/tmp/x", .violation = true}));
  EXPECT_TRUE(has(read_ima(list).findings, Reason::kImaViolation));
  EXPECT_TRUE(has(read_ima({}).findings, Reason::kImaListMissing));
  append(list, eventlog::write_ima_entry({.pcr = 11, .file_digest = Bytes(32), .name = "/a"}));
  EXPECT_TRUE(has(read_ima(list).findings, Reason::kImaForeignPcr));
  const Bytes headless =
      eventlog::write_ima_entry({.file_digest = Bytes(32, 2), .name = "/bin/sh"});
  EXPECT_TRUE(has(read_ima(headless).findings, Reason::kImaBootAggregateMissing));
}

// The values that a machine's registers have, by index.
PcrValues values_of(const seaworthy::testing::EvidenceBuilder& machine) {
  PcrValues values;
  const auto all = machine.pcrs();
  for (std::uint8_t i = 0; i < 16; ++i) {
    values.emplace(i, all[i]);
  }
  return values;
}

TEST(LogReading, TellsWhatAMachineBooted) {
  seaworthy::testing::EvidenceBuilder machine;
  machine.boot = seaworthy::testing::uki_boot();
  machine.userspace = {seaworthy::testing::phase(11, "enter-initrd"),
                       seaworthy::testing::phase(15, "machine-id")};
  const Bytes userspace = eventlog::write_userspace_log(machine.userspace);
  for (const bool known : {false, true}) {
    const BootReading reading =
        read_boot(machine.boot,
                  {.userspace_log = userspace, .pcrs = known ? values_of(machine) : PcrValues()});
    EXPECT_TRUE(reading.findings.empty());
    EXPECT_EQ(reading.applications.size(), 3u);
    EXPECT_EQ(reading.uki_sections.size(), 4u);
    for (const std::uint8_t pcr : Bytes{0, 7, 11, 15}) {
      ASSERT_TRUE(reading.pcrs.contains(pcr)) << int{pcr};
      EXPECT_EQ(reading.pcrs.at(pcr), machine.pcrs()[pcr]) << int{pcr};
    }
    EXPECT_EQ(reading.measured.at(15).size(), 1u);
    EXPECT_FALSE(reading.pcrs.contains(10));
  }
}

TEST(LogReading, SaysNothingOfRegistersThatHaveAnotherValue) {
  const seaworthy::testing::EvidenceBuilder machine;
  PcrValues values = values_of(machine);
  values.at(4) = crypto::sha256(as_bytes("something else"));
  const BootReading reading = read_boot(machine.boot, {.pcrs = values});
  EXPECT_TRUE(has(reading.findings, Reason::kPcrMismatch));
  EXPECT_TRUE(reading.applications.empty());
  EXPECT_FALSE(reading.pcrs.contains(4));
  EXPECT_FALSE(reading.measured.contains(4));
  EXPECT_TRUE(reading.pcrs.contains(8));
}

TEST(LogReading, StopsAtARecordOfSystemdThatCannotBeReplayed) {
  seaworthy::testing::EvidenceBuilder machine;
  machine.boot = seaworthy::testing::uki_boot();
  eventlog::UserspaceEvent other = seaworthy::testing::phase(11, "sysinit");
  other.digests = {crypto::hash(HashAlg::kSha1, as_bytes("sysinit"))};
  const Bytes userspace =
      eventlog::write_userspace_log({seaworthy::testing::phase(11, "enter-initrd"), other,
                                     seaworthy::testing::phase(11, "ready")});
  machine.userspace = {seaworthy::testing::phase(11, "enter-initrd")};
  const BootReading reading = read_boot(machine.boot, {.userspace_log = userspace});
  EXPECT_EQ(reading.pcrs.at(11), machine.pcrs()[11]);
}

TEST(LogReading, ReadsAnImaListUpToTheValueThatIsKnown) {
  seaworthy::testing::EvidenceBuilder machine;
  machine.run("/bin/a");
  PcrValues values = values_of(machine);
  machine.run("/bin/b");
  const Bytes list = machine.ima_list();
  EXPECT_EQ(read_ima(list).files.size(), machine.files.size());
  const ImaReading reading = read_ima(list, values);
  EXPECT_EQ(reading.files.size(), machine.files.size() - 1);
  EXPECT_EQ(reading.entries, machine.files.size());
  EXPECT_TRUE(reading.findings.empty());
  values.at(10) = crypto::sha256(as_bytes("something else"));
  EXPECT_TRUE(read_ima(list, values).files.empty());
  EXPECT_TRUE(has(read_ima(list, values).findings, Reason::kImaListIncomplete));
}

TEST(LogReading, JudgesBootAggregateIfTheRegistersAreKnown) {
  const seaworthy::testing::EvidenceBuilder machine;
  PcrValues values = values_of(machine);
  values.at(0) = crypto::sha256(as_bytes("another boot"));
  EXPECT_TRUE(
      has(read_ima(machine.ima_list(), values).findings, Reason::kImaBootAggregateMismatch));
  values.erase(9);
  EXPECT_FALSE(
      has(read_ima(machine.ima_list(), values).findings, Reason::kImaBootAggregateMismatch));
}

TEST(LogReading, ALongListThatDoesNotLeadToTheValueIsIncomplete) {
  const Bytes entry = eventlog::write_ima_entry(
      {.file_digest = Bytes(32, 2), .name = "/" + std::string(4000, 'x')});
  Bytes list;
  while (list.size() < kUnfinishedBytes) {
    append(list, entry);
  }
  const ImaReading reading =
      read_ima(list, {{std::uint8_t{10}, crypto::sha256(as_bytes("something else"))}});
  EXPECT_TRUE(has(reading.findings, Reason::kImaListIncomplete));
  EXPECT_TRUE(reading.files.empty());
}

}  // namespace
}  // namespace seaworthy::verify
