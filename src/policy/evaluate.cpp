#include "policy/evaluate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/hex.h"
#include "policy/boot_match.h"
#include "policy/command_line.h"
#include "policy/secure_boot_minimum.h"

namespace seaworthy::policy {

using api::Sha256Value;
using verify::Finding;
using verify::Findings;
using verify::Reason;
using verify::VerifiedBoot;

namespace {

struct Input {
  const CompiledPolicy& policy;
  const verify::VerifiedEvidence& evidence;
  const Findings& endorsement;
  const FileAppraisal& files;
  bool files_continuous;
  const BootMatch& match;
  Time now;

  const VerifiedBoot& boot() const { return evidence.boot(); }
  bool ima_required() const { return policy.evidence.runtime.ima == api::ImaRule::kRequired; }
  bool unknown_files_violate() const {
    return policy.evidence.runtime.unknown_files == api::UnknownFilesRule::kViolated;
  }
};

// What a rule found. `reported` is shown and does not make the verdict.
struct Found {
  Findings violations;
  Findings reported;
};

// R1, R2 under this policy's anchors.
void endorsement(const Input& in, Found& out) {
  append(out.violations, in.endorsement);
}

// R11, R14 to R18: the boot log and the quote agree. Also where nothing is compared with the boot:
// a log that lies is not a detail.
void boot_integrity(const Input& in, Found& out) {
  append(out.violations, in.boot().findings(in.policy.allowed_quirks));
}

// R17.
void secure_boot(const Input& in, Found& out) {
  if (in.policy.evidence.secure_boot == api::Requirement::kRequired &&
      in.boot().secure_boot(in.policy.allowed_quirks) != verify::SecureBoot::kOn) {
    append(out.violations, in.boot().secure_boot_findings(in.policy.allowed_quirks));
  }
}

//
void secure_boot_minimum(const Input& in, Found& out) {
  append(out.violations,
         shortfalls(in.policy.evidence.secure_boot_minimum, in.boot().secure_boot_keys()));
}

// One set may be named for boot and for files: that it is missing is said once.
void missing(const std::vector<std::string>& sets, Found& out) {
  for (const std::string& name : sets) {
    const Finding finding{Reason::kReferenceValuesMissing, name};
    if (std::find(out.violations.begin(), out.violations.end(), finding) == out.violations.end()) {
      out.violations.push_back(finding);
    }
  }
}

// R24. A set that is named and does not exist is never skipped.
void reference_values_exist(const Input& in, Found& out) {
  if (in.policy.evidence.boot == api::BootRule::kReferenceValues) {
    missing(in.policy.missing_boot_sets, out);
    if (in.policy.boot_sets.empty() && in.policy.missing_boot_sets.empty()) {
      out.violations.push_back({Reason::kReferenceValuesEmpty, "boot"});
    }
    for (const auto& set : in.policy.boot_sets) {
      if (!set->describes_boot()) {
        out.violations.push_back({Reason::kReferenceValuesEmpty, set->name});
      }
    }
  }
  if (in.ima_required() && in.unknown_files_violate()) {
    missing(in.policy.missing_file_sets, out);
    if (in.policy.file_sets.empty() && in.policy.missing_file_sets.empty()) {
      out.violations.push_back({Reason::kReferenceValuesEmpty, "runtime"});
    }
    for (const auto& set : in.policy.file_sets) {
      for (const std::string& why : set->files->unusable_signers) {
        out.violations.push_back({Reason::kSignerUnusable, set->name, why});
      }
    }
  }
}

// The boot matches one set wholly; if none, what differs from the nearest is told.
void boot_reference(const Input& in, Found& out) {
  append(out.violations, in.match.findings);
}

// Some set that the boot rests on lists this very command line.
bool vouched_for(const Input& in, const std::string& command_line) {
  return std::any_of(in.policy.boot_sets.begin(), in.policy.boot_sets.end(), [&](const auto& set) {
    return set->validity.in_force(in.now) && set->has_command_line(command_line);
  });
}

// The same of the unified kernel image that was started.
bool vouched_for_image(const Input& in) {
  Findings unused;
  return in.match.set && !in.match.set->unified_kernels.empty() &&
         unified_command_line(*in.match.set, in.boot(), unused);
}

// R22. A command line that switches a protection off, unless a person listed it as it is.
void command_line(const Input& in, Found& out) {
  std::vector<std::string> lines = in.boot().command_lines();
  const auto& passed = in.boot().passed_command_lines();
  lines.insert(lines.end(), passed.begin(), passed.end());
  for (const std::string& text : lines) {
    const auto token = forbidden_token(text);
    if (token && !vouched_for(in, text)) {
      out.violations.push_back({Reason::kCommandLineForbidden, *token, "in '" + text + "'"});
    }
  }
}

// What a policy may allow about a list, and is told all the same.
bool only_reported(const Input& in, Reason reason) {
  const api::FileRules& rules = in.policy.evidence.runtime.rules;
  switch (reason) {
    case Reason::kImaViolation:  // "this file's content is not known": what an unknown file is
      return !in.unknown_files_violate();
    case Reason::kImaDigestsPadded:  // a kernel before 5.8 cannot do better
    case Reason::kImaBootAggregateUnproven:
      return rules.old_kernels == api::OldKernelRule::kAllowed;
    case Reason::kImaKexec:  // One that was not measured is told apart, and never allowed.
      return rules.kexec == api::KexecRule::kMeasured;
    default:
      return false;
  }
}

// R19 to R21.
void ima_list(const Input& in, Found& out) {
  if (!in.ima_required()) {
    return;
  }
  const verify::VerifiedIma& ima = in.evidence.ima();
  if (ima.entries() == 0 && ima.findings().empty()) {
    out.violations.push_back({Reason::kImaListMissing, "IMA list"});
  }
  for (const Finding& finding : ima.findings()) {
    (only_reported(in, finding.reason) ? out.reported : out.violations).push_back(finding);
  }
}

// R22. That the kernel measures what it runs is measured itself; otherwise a clean list means
//      nothing.
void ima_policy(const Input& in, Found& out) {
  if (!in.ima_required()) {
    return;
  }
  const auto& lines = in.boot().command_lines();
  const bool all = std::all_of(lines.begin(), lines.end(), [&](auto& text) {
    return names_measuring_policy(text) || vouched_for(in, text);
  });
  const bool proven = all && (!lines.empty() || vouched_for_image(in));
  if (in.policy.files.lists_ima_policies(in.now)) {
    // A person says which rules IMA has to follow: that they were measured is then the proof, and
    // whatever the command line says is none.
    if (!in.files.ima_policy_seen) {
      out.violations.push_back({Reason::kImaPolicyUnproven, "IMA list",
                                "none of the imaPolicies of the reference values was measured"});
    }
  } else if (!proven) {
    out.violations.push_back(
        {Reason::kImaPolicyUnproven, "PCR 8", lines.empty() ? "no command line is proven" : ""});
  }
}

void unknown_files(const Input& in, Found& out) {
  if (!in.ima_required()) {
    return;
  }
  if (!in.files_continuous) {
    out.violations.push_back({Reason::kFilesNotContinuous, "IMA list"});
  }
  for (const UnknownFile& file : in.files.refused) {
    const std::string_view note = in.policy.files.denial_note(file.sha256);
    out.violations.push_back({file.reason, file.path,
                              "sha256:" + codec::to_hex(file.sha256) +
                                  (note.empty() ? "" : " (" + std::string(note) + ")")});
  }
  Findings& to = in.unknown_files_violate() ? out.violations : out.reported;
  for (const UnknownFile& file : in.files.unknown) {
    to.push_back({file.reason, file.path, "sha256:" + codec::to_hex(file.sha256)});
  }
  if (in.files.more_refused > 0) {
    out.violations.push_back({Reason::kMoreUnknownFiles, "IMA list",
                              std::to_string(in.files.more_refused) + " more that are refused"});
  }
  if (in.files.more > 0) {
    to.push_back({Reason::kMoreUnknownFiles, "IMA list", std::to_string(in.files.more) + " more"});
  }
}

using Rule = void (*)(const Input&, Found&);
constexpr auto kRules = std::to_array<Rule>({
    endorsement,             // is it a TPM of ours
    boot_integrity,          // is what it says about the boot true
    secure_boot,             //
    secure_boot_minimum,     //
    reference_values_exist,  // is there anything to compare with
    boot_reference,          // is it the boot that was approved
    command_line,            //
    ima_list,                // is what it says about files true
    ima_policy,              //
    unknown_files,           // are they the files that were approved
});

// Entries from..entries of a list, on top of what was judged before; false: they do not continue
// it.
struct Judged {
  FileAppraisal files;
  bool continuous;
};
Judged judge_part(const CompiledPolicy& policy, std::uint64_t from, std::uint64_t entries,
                  const std::vector<verify::MeasuredFile>& shown,
                  const std::optional<FileAppraisal>& before, Time now) {
  const std::uint64_t generation = policy.generation_at(now);
  Judged judged{.files = {}, .continuous = from == 0};
  if (from > 0 && before && before->generation == generation && before->entries == from) {
    judged = {*before, true};
  }
  judged.files.generation = generation;
  if (judged.continuous) {
    judged.files.entries = entries;
    policy.files.judge(shown, now, judged.files);
  }
  return judged;
}

}  // namespace

FileAppraisal appraise_part(const CompiledPolicy& policy, const verify::ImaUnfinished& part,
                            const std::optional<FileAppraisal>& before, Time now) {
  return judge_part(policy, part.from, part.progress.entries, part.files, before, now).files;
}

Appraisal evaluate(const CompiledPolicy& policy, const verify::VerifiedEvidence& evidence,
                   const Findings& endorsement, const std::optional<FileAppraisal>& before,
                   Time now) {
  const verify::VerifiedIma& ima = evidence.ima();
  Judged judged = judge_part(policy, ima.from(), ima.entries(), ima.files(), before, now);
  const BootMatch match = policy.evidence.boot == api::BootRule::kReferenceValues
                              ? match_boot(policy.boot_sets, evidence.boot(), now)
                              : BootMatch{};
  const Input in{policy, evidence, endorsement, judged.files, judged.continuous, match, now};
  Found found;
  for (const Rule rule : kRules) {
    rule(in, found);
  }
  const bool trusted = found.violations.empty();
  append(found.violations, found.reported);
  return {.verdict = trusted ? api::Verdict::kTrusted : api::Verdict::kViolated,
          .findings = std::move(found.violations),
          .files = std::move(judged.files),
          .boot_set = match.set ? match.set->name : "",
          .valid_until = match.set ? match.set->validity.retire_after : std::nullopt};
}

}  // namespace seaworthy::policy
