#include "verify/ima.h"

#include <gtest/gtest.h>

#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using eventlog::ImaEntryToWrite;
using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;

// What the list of this machine, sent whole, shows.
struct Shown {
  Evidence evidence;
  seaworthy::testing::Outcome outcome;
  explicit Shown(const EvidenceBuilder& machine)
      : evidence(machine.build()), outcome(machine.verify(evidence)) {}
  const VerifiedIma& ima() const { return std::get<VerifiedEvidence>(outcome).ima(); }
};

ImaEntryToWrite good_file() {
  return {.file_digest = to_bytes(EvidenceBuilder::file_digest("/bin/x").bytes()),
          .name = "/bin/x"};
}

// A kernel is loaded for kexec.
ImaEntryToWrite command_line(const std::string& text) {
  return {.template_name = "ima-buf",
          .file_digest = to_bytes(crypto::sha256(as_bytes(text)).bytes()),
          .name = "kexec-cmdline",
          .third = to_bytes(as_bytes(text))};
}

struct Lie {
  const char* name;
  void (*tell)(EvidenceBuilder&);
  Reasons found;
};
class ImaLies : public ::testing::TestWithParam<Lie> {};

TEST_P(ImaLies, AreFound) {
  EvidenceBuilder machine;
  GetParam().tell(machine);
  const Shown shown(machine);
  ASSERT_TRUE(std::holds_alternative<VerifiedEvidence>(shown.outcome))
      << ::testing::PrintToString(refusals(shown.outcome));
  EXPECT_EQ(reasons(shown.ima().findings()), GetParam().found) << text(shown.ima().findings());
}

// Replaces the bytes of one entry's template name by another of the same length.
Bytes renamed(const Bytes& list, std::string_view from, std::string_view to) {
  std::string all(as_text(list));
  for (std::size_t at = all.find(from); at != std::string::npos; at = all.find(from, at + 1)) {
    all.replace(at, to.size(), to);
  }
  return to_bytes(as_bytes(all));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ImaLies,
    ::testing::Values(
        Lie{"AnHonestListHasNone", [](EvidenceBuilder&) {}, {}},
        Lie{"A88_AFabricatedList",
            [](EvidenceBuilder& m) {
              EvidenceBuilder clean;
              m.run("/usr/bin/evil");
              m.shown_ima = clean.ima_list();
            },
            {Reason::kImaListIncomplete}},
        Lie{"A89_ListWithheld",
            [](EvidenceBuilder& m) { m.shown_ima = first_entries(m.ima_list(), 2); },
            {Reason::kImaListIncomplete}},
        Lie{"A89_NoListAtAll",
            [](EvidenceBuilder& m) { m.shown_ima = Bytes(); },
            {Reason::kImaListMissing}},
        Lie{"A57_AnExtendThatAnInterposerDropped",
            [](EvidenceBuilder& m) {
              m.measured_ima = m.ima_list();
              m.files.insert(m.files.begin(), good_file());
            },
            {Reason::kImaListIncomplete}},
        Lie{"A99_TheAsciiList",
            [](EvidenceBuilder& m) {
              m.shown_ima = to_bytes(as_bytes("10 " + std::string(40, 'a') + " ima-ng sha256:" +
                                              std::string(64, 'b') + " boot_aggregate\n"));
            },
            {Reason::kImaListMalformed}},
        Lie{"A98_AnEntryCutOff",
            [](EvidenceBuilder& m) {
              m.shown_ima = m.ima_list();
              m.shown_ima->pop_back();
            },
            {Reason::kImaListMalformed}},
        Lie{"A93_ASignedFileRenamedToABuffer",
            [](EvidenceBuilder& m) {
              ImaEntryToWrite entry = good_file();
              entry.template_name = "ima-sig";
              entry.third = Bytes{};
              m.files.push_back(entry);
              m.shown_ima = renamed(m.ima_list(), "ima-sig", "ima-buf");
            },
            {Reason::kImaBufferMismatch}},
        Lie{"A93_AnUnknownTemplate",
            [](EvidenceBuilder& m) { m.shown_ima = renamed(m.ima_list(), "ima-ng", "ima-xx"); },
            {Reason::kImaBootAggregateMissing, Reason::kImaTemplateNotAllowed,
             Reason::kImaTemplateNotAllowed}},
        Lie{"A94_AViolationWithAFriendlyName",
            [](EvidenceBuilder& m) {
              ImaEntryToWrite entry = good_file();
              entry.violation = true;
              m.files.push_back(entry);
            },
            {Reason::kImaViolation}},
        Lie{"A95_ManyViolationsAreOneFinding",
            [](EvidenceBuilder& m) {
              ImaEntryToWrite entry = good_file();
              entry.violation = true;
              m.files.insert(m.files.end(), 100, entry);
            },
            {Reason::kImaViolation}},
        Lie{"A96_Md5",
            [](EvidenceBuilder& m) {
              m.files.push_back({.digest_alg = "md5", .file_digest = Bytes(16), .name = "/a"});
            },
            {Reason::kImaWeakDigest}},
        Lie{"A96_Sha1",
            [](EvidenceBuilder& m) {
              m.files.push_back({.digest_alg = "sha1", .file_digest = Bytes(20), .name = "/a"});
            },
            {Reason::kImaWeakDigest}},
        Lie{"A96_AnUnknownAlgorithm",
            [](EvidenceBuilder& m) {
              m.files.push_back({.digest_alg = "sm3-256", .file_digest = Bytes(32), .name = "/a"});
            },
            {Reason::kImaWeakDigest}},
        Lie{"A97_AnEntryForAnotherPcr",
            [](EvidenceBuilder& m) {
              ImaEntryToWrite entry = good_file();
              entry.pcr = 11;
              m.files.insert(m.files.begin(), entry);
            },
            {Reason::kImaForeignPcr}},
        Lie{"A100_AZeroBootAggregate",
            [](EvidenceBuilder& m) { m.boot_aggregate = Bytes(32); },
            {Reason::kImaBootAggregateMismatch}},
        Lie{"A100_TheBootAggregateOfAnotherBoot",
            [](EvidenceBuilder& m) { m.boot_aggregate = Bytes(32, 7); },
            {Reason::kImaBootAggregateMismatch}},
        Lie{"A56_AnotherBootAggregateInMidList",
            [](EvidenceBuilder& m) {
              m.files.push_back({.file_digest = Bytes(32, 7), .name = "boot_aggregate"});
            },
            {Reason::kImaBootAggregateMismatch}},
        Lie{"A56_AKernelThatWasNotAnnounced",
            [](EvidenceBuilder& m) {
              m.files.push_back({.file_digest = m.right_aggregate(), .name = "boot_aggregate"});
            },
            {Reason::kImaKexec, Reason::kImaKexecUnmeasured}},
        Lie{"A56_AKernelThatWasAnnouncedOnceAndStartedTwice",
            [](EvidenceBuilder& m) {
              m.files.push_back(command_line("quiet"));
              m.files.push_back({.file_digest = m.right_aggregate(), .name = "boot_aggregate"});
              m.files.push_back({.file_digest = m.right_aggregate(), .name = "boot_aggregate"});
            },
            {Reason::kImaKexec, Reason::kImaKexec, Reason::kImaKexec, Reason::kImaKexecUnmeasured}},
        Lie{"A96_AnOldKernelIsNeverAssumedInSilence",
            [](EvidenceBuilder& m) { m.ima_rule = eventlog::TemplateDigests::kSha1Padded; },
            {Reason::kImaDigestsPadded}},
        Lie{"A96_ViolationsOfAnOldKernel",
            [](EvidenceBuilder& m) {
              m.ima_rule = eventlog::TemplateDigests::kSha1Padded;
              ImaEntryToWrite entry = good_file();
              entry.violation = true;
              m.files.push_back(entry);
            },
            {Reason::kImaDigestsPadded, Reason::kImaViolation}},
        Lie{"A96_ARuleThatNoSupportedKernelFollows",
            [](EvidenceBuilder& m) {
              m.ima_rule = eventlog::TemplateDigests::kSha1PaddedOnesUnpadded;
              ImaEntryToWrite entry = good_file();
              entry.violation = true;
              m.files.push_back(entry);
            },
            {Reason::kImaListIncomplete}},
        Lie{"R21_AnAggregateOfRegistersThatAreNotQuoted",
            [](EvidenceBuilder& m) {
              Bytes list = eventlog::write_ima_entry(
                  {.digest_alg = "sha1", .file_digest = Bytes(20, 3), .name = "boot_aggregate"});
              append(list, eventlog::write_ima_entry(good_file()));
              m.shown_ima = list;
              m.measured_ima = list;
            },
            {Reason::kImaBootAggregateUnproven}},
        Lie{"A100_AZeroAggregateOfAnotherBank",
            [](EvidenceBuilder& m) {
              m.shown_ima = eventlog::write_ima_entry(
                  {.digest_alg = "sha1", .file_digest = Bytes(20), .name = "boot_aggregate"});
              m.measured_ima = m.shown_ima;
            },
            {Reason::kImaBootAggregateMismatch}},
        Lie{"A56_AKernelStartedByKexec",
            [](EvidenceBuilder& m) { m.files.push_back(command_line("quiet")); },
            {Reason::kImaKexec}},
        Lie{"R20_AWrongSha1TemplateDigest",
            [](EvidenceBuilder& m) {
              m.shown_ima = m.ima_list();
              const std::size_t second = first_entries(*m.shown_ima, 1).size();
              (*m.shown_ima)[second + 4] ^= 1;
            },
            {Reason::kImaEntryFalse}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(VerifiedIma, R21_AListThatDoesNotBeginWithBootAggregate) {
  EvidenceBuilder machine;
  Bytes list = machine.ima_list();
  const std::size_t first = first_entries(list, 1).size();
  machine.shown_ima = to_bytes(ByteSpan(list).subspan(first));
  // The TPM was extended with exactly that list, too.
  auto values = machine.pcrs_after_boot();
  eventlog::ImaReader reader(*machine.shown_ima);
  for (auto entry = reader.next(); entry && *entry; entry = reader.next()) {
    values[10] = crypto::extended(values[10], (*entry)->extend_value(kPolicyBank).bytes());
  }
  const Evidence evidence = machine.build(values);
  const auto outcome = machine.verify(evidence);
  EXPECT_EQ(reasons(std::get<VerifiedEvidence>(outcome).ima().findings()),
            Reasons{Reason::kImaBootAggregateMissing});
}

TEST(VerifiedIma, R21_AcceptsTheAggregateOfOldKernels) {
  EvidenceBuilder machine;
  machine.boot_aggregate = machine.right_aggregate(7);
  EXPECT_EQ(text(Shown(machine).ima().findings()), "");
}

TEST(VerifiedIma, R20_NoEntryIsSkippedByItsName) {
  EvidenceBuilder machine;
  machine.run("/tmp/x");
  machine.run("");
  machine.files.push_back({.template_name = "ima-buf",
                           .file_digest = to_bytes(crypto::sha256(as_bytes("b")).bytes()),
                           .name = "dm_table_load",
                           .third = to_bytes(as_bytes("b"))});
  const Shown shown(machine);
  ASSERT_EQ(shown.ima().files().size(), 5u);
  EXPECT_EQ(shown.ima().files()[4].path, "dm_table_load");
}

// A99. One entry whose name would be two lines in the ASCII list.
TEST(VerifiedIma, A99_ANewlineInANameMakesNoSecondEntry) {
  const std::string name = "/tmp/x\n10 " + std::string(40, 'a') +
                           " ima-ng sha256:" + std::string(64, 'b') + " /usr/bin/kubelet";
  EvidenceBuilder machine;
  machine.run(name);
  const Shown shown(machine);
  EXPECT_EQ(text(shown.ima().findings()), "");
  EXPECT_EQ(shown.ima().entries(), 4u);
  ASSERT_EQ(shown.ima().files().size(), 3u);
  EXPECT_EQ(shown.ima().files()[2].path, name);
  EXPECT_EQ(shown.ima().files()[2].digest, EvidenceBuilder::file_digest(name));
}

TEST(VerifiedIma, R20_FilesOfEveryKnownTemplateAreShown) {
  EvidenceBuilder machine;
  const Bytes none;
  Bytes appended = to_bytes(as_bytes({"sha256:\0", 8}));
  append(appended, Bytes(32, 6));
  const Bytes pkcs7{0x30, 0x01};
  for (const auto& [name, alg, more] :
       std::vector<std::tuple<const char*, const char*, std::vector<Bytes>>>{
           {"ima-sig", "sha256", {}},
           {"ima-sigv2", "ima:sha256", {}},
           {"ima-modsig", "sha256", {appended, pkcs7}},
           {"evm-sig", "sha256", {none, none, none, none, none, none}}}) {
    machine.files.push_back({.template_name = name,
                             .digest_alg = alg,
                             .file_digest = Bytes(32, 5),
                             .name = std::string("/") + name,
                             .third = Bytes{},
                             .more = more});
  }
  const Shown shown(machine);
  EXPECT_EQ(text(shown.ima().findings()), "");
  ASSERT_EQ(shown.ima().files().size(), 6u);
  EXPECT_EQ(shown.ima().files()[4].path, "/ima-modsig");
  EXPECT_EQ(shown.ima().files()[4].appended.digest_alg, "sha256");
  EXPECT_EQ(to_bytes(shown.ima().files()[4].appended.digest), Bytes(32, 6));
  EXPECT_EQ(to_bytes(shown.ima().files()[4].appended.pkcs7), pkcs7);
  EXPECT_EQ(shown.ima().files()[5].path, "/evm-sig");
}

// ---- Round after round -------------------------------------------------------------------------

ImaPart part_of(const Bytes& list, int from, int to) {
  const Bytes before = first_entries(list, from);
  const std::size_t end = first_entries(list, to).size();
  return {static_cast<std::uint64_t>(from),
          ByteSpan(list).subspan(before.size(), end - before.size())};
}

QuotedPcrs quoted(const EvidenceBuilder& machine) {
  const Evidence evidence = machine.build();
  const auto outcome = machine.verify(evidence);
  return std::get<VerifiedEvidence>(outcome).pcrs();
}

// A96. The rule is decided by the first list and holds: a list cannot follow one, then the other.
TEST(VerifiedIma, A96_TheRuleOfAKernelDoesNotChange) {
  for (const auto rule :
       {eventlog::TemplateDigests::kPerBank, eventlog::TemplateDigests::kSha1Padded}) {
    EvidenceBuilder machine;
    machine.ima_rule = rule;
    const Evidence first = machine.build();
    const auto outcome = machine.verify(first);
    const ImaProgress before = std::get<VerifiedEvidence>(outcome).progress().ima;
    EXPECT_EQ(before.rule, rule);
    EXPECT_EQ(before.entries, 3u);

    machine.run("/usr/bin/next");
    const Bytes list = machine.ima_list();
    const auto next = verify_ima(before, part_of(list, 3, 4), quoted(machine));
    ASSERT_TRUE(std::holds_alternative<VerifiedIma>(next));
    EXPECT_EQ(std::get<VerifiedIma>(next).progress().rule, rule);

    // The same entry, extended by the other rule on top of what is known.
    const auto other = rule == eventlog::TemplateDigests::kPerBank
                           ? eventlog::TemplateDigests::kSha1Padded
                           : eventlog::TemplateDigests::kPerBank;
    const ImaPart part = part_of(list, 3, 4);
    const auto entry = *eventlog::ImaReader(part.entries).next();
    auto values = machine.pcrs_after_boot();
    values[10] = crypto::extended(before.pcr10, entry->extend_value(kPolicyBank, other).bytes());
    const Evidence mixed = machine.build(values);
    const auto verdict = machine.verify(mixed);
    EXPECT_EQ(reasons(std::get<VerifiedEvidence>(verdict).ima().findings()),
              Reasons{Reason::kImaListIncomplete});
  }
}

// A106. The kernel was made to forget entries that were verified already: what follows continues
// what the verifier remembers. Without that memory the list begins in the middle and proves
// nothing.
TEST(VerifiedIma, A106_ATrimmedListContinuesWhatIsRemembered) {
  EvidenceBuilder machine;
  const Evidence first = machine.build();
  const auto outcome = machine.verify(first);
  const ImaProgress before = std::get<VerifiedEvidence>(outcome).progress().ima;
  machine.run("/usr/bin/next");
  const Bytes list = machine.ima_list();
  const ImaPart trimmed = part_of(list, 3, 4);
  const auto next = verify_ima(before, trimmed, quoted(machine));
  ASSERT_TRUE(std::holds_alternative<VerifiedIma>(next));
  EXPECT_EQ(std::get<VerifiedIma>(next).entries(), 4u);
  EXPECT_EQ(text(std::get<VerifiedIma>(next).findings()), "");

  const auto lost = verify_ima({}, {0, trimmed.entries}, quoted(machine));
  EXPECT_EQ(reasons(std::get<VerifiedIma>(lost).findings()), Reasons{Reason::kImaListIncomplete});
}

TEST(VerifiedIma, KeepsOnlySoManyFindings) {
  EvidenceBuilder machine;
  for (int i = 0; i < 100; ++i) {
    machine.files.push_back({.digest_alg = "md5", .file_digest = Bytes(16), .name = "/a"});
  }
  const Shown shown(machine);
  ASSERT_EQ(shown.ima().findings().size(), kMaxImaFindings + 1);
  EXPECT_EQ(shown.ima().findings().back().reason, Reason::kImaMoreFindings);
}

}  // namespace
}  // namespace seaworthy::verify
