#include "policy/evaluate.h"

#include <gtest/gtest.h>

#include "support/evidence_builder.h"

namespace seaworthy::policy {
namespace {

using api::Verdict;
using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::kCommandLine;
using verify::AttestationProgress;
using verify::Findings;
using verify::Reason;
using verify::VerifiedEvidence;

using Reasons = std::vector<Reason>;

Reasons reasons(const Findings& findings) {
  Reasons all;
  for (const auto& finding : findings) {
    all.push_back(finding.reason);
  }
  return all;
}
std::string text(const Findings& findings) {
  std::string all;
  for (const auto& f : findings) {
    all += std::string(name(f.reason)) + " [" + f.about + "] " + f.message() + "\n";
  }
  return all;
}

api::Sha256Value sha256_of(std::string_view content) {
  api::Sha256Value value{};
  const crypto::Digest digest = crypto::sha256(as_bytes(content));
  std::copy(digest.bytes().begin(), digest.bytes().end(), value.begin());
  return value;
}

// Reference values of the honest machine, and a policy that demands them.
struct World {
  api::ReferenceValueSet set;
  api::AttestationPolicy policy;
  EvidenceBuilder machine;
  AttestationProgress progress = {};
  std::optional<FileAppraisal> files = {};
  Findings endorsement = {};
  Evidence evidence = {};
  Time now = Time::from_unix(seconds(1'800'000'000));

  World() {
    set.meta.name = "debian";
    set.applications = {sha256_of("shim 15.8"), sha256_of("grub 2.12"), sha256_of("kernel 6.1")};
    set.command_lines = {kCommandLine};
    for (const char* path : {"/usr/lib/systemd/systemd", "/usr/bin/kubelet", "/usr/bin/runc"}) {
      set.files.push_back({sha256_of(std::string("content of ") + path), path});
    }
    policy.meta.name = "production";
    policy.evidence.reference_values = {"debian"};
    policy.evidence.runtime.reference_values = {"debian"};
  }

  CompiledPolicy compiled() const { return compile(policy, {{set.meta.name, compile(set)}}); }

  // One round; what is remembered moves on.
  Appraisal appraise() {
    evidence = machine.build();
    const auto outcome = machine.verify(evidence, progress);
    const auto* verified = std::get_if<VerifiedEvidence>(&outcome);
    SEAWORTHY_CHECK(verified != nullptr);
    Appraisal appraisal = evaluate(compiled(), *verified, endorsement, files, now);
    progress = verified->progress();
    files = appraisal.files;
    machine.clock.clock += 1000;
    return appraisal;
  }
  // The same, showing only the entries from where the verifier is.
  Appraisal appraise_delta() {
    const std::uint64_t from = progress.ima_entries();
    machine.edit_evidence = [from](Evidence& e) {
      eventlog::ImaReader reader(*e.ima);
      for (std::uint64_t i = 0; i < from; ++i) {
        (void)reader.next();
      }
      e.ima = to_bytes(ByteSpan(*e.ima).subspan(reader.consumed()));
      e.ima_from = from;
    };
    Appraisal appraisal = appraise();
    machine.edit_evidence = nullptr;
    return appraisal;
  }
};

TEST(Evaluate, TrustsAnHonestNode) {
  World world;
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.verdict, Verdict::kTrusted) << text(appraisal.findings);
  EXPECT_EQ(text(appraisal.findings), "");
  EXPECT_EQ(appraisal.files.entries, 3u);
}

struct Row {
  const char* name;
  void (*change)(World&);
  Reasons found;  // empty: trusted
};
class Rules : public ::testing::TestWithParam<Row> {};

TEST_P(Rules, Judge) {
  World world;
  GetParam().change(world);
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(reasons(appraisal.findings), GetParam().found) << text(appraisal.findings);
  EXPECT_EQ(appraisal.verdict, GetParam().found.empty() ? Verdict::kTrusted : Verdict::kViolated);
}

void secure_boot_off(World& w) {
  w.machine.boot.events[2] =
      seaworthy::testing::config(eventlog::kEfiGlobalVariable, "SecureBoot", {0});
}
void boot_other_kernel(World& w) {
  for (auto& event : w.machine.boot.events) {
    if (event.type == eventlog::kBootApplication &&
        event.digest_is_of(crypto::HashAlg::kSha256, as_bytes("kernel 6.1"))) {
      event = seaworthy::testing::application("kernel evil", "");
    }
  }
}
void without_ima(World& w) {
  w.machine.edit_evidence = nullptr;
  w.policy.evidence.runtime.ima = api::ImaRule::kIgnored;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rules,
    ::testing::Values(
        Row{"A13_AnEkOfAnotherAuthority",
            [](World& w) {
              w.endorsement = {{Reason::kEkCertificateUntrusted, "EK"}};
            },
            {Reason::kEkCertificateUntrusted}},
        Row{"R15_ALogThatDoesNotReplay",
            [](World& w) {
              w.policy.evidence.boot = api::BootRule::kAny;
              w.machine.extra_extends[14] = Bytes(32, 1);
            },
            {Reason::kPcrMismatch}},
        Row{"A79_SecureBootOff", secure_boot_off, {Reason::kSecureBootOff}},
        Row{"SecureBootOffMayBeAllowed",
            [](World& w) {
              secure_boot_off(w);
              w.policy.evidence.secure_boot = api::Requirement::kOptional;
            },
            {}},
        Row{"A79_SecureBootUnknown",
            [](World& w) {
              w.machine.boot.events[2] =
                  seaworthy::testing::config(eventlog::kEfiGlobalVariable, "SecureBoot", {});
            },
            {Reason::kSecureBootUnknown}},
        Row{"A111_ASetThatDoesNotExist",
            [](World& w) { w.policy.evidence.reference_values.push_back("gone"); },
            {Reason::kReferenceValuesMissing}},
        Row{"A111_AFileSetThatDoesNotExist",
            [](World& w) { w.policy.evidence.runtime.reference_values.push_back("gone"); },
            {Reason::kReferenceValuesMissing}},
        Row{"A111_ASetThatDoesNotExistIsToldOnceWhateverItIsFor",
            [](World& w) {
              w.policy.evidence.reference_values.push_back("gone");
              w.policy.evidence.runtime.reference_values.push_back("gone");
            },
            {Reason::kReferenceValuesMissing}},
        Row{"A111_NoSetIsNamed",
            [](World& w) { w.policy.evidence.reference_values.clear(); },
            {Reason::kReferenceValuesEmpty}},
        Row{"A111_ASetThatSaysNothingAboutTheBoot",
            [](World& w) { w.set.applications.clear(); },
            {Reason::kReferenceValuesEmpty}},
        Row{"A111_NoFileSetIsNamed",
            [](World& w) { w.policy.evidence.runtime.reference_values.clear(); },
            {Reason::kReferenceValuesEmpty, Reason::kUnknownFile, Reason::kUnknownFile}},
        Row{"AnotherKernel", boot_other_kernel, {Reason::kApplicationNotInReferenceValues}},
        Row{"AnyBootMayBeAllowed",
            [](World& w) {
              boot_other_kernel(w);
              w.policy.evidence.boot = api::BootRule::kAny;
            },
            {}},
        Row{"AnotherPcrValue",
            [](World& w) {
              w.set.pcrs = {{4, {1}}};
            },
            {Reason::kPcrNotInReferenceValues}},
        Row{"APcrThatIsNotQuoted",
            [](World& w) {
              w.set.pcrs = {{12, {}}};
            },
            {Reason::kPcrNotInReferenceValues}},
        Row{"TheRightPcrValue",
            [](World& w) {
              api::ReferenceValueSet::Pcr pcr{4, {}};
              const auto value = w.machine.pcrs()[4];
              std::copy(value.bytes().begin(), value.bytes().end(), pcr.sha256.begin());
              w.set.pcrs = {pcr};
            },
            {}},
        Row{"AnotherCommandLine",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz ima_policy=tcb quiet");
            },
            {Reason::kCommandLineNotInReferenceValues}},
        Row{"CommandLinesMayBeLeftOut",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz ima_policy=tcb quiet");
              w.set.command_lines.clear();
            },
            {}},
        Row{"NoCommandLineIsProven",
            [](World& w) {
              std::erase_if(w.machine.boot.events, [](auto& e) { return e.pcr == 8; });
            },
            {Reason::kCommandLineUnknown, Reason::kImaPolicyUnproven}},
        Row{"A86_AShellInsteadOfTheSystem",
            [](World& w) {
              w.machine.boot =
                  seaworthy::testing::honest_boot("/vmlinuz ima_policy=tcb init=/bin/sh");
              w.policy.evidence.boot = api::BootRule::kAny;
            },
            {Reason::kCommandLineForbidden}},
        Row{"A86_UnlessAPersonListedIt",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz ima_tcb init=/opt/init");
              w.set.command_lines = {"/vmlinuz ima_tcb init=/opt/init"};
            },
            {}},
        Row{"A104_NoImaPolicy",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz quiet");
              w.set.command_lines.clear();
            },
            {Reason::kImaPolicyUnproven}},
        Row{"A104_TheImaPolicyOfAListedCommandLine",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz quiet");
              w.set.command_lines = {"/vmlinuz quiet"};
            },
            {}},
        Row{"A89_NoImaList",
            [](World& w) { w.machine.shown_ima = Bytes(); },
            {Reason::kImaListMissing}},
        Row{"ImaMayBeIgnored",
            [](World& w) {
              w.machine.shown_ima = Bytes();
              without_ima(w);
            },
            {}},
        Row{"A101_AnUnknownFileWithAKnownName",
            [](World& w) {
              w.machine.files.push_back({.file_digest = Bytes(32, 6), .name = "/usr/bin/kubelet"});
            },
            {Reason::kUnknownFile}},
        Row{"A101_AKnownFileElsewhere",
            [](World& w) {
              w.machine.files.push_back(
                  {.file_digest = to_bytes(EvidenceBuilder::file_digest("/usr/bin/runc").bytes()),
                   .name = "/somewhere/else"});
            },
            {}},
        Row{"A94_AViolation",
            [](World& w) {
              w.machine.files.push_back(
                  {.file_digest = Bytes(32), .name = "/usr/bin/kubelet", .violation = true});
            },
            {Reason::kImaViolation}},
        Row{"A96_AnOldKernel",
            [](World& w) { w.machine.ima_rule = eventlog::TemplateDigests::kSha1Padded; },
            {Reason::kImaDigestsPadded}},
        Row{"A102_AFileThatWasWithdrawn",
            [](World& w) {
              w.set.runtime.denied_files = {{sha256_of("content of /usr/bin/kubelet"), "CVE"}};
            },
            {Reason::kFileDenied}},
        Row{"A102_AFileThatWasWithdrawnIsNeverOnlyReported",
            [](World& w) {
              w.policy.evidence.runtime.unknown_files = api::UnknownFilesRule::kReport;
              w.set.runtime.denied_files = {{sha256_of("content of /usr/bin/kubelet"), "CVE"}};
            },
            {Reason::kFileDenied}},
        Row{"R24_ASignerThatCannotBeUsed",
            [](World& w) {
              w.set.runtime.signers = {{"vendor", "-----BEGIN PUBLIC KEY-----", 2}};
            },
            {Reason::kSignerUnusable}},
        Row{"A104_TheListedImaPolicyWasNotMeasured",
            [](World& w) { w.set.runtime.ima_policies = {sha256_of("rules")}; },
            {Reason::kImaPolicyUnproven}},
        Row{"A104_TheListedImaPolicyWasMeasured",
            [](World& w) {
              w.machine.boot = seaworthy::testing::honest_boot("/vmlinuz quiet");
              w.set.command_lines.clear();
              w.set.runtime.ima_policies = {sha256_of("content of /etc/ima/ima-policy")};
              w.machine.run("/etc/ima/ima-policy");
            },
            {}},
        Row{"AllIsToldAtOnce",
            [](World& w) {
              secure_boot_off(w);
              boot_other_kernel(w);
              w.machine.run("/tmp/miner");
            },
            {Reason::kSecureBootOff, Reason::kApplicationNotInReferenceValues,
             Reason::kUnknownFile}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Evaluate, ADigestOfAnotherAlgorithmIsNeverAReferenceValue) {
  World world;
  const auto digest = crypto::hash(crypto::HashAlg::kSha512, as_bytes("x"));
  world.machine.files.push_back(
      {.digest_alg = "sha512", .file_digest = to_bytes(digest.bytes()), .name = "/x"});
  api::ReferenceValueSet::File file;
  std::copy_n(digest.bytes().begin(), 32, file.sha256.begin());
  world.set.files.push_back(file);
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kUnknownFile});
}

TEST(Evaluate, ReportedFilesDoNotViolate) {
  World world;
  world.policy.evidence.runtime.unknown_files = api::UnknownFilesRule::kReport;
  world.machine.run("/tmp/x");
  world.machine.files.push_back({.file_digest = Bytes(32), .name = "/y", .violation = true});
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.verdict, Verdict::kTrusted);
  EXPECT_EQ(reasons(appraisal.findings), (Reasons{Reason::kImaViolation, Reason::kUnknownFile}));
}

TEST(Evaluate, A96_AnOldKernelMayBeAllowedAndIsToldAllTheSame) {
  World world;
  world.machine.ima_rule = eventlog::TemplateDigests::kSha1Padded;
  world.policy.evidence.runtime.rules.old_kernels = api::OldKernelRule::kAllowed;
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.verdict, Verdict::kTrusted) << text(appraisal.findings);
  EXPECT_EQ(reasons(appraisal.findings), Reasons{Reason::kImaDigestsPadded});
}

struct Kexec {
  const char* name;
  std::vector<const char*> announced;  // command lines
  int started;
  api::UnknownFilesRule unknown_files;
  Reasons forbidden;  // what is found, kernels by kexec being forbidden
  Reasons measured;   // what violates, if they have to be measured
};
class EvaluateKexec : public ::testing::TestWithParam<Kexec> {};

TEST_P(EvaluateKexec, A56) {
  const Kexec& row = GetParam();
  World world;
  world.policy.evidence.runtime.unknown_files = row.unknown_files;
  world.set.runtime.measurements = {{"kexec-cmdline", sha256_of("ro quiet")}};
  for (const char* text : row.announced) {
    const auto digest = sha256_of(text);
    world.machine.files.push_back({.template_name = "ima-buf",
                                   .file_digest = Bytes(digest.begin(), digest.end()),
                                   .name = "kexec-cmdline",
                                   .third = to_bytes(as_bytes(text))});
  }
  for (int i = 0; i < row.started; ++i) {
    world.machine.files.push_back(
        {.file_digest = world.machine.right_aggregate(), .name = "boot_aggregate"});
  }
  EXPECT_EQ(reasons(world.appraise().findings), row.forbidden);
  EXPECT_EQ(world.appraise().verdict, Verdict::kViolated);
  world.policy.evidence.runtime.rules.kexec = api::KexecRule::kMeasured;
  Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.verdict, row.measured.empty() ? Verdict::kTrusted : Verdict::kViolated);
  EXPECT_TRUE(verify::has(appraisal.findings, Reason::kImaKexec)) << "told all the same";
  std::erase_if(appraisal.findings, [](auto& f) { return f.reason == Reason::kImaKexec; });
  EXPECT_EQ(reasons(appraisal.findings), row.measured);
}

INSTANTIATE_TEST_SUITE_P(Table, EvaluateKexec,
                         ::testing::Values(Kexec{"Announced",
                                                 {"ro quiet"},
                                                 0,
                                                 api::UnknownFilesRule::kViolated,
                                                 {Reason::kImaKexec},
                                                 {}},
                                           Kexec{"Started",
                                                 {"ro quiet"},
                                                 1,
                                                 api::UnknownFilesRule::kViolated,
                                                 {Reason::kImaKexec, Reason::kImaKexec},
                                                 {}},
                                           Kexec{"NotAnnounced",
                                                 {},
                                                 1,
                                                 api::UnknownFilesRule::kViolated,
                                                 {Reason::kImaKexec, Reason::kImaKexecUnmeasured},
                                                 {Reason::kImaKexecUnmeasured}},
                                           Kexec{"AnnouncedOnceAndStartedTwice",
                                                 {"ro quiet"},
                                                 2,
                                                 api::UnknownFilesRule::kViolated,
                                                 {Reason::kImaKexec, Reason::kImaKexec,
                                                  Reason::kImaKexec, Reason::kImaKexecUnmeasured},
                                                 {Reason::kImaKexecUnmeasured}},
                                           Kexec{"UnlistedAndNeverOnlyReported",
                                                 {"ro quiet ima=off"},
                                                 1,
                                                 api::UnknownFilesRule::kReport,
                                                 {Reason::kImaKexec, Reason::kImaKexec,
                                                  Reason::kUnknownMeasurement},
                                                 {Reason::kUnknownMeasurement}}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Evaluate, A104_AnImaPolicyThatWasMeasuredBeforeStaysProven) {
  World world;
  world.set.runtime.ima_policies = {sha256_of("content of /etc/ima/ima-policy")};
  world.machine.run("/etc/ima/ima-policy");
  EXPECT_EQ(world.appraise().verdict, Verdict::kTrusted);
  world.machine.run("/usr/bin/runc");
  EXPECT_EQ(world.appraise_delta().verdict, Verdict::kTrusted);
}

TEST(Evaluate, AnyOneOfTheSetsWillDoButWholly) {
  World world;
  api::ReferenceValueSet older = world.set;
  older.meta.name = "older";
  older.applications = {sha256_of("shim 15.8"), sha256_of("grub 2.12"), sha256_of("kernel 5.10")};
  world.policy.evidence.reference_values = {"older", "debian"};
  const std::map<std::string, std::shared_ptr<const CompiledSet>> sets = {
      {"older", compile(older)}, {"debian", compile(world.set)}};
  world.evidence = world.machine.build();
  const auto outcome = world.machine.verify(world.evidence);
  const auto& verified = std::get<VerifiedEvidence>(outcome);
  EXPECT_EQ(evaluate(compile(world.policy, sets), verified, {}, {}, world.now).verdict,
            Verdict::kTrusted);
  // The kernel of one set with the command line of the other is neither.
  older.command_lines = world.set.command_lines;
  world.set.command_lines = {"/other"};
  const std::map<std::string, std::shared_ptr<const CompiledSet>> mixed = {
      {"older", compile(older)}, {"debian", compile(world.set)}};
  EXPECT_EQ(evaluate(compile(world.policy, mixed), verified, {}, {}, world.now).verdict,
            Verdict::kViolated);
}

// ---- Over several rounds -----------------------------------------------------------------------

TEST(Evaluate, AnUnknownFileStaysForTheEpoch) {
  World world;
  world.machine.run("/tmp/miner");
  EXPECT_EQ(world.appraise().verdict, Verdict::kViolated);
  world.machine.run("/usr/bin/runc");
  const Appraisal later = world.appraise_delta();
  EXPECT_EQ(reasons(later.findings), Reasons{Reason::kUnknownFile});
  EXPECT_EQ(later.findings[0].about, "/tmp/miner");
  EXPECT_EQ(later.files.entries, 5u);
}

TEST(Evaluate, OnlyNewEntriesAreJudged) {
  World world;
  EXPECT_EQ(world.appraise().verdict, Verdict::kTrusted);
  world.machine.run("/tmp/miner");
  EXPECT_EQ(reasons(world.appraise_delta().findings), Reasons{Reason::kUnknownFile});
}

TEST(Evaluate, R24_EntriesThatDoNotContinueAreAFinding) {
  World world;
  (void)world.appraise();
  world.files.reset();  // another policy saw them, this one did not
  const Appraisal appraisal = world.appraise_delta();
  EXPECT_EQ(appraisal.verdict, Verdict::kViolated);
  EXPECT_EQ(reasons(appraisal.findings), Reasons{Reason::kFilesNotContinuous});
  EXPECT_EQ(world.appraise().verdict, Verdict::kTrusted);  // shown from the start
}

TEST(Evaluate, A63_AnotherGenerationIsJudgedFromTheStart) {
  World world;
  world.machine.run("/opt/new");
  EXPECT_EQ(world.appraise().verdict, Verdict::kViolated);
  world.set.files.push_back({sha256_of("content of /opt/new"), ""});
  EXPECT_EQ(reasons(world.appraise_delta().findings), Reasons{Reason::kFilesNotContinuous});
  EXPECT_EQ(world.appraise().verdict, Verdict::kTrusted);
}

TEST(Evaluate, OnlySoManyUnknownFilesAreKept) {
  World world;
  for (std::size_t i = 0; i < kMaxUnknownFiles + 5; ++i) {
    world.machine.run("/tmp/" + std::to_string(i));
  }
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.files.unknown.size(), kMaxUnknownFiles);
  EXPECT_EQ(appraisal.files.more, 5u);
  EXPECT_EQ(appraisal.findings.back().reason, Reason::kMoreUnknownFiles);
  EXPECT_EQ(appraisal.verdict, Verdict::kViolated);
}

// A list that is longer than one message: judged part by part, the verdict comes with the last.
TEST(Evaluate, ALongListIsJudgedInParts) {
  World world;
  for (int i = 0; i < 1'200; ++i) {
    const std::string path = "/" + std::string(3'900, 'x') + std::to_string(i);
    world.machine.run(path);
    if (i != 7 && i != 1'190) {
      world.set.files.push_back({sha256_of("content of " + path), ""});
    }
  }
  const Bytes whole = world.machine.ima_list();
  eventlog::ImaReader reader(whole);
  while (reader.consumed() < verify::kUnfinishedBytes) {
    ASSERT_TRUE(reader.next());
  }
  const std::size_t cut = reader.consumed();
  world.machine.edit_evidence = [&](Evidence& e) { e.ima->resize(cut); };
  world.evidence = world.machine.build();
  const auto outcome = world.machine.verify(world.evidence);
  const auto* need = std::get_if<verify::NeedMore>(&outcome);
  ASSERT_TRUE(need != nullptr && need->unfinished);
  EXPECT_EQ(need->ima_from, reader.entries());
  world.progress = need->unfinished->progress;
  world.files = appraise_part(world.compiled(), need->unfinished->ima, std::nullopt, world.now);
  EXPECT_EQ(world.files->unknown.size(), 1u);
  world.machine.clock.clock += 1000;
  const Appraisal appraisal = world.appraise_delta();
  EXPECT_EQ(reasons(appraisal.findings), (Reasons{Reason::kUnknownFile, Reason::kUnknownFile}));
  EXPECT_EQ(appraisal.files.entries, 1'203u);
}

// ---- Properties --------------------------------------------------------------------------------

TEST(Evaluate, AddingAFindingNeverMakesANodeTrusted) {
  for (const Reason reason : verify::all_reasons()) {
    World world;
    const std::vector<void (*)(World&)> all = {[](World&) {}, secure_boot_off, boot_other_kernel};
    for (const auto change : all) {
      World with;
      change(with);
      with.endorsement = {{reason, "anything"}};
      EXPECT_EQ(with.appraise().verdict, Verdict::kViolated) << name(reason);
    }
    if (static_cast<int>(reason) > 102) {
      break;  // the rule does not look at the reason: two are enough
    }
  }
}

TEST(Evaluate, R24_ADefaultPolicyTrustsNobody) {
  World world;
  world.policy.evidence = {};
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(appraisal.verdict, Verdict::kViolated);
  EXPECT_TRUE(has(appraisal.findings, Reason::kReferenceValuesEmpty));
}

}  // namespace
}  // namespace seaworthy::policy
