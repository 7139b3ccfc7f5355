#include "verify/boot.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "support/vectors.h"
#include "verify/expect.h"
#include "verify/loader.h"

namespace seaworthy::verify {
namespace {

using eventlog::BootEvent;
using eventlog::BootLog;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::plain_event;
using seaworthy::testing::separator;
using tpm::PcrIndex;

// The PCRs of a machine that measured `measured`, quoted.
QuotedPcrs quoted(const EvidenceBuilder& machine) {
  const auto evidence = machine.build(machine.pcrs_after_boot());
  const auto quote =
      verify_quote({evidence.attested, evidence.signature}, machine.ak(), machine.challenge());
  return std::get<QuotedPcrs>(
      verify_pcrs(std::get<VerifiedQuote>(quote), evidence.pcrs, [](const auto&) {}));
}

std::shared_ptr<const VerifiedBoot> boot_of(const EvidenceBuilder& machine) {
  return verify_boot(eventlog::write_boot_log(machine.shown_boot.value_or(machine.boot)),
                     quoted(machine));
}

// The first event of this PCR and type.
BootEvent& find(BootLog& log, std::uint8_t pcr, std::uint32_t type, int nth = 0) {
  for (BootEvent& event : log.events) {
    if (event.pcr == pcr && event.type == type && nth-- == 0) {
      return event;
    }
  }
  ADD_FAILURE() << "no such event";
  return log.events.front();
}
void erase(BootLog& log, std::uint8_t pcr) {
  std::erase_if(log.events, [pcr](const BootEvent& event) { return event.pcr == pcr; });
}

struct Lie {
  const char* name;
  // First what was measured is changed, then (if `show` is set) what is shown of it.
  void (*measure)(BootLog&);
  void (*show)(BootLog&);
  Reasons found;
};
class BootLies : public ::testing::TestWithParam<Lie> {};

TEST_P(BootLies, AreFound) {
  EvidenceBuilder machine;
  if (GetParam().measure != nullptr) {
    GetParam().measure(machine.boot);
  }
  if (GetParam().show != nullptr) {
    machine.shown_boot = machine.boot;
    GetParam().show(*machine.shown_boot);
  }
  const auto boot = boot_of(machine);
  EXPECT_EQ(reasons(boot->findings()), GetParam().found) << text(boot->findings());
}

INSTANTIATE_TEST_SUITE_P(
    Table, BootLies,
    ::testing::Values(
        Lie{"AnHonestBootHasNone", nullptr, nullptr, {}},
        Lie{"A64_LastEventsCutOff",
            nullptr,
            [](BootLog& log) { log.events.resize(log.events.size() - 3); },
            {Reason::kPcrMismatch, Reason::kFirmwareQuirk}},
        Lie{"A64_TheLastEventCutOff",
            nullptr,
            [](BootLog& log) { log.events.pop_back(); },
            {Reason::kPcrMismatch}},
        Lie{"A64_TwoEventsOfOnePcrSwapped",
            nullptr,
            [](BootLog& log) {
              std::swap(find(log, 4, eventlog::kBootApplication, 0),
                        find(log, 4, eventlog::kBootApplication, 1));
            },
            {Reason::kPcrMismatch}},
        Lie{"A64_AnEventThatWasNotMeasured",
            nullptr,
            [](BootLog& log) {
              log.events.push_back(seaworthy::testing::grub(8, "grub_cmd", "echo"));
            },
            {Reason::kPcrMismatch}},
        Lie{"A57_AnExtendThatAnInterposerDropped",
            [](BootLog& log) {
              log.events.erase(std::find(log.events.begin(), log.events.end(),
                                         find(log, 4, eventlog::kBootApplication, 1)));
            },
            [](BootLog& log) { log = seaworthy::testing::honest_boot(); },
            {Reason::kPcrMismatch}},
        Lie{"A57_AnExtendWhoseValueAnInterposerChanged",
            [](BootLog& log) {
              find(log, 4, eventlog::kBootApplication, 1) =
                  seaworthy::testing::application("another grub", "\\EFI\\debian\\grubx64.efi");
            },
            [](BootLog& log) { log = seaworthy::testing::honest_boot(); },
            {Reason::kPcrMismatch}},
        Lie{"A69_APcrWithoutEvents",
            nullptr,
            [](BootLog& log) { erase(log, 14); },
            {Reason::kPcrWithoutEvents}},
        Lie{"A69_AFirmwarePcrWithoutEvents",
            nullptr,
            [](BootLog& log) { erase(log, 2); },
            {Reason::kPcrWithoutEvents}},
        Lie{"A40_AFirmwarePcrThatNobodyMeasuredInto",
            [](BootLog& log) { erase(log, 2); },
            nullptr,
            {Reason::kPcrNotMeasured}},
        Lie{"A40_NoSha256InTheLog",
            nullptr,
            [](BootLog& log) {
              log.banks = {crypto::HashAlg::kSha1};
              for (BootEvent& event : log.events) {
                event.digests.pop_back();
              }
            },
            {Reason::kBootLogWithoutBank}},
        Lie{"A75_AnEventWithoutTheBanksDigest",
            nullptr,
            [](BootLog& log) { find(log, 14, eventlog::kIpl).digests.pop_back(); },
            {Reason::kPcrNotReplayable}},
        Lie{"A65_AnApplicationRenamed",
            nullptr,
            [](BootLog& log) { find(log, 4, eventlog::kBootApplication, 1).type = 0x80000099; },
            {Reason::kEventUnknown}},
        Lie{"A65_AnApplicationCalledAnAction",
            nullptr,
            [](BootLog& log) {
              find(log, 4, eventlog::kBootApplication, 1).type = eventlog::kEfiAction;
            },
            {Reason::kEventDataMismatch}},
        Lie{"A65_AnApplicationCalledASeparator",
            nullptr,
            [](BootLog& log) {
              BootEvent& event = find(log, 4, eventlog::kBootApplication, 1);
              event.type = eventlog::kSeparator;
              event.data = Bytes(4);
            },
            {Reason::kSeparatorInvalid, Reason::kSeparatorRepeated}},
        Lie{"A65_ASeparatorCalledSomethingElse",
            nullptr,
            [](BootLog& log) { find(log, 2, eventlog::kSeparator).type = eventlog::kAction; },
            {Reason::kEventTypeFalse}},
        Lie{"R18_NoSeparator",
            [](BootLog& log) {
              find(log, 2, eventlog::kSeparator) = plain_event(2, eventlog::kAction, "driver");
            },
            nullptr,
            {Reason::kSeparatorMissing}},
        Lie{"A81_TwoSeparators",
            [](BootLog& log) { log.events.push_back(separator(2)); },
            nullptr,
            {Reason::kSeparatorRepeated}},
        Lie{"R18_ASeparatorThatReportsAnError",
            [](BootLog& log) {
              const Bytes error{1, 0, 0, 0};
              find(log, 2, eventlog::kSeparator) =
                  seaworthy::testing::event_of(2, eventlog::kSeparator, error, error);
            },
            nullptr,
            {Reason::kSeparatorInvalid}},
        Lie{"ASeparatorOfOnesIsFine",
            [](BootLog& log) { find(log, 2, eventlog::kSeparator) = separator(2, 0xFF); },
            nullptr,
            {}},
        Lie{"A66_AnotherCommandLineWithTheSameDigest",
            nullptr,
            [](BootLog& log) {
              find(log, 8, eventlog::kIpl, 2).data =
                  to_bytes(as_bytes("kernel_cmdline: /vmlinuz quiet"));
            },
            {Reason::kEventDataMismatch}},
        Lie{"A65_AnActionCalledSomethingElse",
            nullptr,
            [](BootLog& log) { find(log, 5, eventlog::kEfiAction).type = eventlog::kAction; },
            {Reason::kEventTypeFalse}},
        Lie{"A65_TheDataOfAnActionReplaced",
            nullptr,
            [](BootLog& log) { find(log, 5, eventlog::kEfiAction).data = {'x'}; },
            {Reason::kEventTypeFalse}},
        Lie{"R16_AGptEventWhoseDataWereNotMeasured",
            nullptr,
            [](BootLog& log) { find(log, 5, eventlog::kGptEvent).data = {'x'}; },
            {Reason::kEventDataMismatch}},
        Lie{"R16_AVariableWhoseDataWereNotMeasured",
            [](BootLog& log) {
              log.events.push_back(plain_event(1, eventlog::kVariableDriverConfig, "setup"));
            },
            [](BootLog& log) { find(log, 1, eventlog::kVariableDriverConfig).data = {'x'}; },
            {Reason::kEventDataMismatch}},
        Lie{"A82_AnApplicationAfterExitBootServices",
            [](BootLog& log) {
              log.events.push_back(seaworthy::testing::application("late", "\\late.efi"));
            },
            nullptr,
            {Reason::kApplicationAfterExit}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Boot, R14_NoLogProvesNothing) {
  const EvidenceBuilder machine;
  const auto boot = verify_boot({}, quoted(machine));
  EXPECT_EQ(reasons(boot->findings()), Reasons{Reason::kBootLogMissing});
  EXPECT_EQ(reasons(boot->secure_boot_findings()), Reasons{Reason::kSecureBootUnknown});
  EXPECT_FALSE(boot->applications_proven());
  EXPECT_TRUE(boot->command_lines().empty());
}

TEST(Boot, R14_ALogThatCannotBeReadProvesNothing) {
  const EvidenceBuilder machine;
  const auto boot = verify_boot(Bytes(7, 1), quoted(machine));
  EXPECT_EQ(reasons(boot->findings()), Reasons{Reason::kBootLogMalformed});
  EXPECT_EQ(boot->secure_boot(), SecureBoot::kUnknown);
  EXPECT_FALSE(boot->applications_proven());
  EXPECT_TRUE(boot->command_lines().empty());
}

// As Debian 12's GRUB has shim verify its kernel.
TEST(Boot, AProgramThatIsMeasuredTwiceIsListedOnce) {
  const EvidenceBuilder machine;
  EvidenceBuilder twice;
  BootLog& log = twice.boot;
  const BootEvent kernel = find(log, 4, eventlog::kBootApplication, 2);
  log.events.insert(std::find(log.events.begin(), log.events.end(), kernel), kernel);
  EXPECT_NE(boot_of(twice)->log_digest(), boot_of(machine)->log_digest());
  EXPECT_TRUE(boot_of(twice)->findings().empty());
  EXPECT_EQ(boot_of(twice)->applications(), boot_of(machine)->applications());
}

TEST(Boot, A70_NothingIsReadFromPcrsThatDoNotReplay) {
  EvidenceBuilder machine;
  machine.shown_boot = machine.boot;
  for (BootEvent& event : machine.shown_boot->events) {
    if (event.pcr == 4 || event.pcr == 7 || event.pcr == 8) {
      event.digests = {crypto::hash(crypto::HashAlg::kSha1, as_bytes("x")),
                       crypto::sha256(as_bytes("x"))};
    }
  }
  const auto boot = boot_of(machine);
  EXPECT_EQ(reasons(boot->findings()), Reasons(3, Reason::kPcrMismatch));
  EXPECT_EQ(boot->secure_boot(), SecureBoot::kUnknown);
  EXPECT_EQ(reasons(boot->secure_boot_findings()), Reasons{Reason::kSecureBootUnknown});
  EXPECT_TRUE(boot->applications().empty());
  EXPECT_FALSE(boot->applications_proven());
  EXPECT_TRUE(boot->command_lines().empty());
}

// Found by hack/delete-the-check: of PCR 14 nobody asks again whether it was proven.
TEST(Boot, A70_NothingIsReadFromAPcr14ThatDoesNotReplay) {
  EvidenceBuilder machine;
  machine.shown_boot = machine.boot;
  machine.shown_boot->events.push_back(
      seaworthy::testing::event_of(14, eventlog::kIpl, as_bytes("MokSBState"), Bytes{1}));
  const auto boot = boot_of(machine);
  EXPECT_EQ(reasons(boot->findings()), Reasons{Reason::kPcrMismatch});
  EXPECT_EQ(boot->secure_boot(), SecureBoot::kOn);
  EXPECT_EQ(text(boot->secure_boot_findings()), "");
}

TEST(Boot, A67_TheWordInFrontOfACommandLineDoesNotMatter) {
  EvidenceBuilder machine;
  machine.boot = seaworthy::testing::honest_boot("/vmlinuz init=/bin/sh");
  machine.shown_boot = machine.boot;
  BootEvent& event = find(*machine.shown_boot, 8, eventlog::kIpl, 2);
  event.data = to_bytes(as_bytes(std::string("grub_cmd: /vmlinuz init=/bin/sh")));
  const auto boot = boot_of(machine);
  EXPECT_EQ(text(boot->findings()), "");
  EXPECT_EQ(boot->command_lines(), std::vector<std::string>{"/vmlinuz init=/bin/sh"});
}

TEST(Boot, ReadsWhatOtherVersionsOfGrubMeasure) {
  EvidenceBuilder machine;
  machine.boot.events.push_back(seaworthy::testing::event_of(
      8, eventlog::kIpl, as_bytes("grub_kernel_cmdline (hd0,gpt2)/vmlinuz ro"),
      as_bytes("(hd0,gpt2)/vmlinuz ro")));
  std::string with_nul = "/vmlinuz with-nul";
  with_nul.push_back('\0');
  machine.boot.events.push_back(seaworthy::testing::event_of(
      8, eventlog::kIpl, as_bytes("kernel_cmdline: " + with_nul), as_bytes(with_nul)));
  machine.boot.events.push_back(
      seaworthy::testing::grub(8, "kernel_cmdline", "\"/a b/vmlinuz\" init=/bin/sh"));
  const auto boot = boot_of(machine);
  EXPECT_EQ(text(boot->findings()), "");
  ASSERT_EQ(boot->command_lines().size(), 4u);
  EXPECT_EQ(boot->command_lines()[3], "\"/a b/vmlinuz\" init=/bin/sh");
  EXPECT_EQ(boot->command_lines()[1], "(hd0,gpt2)/vmlinuz ro");
  EXPECT_EQ(boot->command_lines()[2], "/vmlinuz with-nul");
}

TEST(Boot, A72_Pcr0StartsAtTheLocality) {
  EvidenceBuilder machine;
  machine.shown_boot = machine.boot;
  find(*machine.shown_boot, 0, eventlog::kNoAction).data.back() = 0;
  EXPECT_EQ(reasons(boot_of(machine)->findings()), Reasons{Reason::kPcrMismatch});
}

TEST(Boot, IsForOneLogAndOneSetOfValues) {
  const EvidenceBuilder machine;
  const auto boot = boot_of(machine);
  EvidenceBuilder other = machine;
  other.extra_extends[9] = Bytes(32, 1);
  EXPECT_TRUE(boot->is_for(boot->log_digest(), quoted(machine)));
  EXPECT_FALSE(boot->is_for(boot->log_digest(), quoted(other)));
  EXPECT_FALSE(boot->is_for(crypto::sha256({}), quoted(machine)));
  EvidenceBuilder later = machine;
  later.extra_extends[10] = Bytes(32, 1);  // PCR 10 moves: it does not count
  EXPECT_TRUE(boot->is_for(boot->log_digest(), quoted(later)));
  EXPECT_EQ(boot->pcr(PcrIndex::at<10>()), nullptr);
  EXPECT_EQ(boot->pcr(PcrIndex::at<16>()), nullptr);
  EXPECT_NE(boot->pcr(PcrIndex::at<4>()), nullptr);
}

// ---- Quirks
// --------------------------------------------------------------------------------------

Quirks only(Quirk quirk) {
  Quirks quirks;
  quirks.add(quirk);
  return quirks;
}

TEST(Boot, A84_MissingExitBootServicesAreAQuirkThatAPolicyHasToAllow) {
  EvidenceBuilder machine;
  machine.shown_boot = machine.boot;
  machine.shown_boot->events.resize(machine.boot.events.size() - 2);
  const auto boot = boot_of(machine);
  EXPECT_EQ(reasons(boot->findings()), Reasons{Reason::kFirmwareQuirk});
  EXPECT_EQ(boot->findings()[0].about, "ExitBootServicesNotLogged");
  EXPECT_EQ(text(boot->findings(only(Quirk::kExitBootServicesNotLogged))), "");
  EXPECT_EQ(reasons(boot->findings(only(Quirk::kAuthorityLogsOneByteMore))),
            Reasons{Reason::kFirmwareQuirk});
  EXPECT_EQ(boot->secure_boot(), SecureBoot::kOn);
}

TEST(Boot, A84_OnlyBothActionsAndOnlyOfPcr5) {
  EvidenceBuilder one;
  one.shown_boot = one.boot;
  one.shown_boot->events.pop_back();
  EXPECT_EQ(reasons(boot_of(one)->findings(Quirks::all())), Reasons{Reason::kPcrMismatch});
  EvidenceBuilder other;
  other.shown_boot = other.boot;
  for (const char* action :
       {"Exit Boot Services Invocation", "Exit Boot Services Returned with Success"}) {
    other.boot.events.push_back(plain_event(6, eventlog::kEfiAction, action));
  }
  EXPECT_EQ(reasons(boot_of(other)->findings(Quirks::all())), Reasons{Reason::kPcrMismatch});
}

TEST(Boot, A83_SecureBootIsOnByAQuirkOnlyIfItIsAllowed) {
  EvidenceBuilder machine;
  find(machine.boot, 7, eventlog::kVariableAuthority).data.push_back(0);
  const auto boot = boot_of(machine);
  EXPECT_EQ(boot->secure_boot(), SecureBoot::kUnknown);
  EXPECT_EQ(reasons(boot->secure_boot_findings()), Reasons{Reason::kFirmwareQuirk});
  EXPECT_EQ(text(boot->findings()), "");
  EXPECT_EQ(boot->secure_boot(only(Quirk::kAuthorityLogsOneByteMore)), SecureBoot::kOn);
  EXPECT_EQ(boot->secure_boot(only(Quirk::kDmaProtectionDisabled)), SecureBoot::kUnknown);
}

TEST(Boot, A81_NoQuirkExcusesASecondSeparator) {
  EvidenceBuilder machine;
  machine.boot.events.push_back(separator(2));
  EXPECT_EQ(reasons(boot_of(machine)->findings(Quirks::all())),
            Reasons{Reason::kSeparatorRepeated});
}

TEST(Boot, QuirksHaveNames) {
  for (const Quirk quirk : kAllQuirks) {
    EXPECT_EQ(quirk_named(name(quirk)), quirk);
  }
  EXPECT_FALSE(quirk_named("Anything"));
}

// ---- systemd: unified kernel images, its log of measurements
// -------------------------------------

std::shared_ptr<const VerifiedBoot> uki_boot_of(const EvidenceBuilder& machine) {
  const auto evidence = machine.build(machine.pcrs_after_boot());
  return verify_boot(
      *evidence.boot_log, quoted(machine),
      evidence.userspace_log ? std::optional<ByteSpan>(*evidence.userspace_log) : std::nullopt);
}
EvidenceBuilder uki_machine() {
  EvidenceBuilder machine;
  machine.boot = seaworthy::testing::uki_boot();
  machine.select_userspace_pcrs();
  for (const char* word : {"enter-initrd", "leave-initrd", "sysinit", "ready"}) {
    machine.userspace.push_back(seaworthy::testing::phase(11, word));
  }
  machine.userspace.push_back(seaworthy::testing::phase(15, "machine-id:0123"));
  return machine;
}

TEST(Boot, A85_ReplaysWhatSystemdMeasured) {
  const auto boot = uki_boot_of(uki_machine());
  EXPECT_EQ(text(boot->findings()), "");
  ASSERT_EQ(boot->uki_sections().size(), 4u);
  EXPECT_EQ(boot->uki_sections()[2].name, ".cmdline");
  EXPECT_EQ(boot->uki_sections()[2].sha256,
            bytes_of(crypto::sha256(as_bytes(seaworthy::testing::kUkiCommandLine))));
  EXPECT_EQ(boot->phases(),
            (std::vector<std::string>{"enter-initrd", "leave-initrd", "sysinit", "ready"}));
  EXPECT_TRUE(boot->passed_command_lines().empty());
  EXPECT_TRUE(boot->passed_command_lines_complete());
  ASSERT_TRUE(boot->measured(PcrIndex::at<11>()));
  EXPECT_EQ(boot->measured(PcrIndex::at<11>())->size(), 8u + 4u);
  EXPECT_EQ(boot->measured(PcrIndex::at<15>())->size(), 1u);
  EXPECT_EQ(boot->measured(PcrIndex::at<2>())->size(), 0u);  // separators are not told
  EXPECT_FALSE(boot->measured(PcrIndex::at<10>()));
  EXPECT_FALSE(boot->measured(PcrIndex::at<16>()));
}

TEST(Boot, A85_WithoutSystemdsLogItsRegistersDoNotReplay) {
  EvidenceBuilder machine = uki_machine();
  machine.shown_userspace = Bytes{};
  const auto boot = uki_boot_of(machine);
  EXPECT_EQ(reasons(boot->findings()), (Reasons{Reason::kPcrMismatch, Reason::kPcrWithoutEvents}));
  EXPECT_NE(boot->findings()[0].detail.find("was not shown"), std::string::npos);
  EXPECT_TRUE(boot->uki_sections().empty());
  EXPECT_FALSE(boot->measured(PcrIndex::at<11>()));
}

TEST(Boot, A85_RecordsAfterTheQuoteAreNoEvidenceYet) {
  EvidenceBuilder machine = uki_machine();
  auto more = machine.userspace;
  more.push_back(seaworthy::testing::phase(11, "shutdown"));
  machine.shown_userspace = eventlog::write_userspace_log(more);
  const auto boot = uki_boot_of(machine);
  EXPECT_EQ(text(boot->findings()), "");
  EXPECT_EQ(boot->phases().size(), 4u);
}

TEST(Boot, A85_SystemdsLogCannotExplainARegisterOfTheFirmware) {
  EvidenceBuilder machine = uki_machine();
  machine.userspace.push_back(seaworthy::testing::phase(4, "x"));
  machine.userspace.push_back(seaworthy::testing::phase(8, "x"));
  EXPECT_EQ(reasons(uki_boot_of(machine)->findings()),
            (Reasons{Reason::kPcrMismatch, Reason::kPcrWithoutEvents}));
}

TEST(Boot, A85_ARecordThatWasNotMeasuredIsFound) {
  EvidenceBuilder machine = uki_machine();
  auto shown = machine.userspace;
  shown.front() = seaworthy::testing::phase(11, "another");
  machine.shown_userspace = eventlog::write_userspace_log(shown);
  EXPECT_EQ(reasons(uki_boot_of(machine)->findings()), Reasons{Reason::kPcrMismatch});
  shown.front().digests = {crypto::hash(crypto::HashAlg::kSha1, as_bytes("x"))};
  machine.shown_userspace = eventlog::write_userspace_log(shown);
  EXPECT_EQ(reasons(uki_boot_of(machine)->findings()), Reasons{Reason::kPcrMismatch});
  machine.shown_userspace = to_bytes(as_bytes("junk"));
  EXPECT_EQ(
      reasons(uki_boot_of(machine)->findings()),
      (Reasons{Reason::kUserspaceLogMalformed, Reason::kPcrMismatch, Reason::kPcrWithoutEvents}));
}

TEST(Boot, R22_TellsWhatWasPassedOnBesideTheImage) {
  EvidenceBuilder machine = uki_machine();
  const Bytes with_nul = seaworthy::testing::utf16("debug");
  const ByteSpan without = ByteSpan(with_nul).first(with_nul.size() - 2);
  using seaworthy::testing::event_of;
  machine.boot.events.push_back(event_of(12, eventlog::kIpl, with_nul, with_nul));
  machine.boot.events.push_back(event_of(12, eventlog::kIpl, with_nul, without));
  machine.boot.events.push_back(event_of(12, eventlog::kIpl, without, with_nul));
  auto boot = uki_boot_of(machine);
  EXPECT_EQ(boot->passed_command_lines(), std::vector<std::string>(3, "debug"));
  EXPECT_TRUE(boot->passed_command_lines_complete());
  // A credential, or a command line whose text is withheld: nobody can tell.
  machine.boot.events.push_back(
      event_of(12, eventlog::kIpl, as_bytes("Credentials"), as_bytes("init=/bin/sh")));
  boot = uki_boot_of(machine);
  EXPECT_EQ(boot->passed_command_lines().size(), 3u);
  EXPECT_FALSE(boot->passed_command_lines_complete());
}

TEST(Boot, ALogOfSystemdThatFellShortIsReplacedByOneThatDoesNot) {
  EvidenceBuilder machine = uki_machine();
  machine.shown_userspace = eventlog::write_userspace_log({});
  const auto evidence = machine.build(machine.pcrs_after_boot());
  const Bytes good = eventlog::write_userspace_log(machine.userspace);
  const Bytes bad = eventlog::write_userspace_log({machine.userspace.front()});
  const auto short_of = verify_boot(*evidence.boot_log, quoted(machine), bad);
  EXPECT_TRUE(short_of->is_for(short_of->log_digest(), quoted(machine)));
  EXPECT_TRUE(short_of->is_for(short_of->log_digest(), quoted(machine), bad));
  EXPECT_FALSE(short_of->is_for(short_of->log_digest(), quoted(machine), good));
  const auto right = verify_boot(*evidence.boot_log, quoted(machine), good);
  EXPECT_TRUE(right->is_for(right->log_digest(), quoted(machine), bad));
}

TEST(Boot, MoreEventsThanAreKeptAreNotToldAtAll) {
  EvidenceBuilder machine;
  for (int i = 0; i < 600; ++i) {
    machine.boot.events.push_back(plain_event(1, eventlog::kVariableBoot, std::to_string(i)));
  }
  const auto boot = boot_of(machine);
  EXPECT_EQ(text(boot->findings()), "");
  EXPECT_FALSE(boot->measured(PcrIndex::at<1>()));
}

// ---- Logs of real machines, with the PCRs that they lead to -----------------------------------

std::shared_ptr<const VerifiedBoot> recorded(const std::string& path) {
  const Bytes bytes = seaworthy::testing::vector_file(path);
  EvidenceBuilder machine;
  machine.boot = *eventlog::parse_boot_log(bytes);
  return verify_boot(bytes, quoted(machine));
}

TEST(Boot, ReadsTheBootsOfRealMachines) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string go = "google+go-eventlog/testdata/eventlogs/tpm/";
  for (const auto& [path, applications] : std::map<std::string, std::size_t>{
           {go + "rhel8-uefi.bin", 3},
           {go + "cos-101-amd-sev.bin", 3},  // its kernel is measured twice
           {"keylime+keylime/test/data/create-mb-policy/binary_bios_measurements-secureboot", 3}}) {
    SCOPED_TRACE(path);
    const auto boot = recorded(path);
    EXPECT_EQ(text(boot->findings()), "");
    EXPECT_EQ(boot->secure_boot(), SecureBoot::kOn) << text(boot->secure_boot_findings());
    EXPECT_EQ(boot->applications().size(), applications);
    ASSERT_EQ(boot->command_lines().size(), 1u);
    EXPECT_NE(boot->command_lines()[0].find("vmlinuz"), std::string::npos);
  }
}

TEST(Boot, A79_SecureBootOfRealMachinesThatIsNotOn) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string tpm = "google+go-eventlog/testdata/eventlogs/tpm/";
  const std::string attest = "google+go-attestation/attest/testdata/";
  for (const auto& [path, state] : std::map<std::string, SecureBoot>{
           {tpm + "arch-linux-workstation.bin", SecureBoot::kUnknown},
           {attest + "crypto_agile_eventlog", SecureBoot::kUnknown},
           {tpm + "glinux-alex.bin", SecureBoot::kOff},
           {tpm + "ubuntu-2104-no-dbx.bin", SecureBoot::kOff},
           {tpm + "ubuntu-2104-no-secure-boot.bin", SecureBoot::kOff},
           {attest + "coreos_36_shielded_vm_no_secure_boot_eventlog", SecureBoot::kOff}}) {
    SCOPED_TRACE(path);
    const auto boot = recorded(path);
    EXPECT_EQ(name(boot->secure_boot()), name(state)) << text(boot->secure_boot_findings());
    EXPECT_EQ(has(boot->secure_boot_findings(), Reason::kSecureBootOff), state == SecureBoot::kOff);
  }
}

TEST(Boot, A83_TheShimQuirkOfARealMachine) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto boot = recorded("google+go-attestation/attest/testdata/sb_cert_eventlog");
  EXPECT_TRUE(has(boot->secure_boot_findings(), Reason::kFirmwareQuirk));
  EXPECT_FALSE(has(boot->secure_boot_findings(only(Quirk::kAuthorityLogsOneByteMore)),
                   Reason::kFirmwareQuirk));
  EXPECT_FALSE(has(boot->secure_boot_findings(), Reason::kEventDataMismatch));
}

TEST(Boot, A80_KeysRevocationsAndSbatOfRealMachines) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto rhel =
      recorded("keylime+keylime/test/data/create-mb-policy/binary_bios_measurements-secureboot");
  const SecureBootKeys& keys = rhel->secure_boot_keys();
  ASSERT_TRUE(keys.pk && keys.kek && keys.db && keys.dbx && keys.sbat) << keys.problem;
  EXPECT_EQ(keys.sbat->date, "2023012900");
  EXPECT_EQ(keys.sbat->components.size(), 4u);
  Sha256Bytes microsoft{};  // Microsoft Corporation UEFI CA 2011
  const auto digest =
      *codec::from_hex("48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507");
  std::copy(digest.begin(), digest.end(), microsoft.begin());
  EXPECT_TRUE(keys.db->contains(microsoft));
  EXPECT_FALSE(keys.pk->contains(microsoft));

  const auto no_dbx = recorded("google+go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-dbx.bin");
  ASSERT_TRUE(no_dbx->secure_boot_keys().dbx);
  EXPECT_EQ(no_dbx->secure_boot_keys().dbx->size(), 0u);
  const auto with_dbx =
      recorded("google+go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-secure-boot.bin");
  ASSERT_TRUE(with_dbx->secure_boot_keys().dbx);
  EXPECT_GT(with_dbx->secure_boot_keys().dbx->size(), 50u);
}

TEST(Boot, A40_Sha1OnlyLogsOfRealMachinesProveNothing) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* path : {"google+go-eventlog/testdata/eventlogs/tpm/debian-10.bin",
                           "Fraunhofer-AISEC+cmc/tools/mrtool/binary_bios_measurements",
                           "google+go-attestation/attest/testdata/option_rom_eventlog"}) {
    const auto boot = verify_boot(seaworthy::testing::vector_file(path), quoted(EvidenceBuilder()));
    EXPECT_EQ(reasons(boot->findings()), Reasons{Reason::kBootLogWithoutBank}) << path;
    EXPECT_EQ(boot->secure_boot(), SecureBoot::kUnknown);
  }
}

}  // namespace
}  // namespace seaworthy::verify
