#include "policy/boot_match.h"

#include <gtest/gtest.h>

#include "policy/evaluate.h"
#include "support/evidence_builder.h"
#include "verify/loader.h"

namespace seaworthy::policy {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::kCommandLine;
using seaworthy::testing::kUkiCommandLine;
using verify::Findings;
using verify::Reason;
using verify::VerifiedEvidence;
using Reasons = std::vector<Reason>;

std::string text(const Findings& findings) {
  std::string all;
  for (const auto& f : findings) {
    all += std::string(name(f.reason)) + " [" + f.about + "] " + f.detail + "\n";
  }
  return all;
}
Reasons reasons(const Findings& findings) {
  Reasons all;
  for (const auto& finding : findings) {
    all.push_back(finding.reason);
  }
  return all;
}
api::Sha256Value sha256_of(std::string_view content) {
  return verify::bytes_of(crypto::sha256(as_bytes(content)));
}
Time at(int t) {
  return Time::from_unix(seconds(t));
}

// A node that boots a unified kernel image by systemd-boot, its reference values, and a policy that
// demands them, IMA and Secure Boot.
struct Uki {
  EvidenceBuilder machine;
  api::ReferenceValueSet set;
  api::AttestationPolicy policy;
  Time now = at(1000);

  Uki() {
    machine.boot = seaworthy::testing::uki_boot();
    machine.select_userspace_pcrs();
    for (const char* word : {"enter-initrd", "leave-initrd", "sysinit", "ready"}) {
      machine.userspace.push_back(seaworthy::testing::phase(11, word));
    }
    set.meta.name = "uki";
    set.applications = {sha256_of("systemd-boot 255")};
    set.unified_kernels = {sha256_of("uki 6.1")};
    set.command_lines = {kUkiCommandLine};
    for (const char* path : {"/usr/lib/systemd/systemd", "/usr/bin/kubelet"}) {
      set.files.push_back({sha256_of(std::string("content of ") + path), path});
    }
    policy.meta.name = "production";
    policy.evidence.reference_values = {"uki"};
    policy.evidence.runtime.reference_values = {"uki"};
  }
  Appraisal appraise(const std::vector<api::ReferenceValueSet>& more = {}) {
    std::map<std::string, std::shared_ptr<const CompiledSet>> sets = {{"uki", compile(set)}};
    for (const auto& other : more) {
      sets.emplace(other.meta.name, compile(other));
    }
    const Evidence evidence = machine.build();
    const auto outcome = machine.verify(evidence);
    const auto* verified = std::get_if<VerifiedEvidence>(&outcome);
    SEAWORTHY_CHECK(verified != nullptr);
    return evaluate(compile(policy, sets), *verified, {}, {}, now);
  }
  eventlog::BootEvent* application(std::string_view image) {
    for (auto& event : machine.boot.events) {
      if (event.type == eventlog::kBootApplication &&
          event.digest_is_of(crypto::HashAlg::kSha256, as_bytes(image))) {
        return &event;
      }
    }
    return nullptr;
  }
};

TEST(BootMatch, TrustsAUnifiedKernelImageWithIma) {
  const Appraisal appraisal = Uki().appraise();
  EXPECT_EQ(appraisal.verdict, api::Verdict::kTrusted) << text(appraisal.findings);
  EXPECT_EQ(appraisal.boot_set, "uki");
}

struct Row {
  const char* name;
  void (*change)(Uki&);
  Reasons found;  // empty: trusted
};
class UnifiedKernels : public ::testing::TestWithParam<Row> {};

TEST_P(UnifiedKernels, Judge) {
  Uki world;
  GetParam().change(world);
  const Appraisal appraisal = world.appraise();
  EXPECT_EQ(reasons(appraisal.findings), GetParam().found) << text(appraisal.findings);
}

INSTANTIATE_TEST_SUITE_P(
    Table, UnifiedKernels,
    ::testing::Values(
        Row{"AnotherImage",
            [](Uki& w) { *w.application("uki 6.1") = seaworthy::testing::application("evil", ""); },
            {Reason::kApplicationNotInReferenceValues, Reason::kApplicationNotInReferenceValues,
             Reason::kApplicationNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"R18_TheKernelWithoutItsImageAndTheImageExtendedAfterwards",
            [](Uki& w) { std::swap(*w.application("uki 6.1"), *w.application("kernel 6.1")); },
            {Reason::kApplicationNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"AnUnlistedLoaderBeforeIt",
            [](Uki& w) {
              *w.application("systemd-boot 255") = seaworthy::testing::application("evil", "");
            },
            {Reason::kApplicationNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"R22_AnotherCommandLineInTheImage",
            [](Uki& w) { w.machine.boot = seaworthy::testing::uki_boot("init=/bin/sh"); },
            {Reason::kCommandLineNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"ASectionMayEndInANewLine",
            [](Uki& w) {
              w.machine.boot = seaworthy::testing::uki_boot(std::string(kUkiCommandLine) + "\n");
            },
            {}},
        Row{"R22_AnotherCommandLinePassedOn",
            [](Uki& w) {
              const Bytes line = seaworthy::testing::utf16("init=/bin/sh");
              w.machine.boot.events.push_back(
                  seaworthy::testing::event_of(12, eventlog::kIpl, line, line));
            },
            {Reason::kCommandLineNotInReferenceValues, Reason::kCommandLineForbidden,
             Reason::kImaPolicyUnproven}},
        Row{"R22_SomethingPassedOnWhoseTextIsWithheld",
            [](Uki& w) {
              w.machine.boot.events.push_back(seaworthy::testing::event_of(
                  12, eventlog::kIpl, as_bytes("Credentials"), as_bytes("init=/bin/sh")));
            },
            {Reason::kCommandLineUnknown, Reason::kImaPolicyUnproven}},
        Row{"ACredentialThatIsListed",
            [](Uki& w) {
              w.machine.boot.events.push_back(seaworthy::testing::event_of(
                  12, eventlog::kIpl, as_bytes("Credentials"), as_bytes("credential")));
              w.set.events = {{.pcr = 12, .sha256 = {sha256_of("credential")}}};
            },
            {}},
        Row{"A85_WithoutTheLogOfSystemd",
            [](Uki& w) { w.machine.shown_userspace = Bytes{}; },
            {Reason::kPcrMismatch, Reason::kCommandLineUnknown, Reason::kImaPolicyUnproven}},
        Row{"NotQuoted",
            [](Uki& w) { w.machine.selection = EvidenceBuilder().selection; },
            {Reason::kCommandLineUnknown, Reason::kImaPolicyUnproven}},
        Row{"EventsOfPcr11AreListed",
            [](Uki& w) {
              w.set.events = {{.pcr = 11,
                               .sha256 = {sha256_of("kernel 6.1"), sha256_of("ID=debian"),
                                          sha256_of(kUkiCommandLine), sha256_of("initrd")}}};
            },
            {}},
        Row{"AnEventOfPcr11IsNotListed",
            [](Uki& w) {
              w.set.events = {{.pcr = 11,
                               .sha256 = {sha256_of("kernel 6.1"), sha256_of("ID=debian"),
                                          sha256_of(kUkiCommandLine)}}};
            },
            {Reason::kEventNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"EventsOfARegisterThatIsNotProven",
            [](Uki& w) {
              w.set.events = {{.pcr = 13, .sha256 = {}}};
              w.machine.selection = {
                  {crypto::HashAlg::kSha256,
                   tpm::PcrMask::range<0, 12>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};
            },
            {Reason::kEventNotInReferenceValues, Reason::kImaPolicyUnproven}},
        Row{"NothingMayBeMeasuredIntoPcr13",
            [](Uki& w) { w.set.events = {{.pcr = 13, .sha256 = {}}}; },
            {}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(BootMatch, ABootMayBeDescribedEventByEvent) {
  Uki world;
  world.machine.boot = seaworthy::testing::honest_boot();
  world.machine.userspace.clear();
  world.set.applications.clear();
  world.set.unified_kernels.clear();
  world.set.command_lines = {kCommandLine};
  world.set.events = {{.pcr = 9, .sha256 = {sha256_of("configuration"), sha256_of("kernel 6.1")}},
                      {.pcr = 14, .sha256 = {sha256_of("mok")}}};
  EXPECT_EQ(text(world.appraise().findings), "");
  world.set.events[0].sha256.pop_back();
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kEventNotInReferenceValues});
}

// ---- Windows
// -------------------------------------------------------------------------------------

TEST(BootMatch, ASetCountsFromNotBeforeUntilRetireAfter) {
  Uki world;
  world.set.not_before = at(1000);
  world.set.retire_after = at(2000);
  world.now = at(999);
  EXPECT_EQ(reasons(world.appraise().findings),
            (Reasons{Reason::kReferenceValuesNotYetValid, Reason::kImaPolicyUnproven,
                     Reason::kUnknownFile, Reason::kUnknownFile}));
  world.now = at(1000);
  EXPECT_EQ(text(world.appraise().findings), "");
  EXPECT_EQ(world.appraise().valid_until, at(2000));
  world.now = at(1999);
  EXPECT_EQ(text(world.appraise().findings), "");
  world.now = at(2000);
  const Appraisal retired = world.appraise();
  EXPECT_EQ(retired.findings[0].reason, Reason::kReferenceValuesRetired);
  EXPECT_EQ(retired.findings[0].about, "uki");
  EXPECT_EQ(retired.boot_set, "");
}

// Old; old or new; new. The node boots the new one in between and is Trusted all along.
TEST(BootMatch, AnUpdateIsNoIncident) {
  Uki world;
  api::ReferenceValueSet newer = world.set;
  newer.meta.name = "uki-6.2";
  newer.unified_kernels = {sha256_of("uki 6.2")};
  newer.not_before = at(1000);
  world.set.retire_after = at(2000);
  world.policy.evidence.reference_values = {"uki", "uki-6.2"};
  world.policy.evidence.runtime.reference_values = {"uki", "uki-6.2"};
  const auto boots = [&](const char* image, int t) {
    world.now = at(t);
    eventlog::BootEvent* event = world.application("uki 6.1");
    *(event != nullptr ? event : world.application("uki 6.2")) =
        seaworthy::testing::application(image, "");
    return world.appraise({newer});
  };
  EXPECT_EQ(boots("uki 6.1", 900).boot_set, "uki");
  EXPECT_EQ(boots("uki 6.1", 1500).boot_set, "uki");
  const Appraisal updated = boots("uki 6.2", 1500);
  EXPECT_EQ(updated.verdict, api::Verdict::kTrusted) << text(updated.findings);
  EXPECT_EQ(updated.boot_set, "uki-6.2");
  EXPECT_EQ(boots("uki 6.2", 2500).verdict, api::Verdict::kTrusted);
  // Too early, and too late: said so, and not as if nobody had ever heard of the image.
  EXPECT_EQ(boots("uki 6.2", 900).findings[0].reason, Reason::kReferenceValuesNotYetValid);
  EXPECT_EQ(boots("uki 6.1", 2500).findings[0].reason, Reason::kReferenceValuesRetired);
}

TEST(BootMatch, OfSeveralSetsTheOneCountsThatStaysLongest) {
  Uki world;
  world.set.retire_after = at(2000);
  api::ReferenceValueSet same = world.set;
  same.meta.name = "same";
  same.retire_after = at(3000);
  world.policy.evidence.reference_values = {"uki", "same"};
  EXPECT_EQ(world.appraise({same}).boot_set, "same");
  world.set.retire_after.reset();
  const Appraisal appraisal = world.appraise({same});
  EXPECT_EQ(appraisal.boot_set, "uki");
  EXPECT_FALSE(appraisal.valid_until);
}

TEST(BootMatch, ASetThatNobodyRunsIsRetiredEarly) {
  Uki world;
  world.set.retire_after = at(9000);
  EXPECT_EQ(text(world.appraise().findings), "");
  world.set.conditions = {{.type = api::kConditionRetired,
                           .status = api::ConditionStatus::kTrue,
                           .reason = "Unused",
                           .message = "",
                           .last_transition = {},
                           .observed_generation = 0}};
  EXPECT_EQ(world.appraise().findings[0].reason, Reason::kReferenceValuesRetired);
}

// ---- Quirks and minimums in a policy
// ---------------------------------------------------------------

TEST(BootMatch, AQuirkIsAViolationUntilThePolicyAllowsIt) {
  Uki world;
  world.machine.shown_boot = world.machine.boot;
  world.machine.shown_boot->events.resize(world.machine.boot.events.size() - 2);
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kFirmwareQuirk});
  world.policy.evidence.allowed_quirks = {"ExitBootServicesNotLogged"};
  EXPECT_EQ(text(world.appraise().findings), "");
  world.policy.evidence.allowed_quirks = {"AuthorityLogsOneByteMore"};
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kFirmwareQuirk});
}

TEST(BootMatch, A83_SecureBootByAQuirkNeedsThePolicysWord) {
  Uki world;
  for (auto& event : world.machine.boot.events) {
    if (event.type == eventlog::kVariableAuthority) {
      event.data.push_back(0);
    }
  }
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kFirmwareQuirk});
  world.policy.evidence.allowed_quirks = {"AuthorityLogsOneByteMore"};
  EXPECT_EQ(text(world.appraise().findings), "");
}

TEST(BootMatch, A80_APolicyMayDemandMoreThanOn) {
  using namespace seaworthy::testing;
  using Keys = api::AttestationPolicy::SecureBootMinimum::Keys;
  Uki world;
  auto& minimum = world.policy.evidence.secure_boot_minimum;
  minimum.sbat = {{"shim", 2}};
  minimum.revoked = {sha256_of("old grub")};
  minimum.pk = Keys{.sha256 = {sha256_of("pk")}};
  // The machine's variables are no signature lists, and its SbatLevel no text.
  EXPECT_EQ(reasons(world.appraise().findings),
            (Reasons{Reason::kSbatLevelUnknown, Reason::kSecureBootKeysUnknown,
                     Reason::kSecureBootKeysUnknown}));
  auto& events = world.machine.boot.events;
  events[3] = config(eventlog::kEfiGlobalVariable, "PK",
                     signature_list(eventlog::kCertX509, as_bytes("pk")));
  events[6] = config(eventlog::kEfiImageSecurityDatabase, "dbx",
                     signature_list(eventlog::kCertSha256, sha256_of("old grub")));
  for (auto& event : events) {
    if (as_text(event.data).find('S') != std::string_view::npos &&
        event.type == eventlog::kVariableAuthority) {
      event = variable(eventlog::kVariableAuthority, eventlog::kShimLock, "SbatLevel",
                       to_bytes(as_bytes("sbat,1,2023012900\nshim,2\n")));
    }
  }
  EXPECT_EQ(text(world.appraise().findings), "");
  minimum.sbat = {{"shim", 3}, {"grub", 1}};
  minimum.revoked.push_back(sha256_of("older grub"));
  minimum.pk->sha256 = {sha256_of("other")};
  EXPECT_EQ(reasons(world.appraise().findings),
            (Reasons{Reason::kSbatLevelTooLow, Reason::kSbatLevelTooLow, Reason::kRevocationMissing,
                     Reason::kSecureBootKeyNotAllowed}));
  minimum = {};
  minimum.pk = Keys{.sha256 = {sha256_of("pk"), sha256_of("second")}};
  EXPECT_EQ(text(world.appraise().findings), "");
  minimum.pk->equal = true;
  EXPECT_EQ(reasons(world.appraise().findings), Reasons{Reason::kSecureBootKeyMissing});
}

}  // namespace
}  // namespace seaworthy::policy
