#include "eventlog/proof.h"

#include <gtest/gtest.h>

#include <set>

#include "eventlog/boot_log.h"
#include "eventlog/uefi.h"
#include "support/vectors.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

BootEvent event(std::uint32_t type, ByteSpan data, ByteSpan hashed) {
  return {.pcr = 1, .type = type, .digests = {crypto::sha256(hashed)}, .data = to_bytes(data)};
}
BootEvent event(std::uint32_t type, std::string_view data, std::string_view hashed) {
  return event(type, as_bytes(data), as_bytes(hashed));
}
std::string proof_of(const BootEvent& e) {
  return std::string(name(proven_data(e, HashAlg::kSha256).proof));
}

TEST(Proof, R16_TypesOfTheClosedListProveTheirDataExactly) {
  for (const std::uint32_t type :
       {kVariableDriverConfig, kVariableAuthority, kSeparator, kEfiAction, kGptEvent, kGptEvent2,
        kSCrtmVersion, kNonhostInfo, kEventTag}) {
    EXPECT_EQ(proof_of(event(type, "data", "data")), "data") << event_type_name(type);
    EXPECT_EQ(proof_of(event(type, "lies", "data")), "digest only") << event_type_name(type);
  }
}

TEST(Proof, R16_OtherTypesProveNothingEvenIfTheDigestIsOfTheData) {
  for (const std::uint32_t type :
       {kPrebootCert,      kPostCode,       kUnused,         kAction,        kSCrtmContents,
        kCpuMicrocode,     kTableOfDevices, kCompactHash,    kNonhostCode,   kNonhostConfig,
        kOmitBootDevice,   kPostCode2,      kBootDriver,     kRuntimeDriver, kFirmwareBlob,
        kFirmwareBlob2,    kHandoffTables,  kHandoffTables2, kHcrtmEvent,    kBootApplication,
        kSpdmBlob,         kSpdmConfig,     kSpdmPolicy,     kSpdmAuthority, kPlatformConfigFlags,
        kIplPartitionData, 0x80000099u}) {
    EXPECT_EQ(proof_of(event(type, "data", "data")), "digest only") << event_type_name(type);
  }
}

TEST(Proof, A83_OneByteMoreIsForAuthorityEventsOnly) {
  EXPECT_EQ(proof_of(event(kVariableAuthority, "datum", "datu")), "data without the last byte");
  EXPECT_EQ(proof_of(event(kVariableAuthority, "datum", "dat")), "digest only");
  EXPECT_EQ(proof_of(event(kVariableAuthority, "", "x")), "digest only");
  EXPECT_EQ(proof_of(event(kVariableDriverConfig, "datum", "datu")), "digest only");
  const BootEvent quirk = event(kVariableAuthority, "datum", "datu");
  EXPECT_EQ(as_text(proven_data(quirk, HashAlg::kSha256).bytes), "datu");
}

TEST(Proof, ABootVariableMayProveItsValueAlone) {
  const Bytes value{1, 2, 3};
  const Bytes data = write_uefi_variable({kEfiGlobalVariable, "BootOrder", value});
  for (const std::uint32_t type : {kVariableBoot, kVariableBoot2}) {
    EXPECT_EQ(proof_of(event(type, data, data)), "data");
    EXPECT_EQ(proof_of(event(type, data, value)), "value of the variable");
    EXPECT_EQ(proof_of(event(type, data, Bytes{9})), "digest only");
    EXPECT_EQ(proof_of(event(type, "no variable", "x")), "digest only");
  }
  EXPECT_EQ(proof_of(event(kVariableDriverConfig, data, value)), "digest only");
}

TEST(Proof, A67_GrubProvesTheTextAndNotTheWord) {
  EXPECT_EQ(proof_of(event(kIpl, "kernel_cmdline: /vmlinuz", "/vmlinuz")),
            "text without the first word");
  EXPECT_EQ(proof_of(event(kIpl, {"grub_cmd: x\0", 12}, "x")), "text without the NUL");
  EXPECT_EQ(proof_of(event(kIpl, {"grub_cmd: x\0", 12}, {"x\0", 2})),
            "text without the first word");
  EXPECT_EQ(proof_of(event(kIpl, "/grub.cfg", "its content")), "digest only");
  EXPECT_EQ(proof_of(event(kIpl, "whole", "whole")), "data");
}

TEST(Proof, KnowsActionsByTheirDigest) {
  EXPECT_EQ(action_of(crypto::sha256(as_bytes("UEFI Debug Mode"))), "UEFI Debug Mode");
  EXPECT_EQ(action_of(crypto::hash(HashAlg::kSha1, as_bytes("Exit Boot Services Invocation"))),
            "Exit Boot Services Invocation");
  EXPECT_FALSE(action_of(crypto::sha256(as_bytes("Something else"))));
}

// The statistics of 2.6.4, over what the vectors have of them.
TEST(Proof, R16_RealLogsProveWhatTheListSays) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t exact = 0;
  std::size_t values = 0;
  std::size_t quirks = 0;
  for (const char* path :
       {"google+go-eventlog/testdata/eventlogs/tpm/rhel8-uefi.bin",
        "google+go-eventlog/testdata/eventlogs/tpm/cos-101-amd-sev.bin",
        "google+go-eventlog/testdata/eventlogs/tpm/glinux-alex.bin",
        "google+go-eventlog/testdata/eventlogs/tpm/arch-linux-workstation.bin",
        "google+go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-dbx.bin",
        "google+go-attestation/attest/testdata/sb_cert_eventlog",
        "keylime+keylime/test/data/create-mb-policy/binary_bios_measurements",
        "keylime+keylime/test/data/create-mb-policy/binary_bios_measurements-secureboot"}) {
    SCOPED_TRACE(path);
    const auto log = parse_boot_log(seaworthy::testing::vector_file(path));
    ASSERT_TRUE(log);
    for (const BootEvent& e : log->events) {
      const Proof proof = proven_data(e, HashAlg::kSha256).proof;
      if (always_of_its_data(e.type)) {
        EXPECT_EQ(proof, Proof::kData) << event_type_name(e.type);
        ++exact;
      } else if (e.type == kVariableBoot) {
        EXPECT_NE(proof, Proof::kDigestOnly);
        values += proof == Proof::kValueOfVariable ? 1 : 0;
      } else if (e.type == kVariableAuthority) {
        EXPECT_NE(proof, Proof::kDigestOnly);
        quirks += proof == Proof::kAllButOneByte ? 1 : 0;
      }
    }
  }
  EXPECT_GT(exact, 60u);
  EXPECT_GT(values, 20u);
  EXPECT_GT(quirks, 0u);
}

TEST(BootEvent, EveryTypeOfTheProfileHasItsOwnName) {
  std::set<std::string> names;
  for (std::uint32_t type = 0; type <= 0x13; ++type) {
    names.insert(event_type_name(type));
  }
  for (std::uint32_t type = 0x80000001; type <= 0x8000000D; ++type) {
    names.insert(event_type_name(type));
  }
  for (std::uint32_t type = 0x800000E0; type <= 0x800000E4; ++type) {
    names.insert(event_type_name(type));
  }
  EXPECT_EQ(names.size(), 20u + 13u + 5u);
  for (const std::string& name : names) {
    EXPECT_TRUE(name.starts_with("EV_")) << name;
  }
}

}  // namespace
}  // namespace seaworthy::eventlog
