#include "verify/evidence.h"

#include <gtest/gtest.h>

#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::Outcome;

// The evidence is owned here: what is verified may look into it.
struct Round {
  Evidence evidence;
  Outcome outcome;

  explicit Round(const EvidenceBuilder& machine, const AttestationProgress& before = {})
      : evidence(machine.build()), outcome(machine.verify(evidence, before)) {}
  Round(const EvidenceBuilder& machine, Evidence sent, const AttestationProgress& before)
      : evidence(std::move(sent)), outcome(machine.verify(evidence, before)) {}

  const VerifiedEvidence& verified() const { return std::get<VerifiedEvidence>(outcome); }
  bool is_verified() const { return std::holds_alternative<VerifiedEvidence>(outcome); }
  const NeedMore* need() const { return std::get_if<NeedMore>(&outcome); }
};

TEST(Evidence, AcceptsAnHonestNode) {
  const EvidenceBuilder machine;
  const Round round(machine);
  ASSERT_TRUE(round.is_verified()) << ::testing::PrintToString(refusals(round.outcome));
  const VerifiedEvidence& verified = round.verified();
  EXPECT_EQ(text(verified.findings()), "");
  EXPECT_EQ(text(verified.boot().secure_boot_findings()), "");
  EXPECT_EQ(verified.boot().secure_boot(), SecureBoot::kOn);
  EXPECT_EQ(verified.boot().command_lines(),
            std::vector<std::string>{seaworthy::testing::kCommandLine});
  ASSERT_EQ(verified.boot().applications().size(), 3u);
  EXPECT_EQ(verified.boot().applications()[0].claimed_file, "\\EFI\\debian\\shimx64.efi");
  EXPECT_EQ(verified.boot().applications()[0].digest, crypto::sha256(as_bytes("shim 15.8")));
  EXPECT_EQ(verified.ima().entries(), 3u);
  EXPECT_EQ(verified.ima().from(), 0u);
  ASSERT_EQ(verified.ima().files().size(), 2u);
  EXPECT_EQ(verified.ima().files()[1].path, "/usr/bin/kubelet");
  EXPECT_TRUE(verified.new_epoch());
  EXPECT_FALSE(verified.tpm_firmware_changed());
}

// ---- Steady state ----------------------------------------------------------------------------

struct Continued : ::testing::Test {
  EvidenceBuilder machine;
  AttestationProgress progress;

  void SetUp() override {
    const Round first(machine);
    ASSERT_TRUE(first.is_verified());
    progress = first.verified().progress();
    tick();
  }
  void tick() {
    machine.clock.clock += 1000;
    machine.nonce += "+";
  }
  // Only what the verifier does not know.
  Evidence delta() const {
    Evidence evidence = machine.build();
    evidence.boot_log.reset();
    const Bytes whole = *evidence.ima;
    eventlog::ImaReader reader(whole);
    for (std::uint64_t i = 0; i < progress.ima_entries(); ++i) {
      EXPECT_TRUE(reader.next());
    }
    evidence.ima_from = progress.ima_entries();
    evidence.ima = to_bytes(ByteSpan(whole).subspan(reader.consumed()));
    return evidence;
  }
};

TEST_F(Continued, NeedsNeitherLogNorOldEntriesAgain) {
  machine.run("/usr/bin/new");
  const Round round(machine, delta(), progress);
  ASSERT_TRUE(round.is_verified()) << ::testing::PrintToString(refusals(round.outcome));
  EXPECT_EQ(round.verified().ima().from(), 3u);
  EXPECT_EQ(round.verified().ima().entries(), 4u);
  ASSERT_EQ(round.verified().ima().files().size(), 1u);
  EXPECT_EQ(round.verified().ima().files()[0].path, "/usr/bin/new");
  EXPECT_FALSE(round.verified().new_epoch());
  EXPECT_EQ(&round.verified().boot(), progress.boot.get());
}

TEST_F(Continued, A45_RefusesTheSameQuoteAgain) {
  machine.clock.clock -= 1000;
  machine.nonce = "challenge 1";
  EXPECT_EQ(refusals(Round(machine, progress).outcome), Reasons{Reason::kClockWentBack});
}

TEST_F(Continued, AsksForABootLogThatItDoesNotKnow) {
  Evidence evidence = delta();
  evidence.boot_log_digest_hex = std::string(64, 'a');
  Round round(machine, evidence, progress);
  ASSERT_NE(round.need(), nullptr);
  EXPECT_TRUE(round.need()->boot_log);
  EXPECT_EQ(round.need()->ima_from, 3u);
  evidence.boot_log_digest_hex = "not hexadecimal";
  round = Round(machine, evidence, progress);
  ASSERT_NE(round.need(), nullptr);
  EXPECT_TRUE(round.need()->boot_log);
}

TEST_F(Continued, R15_AChangedPcrIsHeldAgainstTheLogAgain) {
  machine.extra_extends[9] = Bytes(32, 0x99);  // by user space, after the first round
  const Round without(machine, delta(), progress);
  ASSERT_NE(without.need(), nullptr);
  EXPECT_TRUE(without.need()->boot_log);
  Evidence evidence = delta();
  evidence.boot_log = eventlog::write_boot_log(machine.boot);
  const Round with(machine, evidence, progress);
  ASSERT_TRUE(with.is_verified());
  EXPECT_EQ(reasons(with.verified().boot().findings()), Reasons{Reason::kPcrMismatch});
}

TEST_F(Continued, A59_ANewEpochStartsFromNothing) {
  for (const bool reset : {true, false}) {
    EvidenceBuilder rebooted = machine;
    if (reset) {
      ++rebooted.clock.reset_count;
      rebooted.clock.restart_count = 0;
    } else {
      ++rebooted.clock.restart_count;
    }
    Evidence evidence = rebooted.build();
    evidence.boot_log.reset();
    evidence.ima_from = 3;
    const Round part(rebooted, evidence, progress);
    ASSERT_NE(part.need(), nullptr);
    EXPECT_TRUE(part.need()->boot_log);
    EXPECT_EQ(part.need()->ima_from, 0u);
    const Round whole(rebooted, progress);
    ASSERT_TRUE(whole.is_verified());
    EXPECT_TRUE(whole.verified().new_epoch());
    EXPECT_EQ(whole.verified().ima().from(), 0u);
  }
}

// A55. Root resets the TPM alone (its reset line, or the sleep of S3) and the machine runs on: the
// registers are zero, and everything that was proven before counts for nothing.
TEST_F(Continued, A55_AfterAResetOfTheTpmTheOldLogsLeadNowhere) {
  const std::vector<crypto::Digest> zero(tpm::kPcrCount, crypto::Digest(kPolicyBank));
  for (const bool reset : {true, false}) {
    EvidenceBuilder after = machine;
    ++(reset ? after.clock.reset_count : after.clock.restart_count);
    Evidence nothing_new = after.build(zero);
    nothing_new.boot_log.reset();
    nothing_new.ima = Bytes();
    nothing_new.ima_from = progress.ima_entries();
    const Round quiet(after, nothing_new, progress);
    ASSERT_NE(quiet.need(), nullptr);
    EXPECT_TRUE(quiet.need()->boot_log);
    EXPECT_EQ(quiet.need()->ima_from, 0u);

    const Round round(after, after.build(zero), progress);
    ASSERT_TRUE(round.is_verified()) << ::testing::PrintToString(refusals(round.outcome));
    EXPECT_EQ(reasons(round.verified().findings()), Reasons(11, Reason::kPcrMismatch));
    EXPECT_EQ(round.verified().ima().entries(), 0u);  // none of the list leads to zero
    EXPECT_EQ(round.verified().boot().secure_boot(), SecureBoot::kUnknown);
    EXPECT_TRUE(round.verified().boot().applications().empty());
  }
}

// A55. What no signature tells from a reboot: root extends the good log into the empty registers.
// It can be known from the counters only; whoever else saw no reboot has to say so.
TEST_F(Continued, A55_TheGoodLogExtendedAgainIsAnotherEpochThatTheCountersShow) {
  EvidenceBuilder after = machine;
  ++after.clock.reset_count;
  const Round round(after, progress);
  ASSERT_TRUE(round.is_verified());
  EXPECT_TRUE(round.verified().new_epoch());
  EXPECT_EQ(round.verified().quote().clock().reset_count, progress.last->clock.reset_count + 1);
}

// A107. One extend failed: list and register differ until the next boot, however often the node
// shows its list, and the node is told that a reboot is needed.
TEST_F(Continued, A107_AnExtendThatFailedIsToldUntilTheReboot) {
  machine.measured_ima = machine.ima_list();  // what reached the TPM
  machine.run("/usr/bin/the-extend-of-this-failed");
  machine.run("/usr/bin/later");
  append(*machine.measured_ima, eventlog::write_ima_entry(machine.files.back()));
  const Round part(machine, delta(), progress);
  ASSERT_NE(part.need(), nullptr);
  EXPECT_EQ(part.need()->ima_from, 0u);
  for (int later = 0; later < 3; ++later) {
    tick();
    const Round whole(machine, progress);
    ASSERT_TRUE(whole.is_verified());
    EXPECT_EQ(reasons(whole.verified().findings()), Reasons{Reason::kImaListIncomplete});
    const std::string told = whole.verified().findings()[0].message();
    EXPECT_NE(told.find("reboot the node"), std::string::npos) << told;
    progress = whole.verified().progress();
    machine.run("/usr/bin/later-" + std::to_string(later));
    append(*machine.measured_ima, eventlog::write_ima_entry(machine.files.back()));
  }
  machine.measured_ima.reset();
  ++machine.clock.reset_count;
  const Round rebooted(machine, progress);
  ASSERT_TRUE(rebooted.is_verified());
  EXPECT_EQ(text(rebooted.verified().findings()), "");
}

TEST_F(Continued, A92_AsksOnceFromZeroAndThenTells) {
  Evidence evidence = delta();
  machine.run("/usr/bin/hidden");
  tick();
  evidence = delta();
  evidence.ima = Bytes();  // withheld
  const Round round(machine, evidence, progress);
  ASSERT_NE(round.need(), nullptr);
  EXPECT_EQ(round.need()->ima_from, 0u);
  EXPECT_FALSE(round.need()->boot_log);
  Evidence whole = machine.build();
  whole.ima = first_entries(*whole.ima, 3);
  const Round again(machine, whole, progress);
  ASSERT_TRUE(again.is_verified());
  EXPECT_EQ(reasons(again.verified().ima().findings()), Reasons{Reason::kImaListIncomplete});
  EXPECT_EQ(again.verified().progress().ima_entries(), 0u);
}

TEST_F(Continued, A105_APartThatDoesNotContinueIsAGap) {
  Evidence evidence = delta();
  evidence.ima_from = 7;
  const Round round(machine, evidence, progress);
  ASSERT_NE(round.need(), nullptr);
  EXPECT_EQ(round.need()->ima_from, 0u);
}

TEST_F(Continued, TheWholeListMayBeSentAgain) {
  const Round round(machine, progress);
  ASSERT_TRUE(round.is_verified());
  EXPECT_EQ(round.verified().ima().from(), 0u);
  EXPECT_EQ(round.verified().ima().entries(), 3u);
}

TEST_F(Continued, FindingsAboutTheListStayForTheEpoch) {
  machine.files.push_back({.file_digest = Bytes(32), .name = "/var/log/x", .violation = true});
  const Round bad(machine, delta(), progress);
  ASSERT_TRUE(bad.is_verified());
  EXPECT_EQ(reasons(bad.verified().findings()), Reasons{Reason::kImaViolation});
  progress = bad.verified().progress();
  tick();
  machine.run("/usr/bin/good");
  const Round later(machine, delta(), progress);
  ASSERT_TRUE(later.is_verified());
  EXPECT_EQ(reasons(later.verified().findings()), Reasons{Reason::kImaViolation});
  EXPECT_EQ(later.verified().ima().violations(), 1u);
}

TEST_F(Continued, ATpmFirmwareUpdateIsSeen) {
  machine.firmware_version += 1;
  const Round round(machine, delta(), progress);
  ASSERT_TRUE(round.is_verified());
  EXPECT_TRUE(round.verified().tpm_firmware_changed());
}

TEST_F(Continued, R7_ARefusedRoundChangesNothing) {
  EvidenceBuilder other = machine;
  other.nonce = "of another node";
  const Evidence evidence = other.build();
  EXPECT_EQ(refusals(machine.verify(evidence, progress)), Reasons{Reason::kNonceMismatch});
}

// ---- The list and the quote race ---------------------------------------------------------------

TEST(Evidence, A90_AListAheadOfTheQuoteIsVerifiedUpToTheQuote) {
  EvidenceBuilder machine;
  const auto quoted = machine.pcrs();
  machine.run("/usr/bin/after-the-quote");
  const Round round(machine, machine.build(quoted), {});
  ASSERT_TRUE(round.is_verified());
  EXPECT_EQ(round.verified().ima().entries(), 3u);
  EXPECT_EQ(round.verified().ima().files().size(), 2u);
}

TEST(Evidence, R19_ThePcr10ThatTheAgentReadIsOnlyAHint) {
  EvidenceBuilder machine;
  const auto quoted = machine.pcrs();
  Evidence evidence = machine.build(quoted);
  machine.run("/usr/bin/after-the-quote");
  evidence.pcrs["sha256"][10] = to_bytes(machine.pcrs()[10].bytes());
  evidence.ima = machine.ima_list();
  const Round round(machine, evidence, {});
  ASSERT_TRUE(round.is_verified()) << ::testing::PrintToString(refusals(round.outcome));
  EXPECT_EQ(round.verified().ima().entries(), 3u);
  EXPECT_EQ(*round.verified().pcrs().value(kImaPcr), quoted[10]);
}

TEST(Evidence, A91_EntriesAfterTheQuoteAreNotLookedAt) {
  EvidenceBuilder machine;
  Evidence evidence = machine.build();
  append(*evidence.ima, Bytes(100, 0xEE));  // not even an entry
  const Round round(machine, evidence, {});
  ASSERT_TRUE(round.is_verified());
  EXPECT_EQ(text(round.verified().findings()), "");
}

TEST(Evidence, ANodeWithoutImaHasAnEmptyList) {
  EvidenceBuilder machine;
  Evidence evidence = machine.build(machine.pcrs_after_boot());
  evidence.ima.reset();
  const Round round(machine, evidence, {});
  ASSERT_TRUE(round.is_verified());
  EXPECT_EQ(round.verified().ima().entries(), 0u);
  EXPECT_EQ(text(round.verified().findings()), "");
}

// A first part that leads nowhere proves nothing and costs a start from zero, no more.
TEST(Evidence, A88_AnInventedFirstPartOfALongListIsFoundOut) {
  EvidenceBuilder machine;
  machine.run("/usr/bin/evil");
  EvidenceBuilder invented;
  for (int i = 0; i < 1'100; ++i) {
    invented.run("/" + std::string(3'900, 'x') + std::to_string(i));
  }
  machine.shown_ima = invented.ima_list();
  const Round first(machine);
  ASSERT_NE(first.need(), nullptr);
  ASSERT_TRUE(first.need()->unfinished);
  EXPECT_EQ(first.need()->ima_from, 1'103u);
  machine.clock.clock += 1000;
  Evidence rest = machine.build();
  rest.ima_from = first.need()->ima_from;
  rest.ima = Bytes();
  const Round second(machine, rest, first.need()->unfinished->progress);
  ASSERT_NE(second.need(), nullptr);
  EXPECT_EQ(second.need()->ima_from, 0u);
  EXPECT_FALSE(second.need()->unfinished);
}

// ---- Properties -------------------------------------------------------------------------------

TEST(Evidence, A31_EverySingleBitFlipOfWhatIsSignedIsRefused) {
  const EvidenceBuilder machine;
  const Evidence good = machine.build();
  const AttestationKey ak = machine.ak();
  for (std::size_t bit = 0; bit < good.attested.size() * 8; ++bit) {
    Evidence bad = good;
    bad.attested[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_EQ(refusals(verify_evidence(bad.input(), ak, machine.challenge(), {})),
              Reasons{Reason::kSignatureInvalid})
        << bit;
  }
  for (std::size_t bit = 0; bit < good.signature.size() * 8; ++bit) {
    Evidence bad = good;
    bad.signature[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_EQ(refusals(verify_evidence(bad.input(), ak, machine.challenge(), {})).size(), 1u)
        << bit;
  }
}

TEST(Evidence, EverySingleByteChangeOfALogIsNoticed) {
  const EvidenceBuilder machine;
  const Evidence good = machine.build();
  const AttestationKey ak = machine.ak();
  const auto honest = [&](const Evidence& evidence) {
    const Outcome outcome = verify_evidence(evidence.input(), ak, machine.challenge(), {});
    const auto* verified = std::get_if<VerifiedEvidence>(&outcome);
    return verified != nullptr && verified->findings().empty() && verified->ima().entries() == 3;
  };
  ASSERT_TRUE(honest(good));
  for (std::size_t i = 0; i < good.ima->size(); ++i) {
    Evidence bad = good;
    (*bad.ima)[i] ^= 0x40;
    // The name of a template is not authenticated (A93): only a name that is on the list helps,
    // and one flipped bit makes none.
    EXPECT_FALSE(honest(bad)) << i;
  }
}

TEST(Evidence, A110_EveryPartIsNeeded) {
  const EvidenceBuilder machine;
  const Evidence good = machine.build();
  Evidence bad = good;
  bad.attested.clear();
  EXPECT_EQ(refusals(machine.verify(bad)), Reasons{Reason::kSignatureInvalid});
  bad = good;
  bad.signature.clear();
  EXPECT_EQ(refusals(machine.verify(bad)), Reasons{Reason::kSignatureMalformed});
  bad = good;
  bad.pcrs.clear();
  EXPECT_EQ(refusals(machine.verify(bad)), Reasons{Reason::kPcrValuesMalformed});
  bad = good;
  bad.boot_log.reset();
  EXPECT_TRUE(std::get<NeedMore>(machine.verify(bad)).boot_log);
  bad = good;
  bad.ima.reset();
  const Outcome outcome = machine.verify(bad);
  EXPECT_EQ(reasons(std::get<VerifiedEvidence>(outcome).findings()),
            Reasons{Reason::kImaListMissing});
}

TEST(Evidence, A05_AnotherAkThanTheEnrolledOneIsRefused) {
  const EvidenceBuilder machine;
  const seaworthy::testing::TestTpm other_tpm(1);
  const EvidenceBuilder other(other_tpm);
  const Evidence evidence = other.build();
  EXPECT_EQ(refusals(machine.verify(evidence)), Reasons{Reason::kSignatureInvalid});
  EXPECT_TRUE(std::holds_alternative<VerifiedEvidence>(other.verify(evidence)));
}

TEST(Evidence, WhatIsRememberedOfOneNodeIsSmall) {
  EvidenceBuilder machine;
  for (int i = 0; i < 500; ++i) {
    machine.boot.events.push_back(
        seaworthy::testing::application("x" + std::to_string(i), std::string(1000, 'a')));
    machine.boot.events.push_back(
        seaworthy::testing::grub(8, "kernel_cmdline", "/" + std::string(2000, 'b')));
    machine.files.push_back(
        {.digest_alg = "md5", .file_digest = Bytes(16), .name = "/" + std::string(4000, 'c')});
  }
  const Round round(machine);
  ASSERT_TRUE(round.is_verified());
  std::size_t bytes = 0;
  for (const Finding& finding : round.verified().findings()) {
    bytes += finding.about.size() + finding.detail.size();
  }
  for (const auto& text : round.verified().boot().command_lines()) {
    bytes += text.size();
  }
  for (const auto& application : round.verified().boot().applications()) {
    bytes += sizeof(application) + application.claimed_file.size();
  }
  EXPECT_LT(bytes, 24u * 1024u);
}

}  // namespace
}  // namespace seaworthy::verify
