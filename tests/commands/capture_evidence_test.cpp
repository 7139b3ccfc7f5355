#include "commands/capture_evidence.h"

#include <gtest/gtest.h>

#include "commands/pcr_file.h"
#include "eventlog/replay.h"
#include "policy/boot_match.h"
#include "policy/evaluate.h"
#include "support/evidence_builder.h"
#include "support/vector_logs.h"
#include "verify/loader.h"

namespace seaworthy::commands {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using verify::VerifiedEvidence;

MachineLogs evidence_of(const EvidenceBuilder& machine) {
  MachineLogs evidence{.boot_log = eventlog::write_boot_log(machine.boot)};
  if (!machine.userspace.empty()) {
    evidence.userspace_log = eventlog::write_userspace_log(machine.userspace);
  }
  evidence.ima = machine.ima_list();
  return evidence;
}

Capture captured(const MachineLogs& evidence, const CaptureOptions& options = {}) {
  auto capture = capture_evidence("some", evidence, options);
  EXPECT_TRUE(capture) << capture.error().message();
  return capture ? *std::move(capture) : Capture{.sets = {{}}};
}

// What a verifier says of a machine by a set, under a policy that demands all of it.
policy::Appraisal appraise(const EvidenceBuilder& machine, const Evidence& shown,
                           const api::ReferenceValueSet& set) {
  const auto outcome = machine.verify(shown);
  const auto* verified = std::get_if<VerifiedEvidence>(&outcome);
  SEAWORTHY_CHECK(verified != nullptr);
  api::AttestationPolicy policy;
  policy.evidence.reference_values = {set.meta.name};
  policy.evidence.runtime.reference_values = {set.meta.name};
  return policy::evaluate(policy::compile(policy, {{set.meta.name, policy::compile(set)}}),
                          *verified, {}, {}, Time());
}
policy::Appraisal appraise(const EvidenceBuilder& machine, const api::ReferenceValueSet& set) {
  return appraise(machine, machine.build(), set);
}

std::string text(const verify::Findings& findings) {
  std::string all;
  for (const auto& finding : findings) {
    all += std::string(name(finding.reason)) + " [" + finding.about + "] " + finding.detail + "\n";
  }
  return all;
}
bool mentions(const Capture& capture, std::string_view what) {
  return std::any_of(capture.remarks.begin(), capture.remarks.end(),
                     [&](const std::string& s) { return s.find(what) != std::string::npos; });
}
bool finds(const Capture& capture, std::string_view reason) {
  return std::any_of(capture.findings.begin(), capture.findings.end(),
                     [&](const auto& finding) { return finding.reason == reason; });
}
std::vector<int> pinned(const Capture& capture) {
  std::vector<int> out;
  for (const auto& pcr : capture.sets[0].pcrs) {
    out.push_back(pcr.index);
  }
  return out;
}

EvidenceBuilder unified_machine() {
  EvidenceBuilder machine;
  machine.boot = seaworthy::testing::uki_boot();
  machine.select_userspace_pcrs();
  machine.userspace = {seaworthy::testing::phase(11, "enter-initrd"),
                       seaworthy::testing::phase(11, "ready")};
  return machine;
}
const CaptureOptions kUnified{.command_lines = {seaworthy::testing::kUkiCommandLine}};

TEST(CaptureEvidence, MakesTheMachineTrustedThatItIsFrom) {
  const EvidenceBuilder machine;
  for (const Registers registers : {Registers::kValues, Registers::kEvents}) {
    const Capture capture = captured(evidence_of(machine), {.registers = registers});
    EXPECT_TRUE(capture.findings.empty());
    EXPECT_TRUE(capture.remarks.empty()) << capture.remarks[0];
    const auto appraisal = appraise(machine, capture.sets[0]);
    EXPECT_EQ(appraisal.verdict, api::Verdict::kTrusted) << text(appraisal.findings);
    EXPECT_EQ(appraisal.boot_set, "some");
  }
}

TEST(CaptureEvidence, MakesAMachineWithAUnifiedKernelTrusted) {
  const EvidenceBuilder machine = unified_machine();
  const Capture capture = captured(evidence_of(machine), kUnified);
  EXPECT_EQ(capture.sets[0].applications.size(), 1u);
  EXPECT_EQ(capture.sets[0].unified_kernels,
            std::vector{verify::bytes_of(crypto::sha256(as_bytes("uki 6.1")))});
  EXPECT_TRUE(mentions(capture, "only claimed"));
  const auto appraisal = appraise(machine, capture.sets[0]);
  EXPECT_EQ(appraisal.verdict, api::Verdict::kTrusted) << text(appraisal.findings);
}

struct Change {
  const char* name;
  void (*change)(EvidenceBuilder&);
};
class AnotherMachine : public ::testing::TestWithParam<Change> {};

TEST_P(AnotherMachine, IsViolated) {
  const Capture capture = captured(evidence_of(EvidenceBuilder()));
  EvidenceBuilder machine;
  GetParam().change(machine);
  EXPECT_EQ(appraise(machine, capture.sets[0]).verdict, api::Verdict::kViolated);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AnotherMachine,
    ::testing::Values(Change{"WithOtherFirmware",
                             [](EvidenceBuilder& m) {
                               m.boot.events[1] = seaworthy::testing::plain_event(
                                   0, eventlog::kSCrtmVersion, "firmware 2.0");
                             }},
                      Change{"WithAnotherProgram",
                             [](EvidenceBuilder& m) {
                               m.boot.events.push_back(seaworthy::testing::application("evil", ""));
                             }},
                      Change{"WithAnotherCommandLine",
                             [](EvidenceBuilder& m) {
                               m.boot = seaworthy::testing::honest_boot(
                                   "/vmlinuz init=/bin/sh ima_policy=tcb");
                             }},
                      Change{"WithAnotherFile", [](EvidenceBuilder& m) { m.run("/tmp/evil"); }}),
    [](const auto& row) { return row.param.name; });

TEST(CaptureEvidence, TakesNothingThatTheRegistersDoNotProve) {
  const EvidenceBuilder machine;
  MachineLogs evidence = evidence_of(machine);
  const auto values = machine.pcrs();
  for (std::uint8_t i = 0; i < 16; ++i) {
    evidence.pcrs.emplace(i, values[i]);
  }
  EXPECT_TRUE(captured(evidence).findings.empty());
  for (const std::uint8_t lie : Bytes{2, 4, 8, 10}) {
    evidence.pcrs.at(lie) = crypto::sha256(as_bytes("something else"));
  }
  const Capture capture = captured(evidence);
  EXPECT_TRUE(finds(capture, "PcrMismatch"));
  EXPECT_TRUE(finds(capture, "ImaListIncomplete"));
  EXPECT_EQ(pinned(capture), (std::vector<int>{0, 3, 14}));
  EXPECT_TRUE(mentions(capture, "PCR 2 is left out"));
  EXPECT_TRUE(capture.sets[0].applications.empty());
  EXPECT_TRUE(capture.sets[0].command_lines.empty());
  EXPECT_TRUE(mentions(capture, "No command line is proven"));
  EXPECT_TRUE(capture.sets[0].files.empty());
}

TEST(CaptureEvidence, SaysWhyThereIsNothingToCompare) {
  const EvidenceBuilder machine;
  MachineLogs evidence = evidence_of(machine);
  evidence.ima.reset();
  for (std::uint8_t i = 0; i < 16; ++i) {
    evidence.pcrs.emplace(i, crypto::sha256(as_bytes("another machine")));
  }
  const auto capture = capture_evidence("some", evidence, {});
  ASSERT_FALSE(capture);
  EXPECT_TRUE(capture.error().message().starts_with(
      "these logs prove nothing that can be compared: PcrMismatch (PCR 0), "))
      << capture.error().message();
}

TEST(CaptureEvidence, ComparesTheRegistersThatArePinned) {
  EvidenceBuilder machine;
  EXPECT_EQ(pinned(captured(evidence_of(machine))), (std::vector<int>{0, 2, 3, 14}));
  EXPECT_EQ(pinned(captured(evidence_of(machine), {.pcrs = tpm::PcrMask::range<5, 8>()})),
            (std::vector<int>{5, 6, 7, 8}));
  EXPECT_TRUE(pinned(captured(evidence_of(machine), {.pcrs = tpm::PcrMask()})).empty());
  const auto refused =
      capture_evidence("some", evidence_of(machine), {.pcrs = tpm::PcrMask{verify::kImaPcr}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "PCR 10 cannot be compared: 0 to 9 and 11 to 15 can");
  // GRUB verifies no kernel without Secure Boot, and there is no shim.
  std::erase_if(machine.boot.events, [](const auto& event) { return event.pcr == 14; });
  machine.boot.events[2] =
      seaworthy::testing::config(eventlog::kEfiGlobalVariable, "SecureBoot", Bytes{0});
  const Capture off = captured(evidence_of(machine));
  EXPECT_EQ(pinned(off), (std::vector<int>{0, 2, 3, 9}));
  EXPECT_TRUE(finds(off, "SecureBootOff"));
}

TEST(CaptureEvidence, SaysWhatIsBehindTheDigestsOfEvents) {
  const EvidenceBuilder machine;
  const Capture capture = captured(
      evidence_of(machine), {.pcrs = tpm::PcrMask{tpm::PcrIndex::at<8>(), tpm::PcrIndex::at<9>()},
                             .registers = Registers::kEvents});
  const auto note = [&](std::string_view content) {
    const auto found = capture.notes.find(verify::bytes_of(crypto::sha256(as_bytes(content))));
    return found == capture.notes.end() ? "" : found->second;
  };
  EXPECT_EQ(note("set root=hd0,gpt2"), "EV_IPL: set root=hd0,gpt2, claims: grub_cmd");
  EXPECT_NE(note("configuration").find("/boot/grub/grub.cfg"), std::string::npos);
  EXPECT_EQ(note("shim 15.8"), "claims to be \\EFI\\debian\\shimx64.efi");
}

TEST(CaptureEvidence, ListsNoPhasesOfAUnifiedKernel) {
  const Capture capture =
      captured(evidence_of(unified_machine()),
               {.pcrs = tpm::PcrMask{tpm::PcrIndex::at<11>()}, .registers = Registers::kEvents});
  ASSERT_EQ(capture.sets[0].events.size(), 1u);
  EXPECT_EQ(capture.sets[0].events[0].sha256.size(), 4u);  // the contents of four sections
}

TEST(CaptureEvidence, ListsAUnifiedKernelsCommandLineOnlyIfItWasMeasured) {
  const MachineLogs evidence = evidence_of(unified_machine());
  for (const char* text : {"", "root=/dev/vda2 ro"}) {
    const Capture capture = captured(evidence, {.command_lines = {text}});
    EXPECT_TRUE(capture.sets[0].command_lines.empty());
    EXPECT_TRUE(mentions(capture, "--command-line"));
  }
  EXPECT_EQ(captured(evidence, kUnified).sets[0].command_lines,
            std::vector<std::string>{seaworthy::testing::kUkiCommandLine});
}

TEST(CaptureEvidence, ListsWhatWasPassedToAUnifiedKernelWithoutText) {
  EvidenceBuilder machine = unified_machine();
  machine.boot.events.push_back(seaworthy::testing::event_of(
      12, eventlog::kIpl, as_bytes("Credentials"), as_bytes("a credential")));
  const Capture capture = captured(evidence_of(machine), kUnified);
  ASSERT_EQ(capture.sets[0].events.size(), 1u);
  EXPECT_EQ(capture.sets[0].events[0].pcr, 12);
  EXPECT_TRUE(mentions(capture, "PCR 12"));
  const auto appraisal = appraise(machine, capture.sets[0]);
  EXPECT_EQ(appraisal.verdict, api::Verdict::kTrusted) << text(appraisal.findings);
}

TEST(CaptureEvidence, WarnsOfACommandLineThatAPolicyWouldRefuse) {
  EvidenceBuilder machine;
  EXPECT_TRUE(captured(evidence_of(machine)).remarks.empty());
  machine.boot = seaworthy::testing::honest_boot("/vmlinuz init=/bin/sh");
  const Capture capture = captured(evidence_of(machine));
  EXPECT_TRUE(mentions(capture, "'init=/bin/sh'"));
  EXPECT_TRUE(mentions(capture, "names no IMA policy"));
}

TEST(CaptureEvidence, LeavesOutACommandLineWithControlCharacters) {
  EvidenceBuilder machine;
  machine.boot = seaworthy::testing::honest_boot("/vmlinuz ima_policy=tcb \x1b[2J");
  const Capture capture = captured(evidence_of(machine));
  EXPECT_TRUE(capture.sets[0].command_lines.empty());
  EXPECT_TRUE(mentions(capture, "\\x1b[2J"));
}

TEST(CaptureEvidence, TellsWhatIsWrongWithAnImaList) {
  EvidenceBuilder machine;
  machine.files.push_back({.file_digest = Bytes(32), .name = "/tmp/log", .violation = true});
  EXPECT_TRUE(finds(captured(evidence_of(machine)), "ImaViolation"));
  machine.boot_aggregate = Bytes(32, 9);  // the list of another boot
  EXPECT_TRUE(finds(captured(evidence_of(machine)), "ImaBootAggregateMismatch"));
}

TEST(CaptureEvidence, LeavesOutFilesThatAreNotWanted) {
  EvidenceBuilder machine;
  machine.run("/var/tmp/a");
  machine.run("/var/tmp/b");
  const Capture all = captured(evidence_of(machine));
  const Capture some = captured(evidence_of(machine), {.ignored = {"/var/tmp/"}});
  EXPECT_EQ(all.sets[0].files.size(), some.sets[0].files.size() + 2);
  EXPECT_TRUE(mentions(some, "2 files are left out"));
  const Capture none = captured(evidence_of(machine), {.files = false});
  EXPECT_TRUE(none.sets[0].files.empty());
}

TEST(CaptureEvidence, NamesFilesThatHadSeveralContents) {
  EvidenceBuilder machine;
  machine.files.push_back({.file_digest = Bytes(32, 1), .name = "/usr/bin/kubelet"});
  const Capture capture = captured(evidence_of(machine));
  EXPECT_TRUE(mentions(capture, "1 files had more than one content"));
  EXPECT_TRUE(mentions(capture, "/usr/bin/kubelet"));
}

TEST(CaptureEvidence, ListsMeasurementsThatAreNoFiles) {
  EvidenceBuilder machine;
  const auto measure = [&](const std::string& name) {
    machine.files.push_back({.template_name = "ima-buf",
                             .file_digest = to_bytes(crypto::sha256(as_bytes("a key")).bytes()),
                             .name = name,
                             .third = to_bytes(as_bytes("a key"))});
  };
  measure(".ima");
  measure(std::string(300, 'x'));
  const Capture capture = captured(evidence_of(machine));
  ASSERT_EQ(capture.sets[0].runtime.measurements.size(), 1u);
  EXPECT_EQ(capture.sets[0].runtime.measurements[0].name, ".ima");
  EXPECT_TRUE(mentions(capture, "a name that a set cannot hold"));
  std::erase_if(machine.files, [](const auto& file) { return file.name.size() == 300; });
  EXPECT_EQ(appraise(machine, capture.sets[0]).verdict, api::Verdict::kTrusted);
}

TEST(CaptureEvidence, RefusesWhatIsNoEvidence) {
  const EvidenceBuilder machine;
  MachineLogs ascii = evidence_of(machine);
  ascii.ima = to_bytes(as_bytes("10 0123456789abcdef0123456789 ima-ng sha256:00 /bin/sh\n"));
  MachineLogs cut = evidence_of(machine);
  cut.ima->pop_back();
  MachineLogs broken = evidence_of(machine);
  broken.boot_log.pop_back();
  for (const MachineLogs& evidence : {ascii, cut, broken}) {
    const auto capture = capture_evidence("some", evidence, {});
    ASSERT_FALSE(capture);
    EXPECT_EQ(capture.error().code(), ErrorCode::kMalformed);
    EXPECT_NE(capture.error().message().find("at byte"), std::string::npos);
  }
  eventlog::BootLog sha1 = machine.boot;
  sha1.banks = {crypto::HashAlg::kSha1};
  for (auto& event : sha1.events) {
    event.digests.pop_back();
  }
  const auto capture = capture_evidence("some", {.boot_log = eventlog::write_boot_log(sha1)}, {});
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().code(), ErrorCode::kUnsupported);
}

// tests/data/verify/PROVENANCE.md: its registers, its log, its list.
TEST(CaptureEvidence, ARealMachineIsTrustedByWhatItsFilesGive) {
  const std::string folder = SEAWORTHY_TEST_DATA "/verify/debian-12.";
  const auto values = parse_pcr_values(seaworthy::testing::read_file(folder + "pcrs"));
  ASSERT_TRUE(values) << values.error().message();
  const MachineLogs evidence{.boot_log = seaworthy::testing::read_file(folder + "boot-log"),
                             .ima = seaworthy::testing::read_file(folder + "ima"),
                             .pcrs = *values};
  const Capture capture = captured(evidence);
  EXPECT_TRUE(capture.findings.empty());
  EvidenceBuilder machine;
  std::vector<crypto::Digest> registers;
  for (const auto& [index, value] : *values) {
    registers.push_back(value);
  }
  registers.resize(tpm::kPcrCount, registers.back());
  Evidence shown = machine.build(registers);
  shown.boot_log = evidence.boot_log;
  shown.boot_log_digest_hex = codec::to_hex(crypto::sha256(evidence.boot_log).bytes());
  shown.ima = evidence.ima;
  const auto appraisal = appraise(machine, shown, capture.sets[0]);
  EXPECT_EQ(appraisal.verdict, api::Verdict::kTrusted) << text(appraisal.findings);
  EXPECT_EQ(appraise(EvidenceBuilder(), capture.sets[0]).verdict, api::Verdict::kViolated);
}

// A boot that a TPM quoted as its log says it was.
std::shared_ptr<const verify::VerifiedBoot> quoted(const Bytes& log) {
  EvidenceBuilder machine;
  machine.select_userspace_pcrs();
  std::vector<crypto::Digest> registers;
  for (const auto& pcr : eventlog::replay(*eventlog::parse_boot_log(log), verify::kPolicyBank)) {
    registers.push_back(pcr.value);
  }
  Evidence shown = machine.build(registers);
  shown.boot_log = log;
  shown.boot_log_digest_hex = codec::to_hex(crypto::sha256(log).bytes());
  const auto outcome = machine.verify(shown);
  const auto* verified = std::get_if<VerifiedEvidence>(&outcome);
  return verified == nullptr ? nullptr : verified->progress().boot;
}

TEST(CaptureEvidence, EveryLogOfTheVectorsMatchesItsOwnSetAndNoOther) {
  SEAWORTHY_NEEDS_VECTORS();
  struct Boot {
    std::string path;
    std::shared_ptr<const policy::CompiledSet> set;
    std::shared_ptr<const verify::VerifiedBoot> boot;
  };
  std::map<Bytes, Boot> boots;  // by log: some are there twice
  const auto expected = seaworthy::testing::expected_vectors("replayed-pcrs.json");
  for (const auto& [path, facts] : expected.items()) {
    const Bytes log = seaworthy::testing::vector_log(path);
    // Of all events, so that two boots of the same programs differ.
    const auto capture =
        capture_evidence("some", {.boot_log = log},
                         {.pcrs = tpm::PcrMask::range<0, 9>(), .registers = Registers::kEvents});
    if (!facts["pcrs"].contains("sha256") || facts["events"] == 0) {
      EXPECT_FALSE(capture) << path;
      continue;
    }
    ASSERT_TRUE(capture) << path << ": " << capture.error().message();
    if (mentions(*capture, "PCR 7 is left out")) {
      continue;  // a log of one event
    }
    boots[log] = {path, policy::compile(capture->sets[0]), quoted(log)};
    ASSERT_NE(boots[log].boot, nullptr) << path;
  }
  EXPECT_EQ(boots.size(), 18u);
  for (const auto& [log, boot] : boots) {
    for (const auto& [other_log, other] : boots) {
      const auto found = policy::differences(*boot.set, *other.boot);
      if (boot.path == other.path) {
        EXPECT_TRUE(found.empty()) << boot.path << "\n" << text(found);
      } else {
        EXPECT_FALSE(found.empty()) << boot.path << " takes " << other.path;
      }
    }
  }
}

}  // namespace
}  // namespace seaworthy::commands
