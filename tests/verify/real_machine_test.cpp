// Evidence of a machine that is none of ours, whole: tests/data/verify/PROVENANCE.md.
#include <gtest/gtest.h>

#include <sstream>

#include "support/vectors.h"
#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::read_file;

// What Debian 12 in a virtual machine showed; a software key signs for the registers that its
// kernel read.
struct Machine {
  EvidenceBuilder tpm;
  std::vector<crypto::Digest> registers;
  Bytes boot_log = read_file(SEAWORTHY_TEST_DATA "/verify/debian-12.boot-log");
  Bytes ima = read_file(SEAWORTHY_TEST_DATA "/verify/debian-12.ima");

  Machine() {
    const Bytes lines = read_file(SEAWORTHY_TEST_DATA "/verify/debian-12.pcrs");
    std::istringstream in{std::string(as_text(lines))};
    for (std::string line; std::getline(in, line);) {
      registers.emplace_back(crypto::HashAlg::kSha256, *codec::from_hex(line));
    }
    registers.resize(tpm::kPcrCount, registers.back());  // 16 to 23 are not quoted
  }

  // What is verified points into it.
  Evidence evidence() const {
    Evidence evidence = tpm.build(registers);
    evidence.boot_log = boot_log;
    evidence.boot_log_digest_hex = codec::to_hex(crypto::sha256(boot_log).bytes());
    evidence.ima = ima;
    return evidence;
  }
};

TEST(RealMachine, DebianOfAVirtualMachineIsProven) {
  const Machine machine;
  const Evidence shown = machine.evidence();
  const auto outcome = machine.tpm.verify(shown);
  ASSERT_TRUE(std::holds_alternative<VerifiedEvidence>(outcome))
      << ::testing::PrintToString(refusals(outcome));
  const auto& evidence = std::get<VerifiedEvidence>(outcome);
  EXPECT_EQ(text(evidence.boot().findings()), "");
  EXPECT_EQ(text(evidence.boot().secure_boot_findings()), "");
  EXPECT_EQ(evidence.boot().secure_boot(), SecureBoot::kOn);
  EXPECT_EQ(evidence.boot().command_lines(),
            std::vector<std::string>{"/vmlinuz root=/dev/vda2 rw console=ttyS0 ima_policy=tcb "
                                     "ima_hash=sha256"});
  // Shim, GRUB and the kernel, whose digest pesign computes.
  ASSERT_EQ(evidence.boot().applications().size(), 3u);
  EXPECT_EQ(codec::to_hex(evidence.boot().applications()[2].digest.bytes()),
            "6b1bf35c3bee9918250f593a6fff889c75c1e239cd2fe9e5bb0cd3de9dcb8e51");
  EXPECT_EQ(text(evidence.ima().findings()), "");
  EXPECT_EQ(evidence.ima().files().size(), evidence.ima().entries() - 1);  // boot_aggregate
  EXPECT_EQ(evidence.ima().files()[0].path, "/init");
}

// A64, A90: every register that the machine measured something into, and every entry of its list.
TEST(RealMachine, NothingOfItCanBeLeftOut) {
  const Machine machine;
  for (std::size_t cut = 1; cut < machine.ima.size(); cut += 97) {
    Machine shorter = machine;
    shorter.ima.resize(machine.ima.size() - cut);
    const Evidence shown = shorter.evidence();
    const auto outcome = shorter.tpm.verify(shown);
    const auto* evidence = std::get_if<VerifiedEvidence>(&outcome);
    EXPECT_TRUE(evidence == nullptr || !evidence->ima().findings().empty()) << cut;
  }
  const auto whole = *eventlog::parse_boot_log(machine.boot_log);
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    if (whole.events[i].type == eventlog::kNoAction) {
      continue;
    }
    Machine less = machine;
    auto log = whole;
    log.events.erase(log.events.begin() + static_cast<std::ptrdiff_t>(i));
    less.boot_log = eventlog::write_boot_log(log);
    const Evidence shown = less.evidence();
    const auto outcome = less.tpm.verify(shown);
    ASSERT_TRUE(std::holds_alternative<VerifiedEvidence>(outcome));
    EXPECT_FALSE(std::get<VerifiedEvidence>(outcome).boot().findings().empty()) << i;
  }
}

}  // namespace
}  // namespace seaworthy::verify
