// Whether verified evidence satisfies a policy: an ordered table of rules, all of which run.
//
// Only verify/ can make what is judged here, so nothing unproven reaches a rule. A rule can only
// add findings: adding one never makes a node trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/verdict.h"
#include "policy/reference.h"
#include "verify/evidence.h"
#include "verify/findings.h"

namespace seaworthy::policy {

struct Appraisal {
  api::Verdict verdict = api::Verdict::kViolated;  // kTrusted or kViolated
  verify::Findings findings;  // empty if trusted, or of files that the policy only reports
  FileAppraisal files;
  std::string boot_set;             // the reference values that the boot matches; empty: none
  std::optional<Time> valid_until;  // when these are retired: no longer than that
};

// The files of one part of a list that goes on (verify::NeedMore::unfinished): no verdict yet. What
// it gives is `before` of the next part. Nothing of it counts unless a later part is verified.
FileAppraisal appraise_part(const CompiledPolicy& policy, const verify::ImaUnfinished& part,
                            const std::optional<FileAppraisal>& before, Time now);

// `endorsement`: findings of verify_endorsement() under this policy's anchors; empty if it holds.
// `before`: what this function gave for this node and policy in the round before; it is not used if
// the evidence shows the IMA list from its first entry. If the entries shown do not continue where
// `before` ended, or it is of another generation, that is a finding (FilesNotContinuous): the
// verifier has to ask for the list from entry 0. `now` decides which reference values are in force;
// so does an entry's `generation`.
Appraisal evaluate(const CompiledPolicy& policy, const verify::VerifiedEvidence& evidence,
                   const verify::Findings& endorsement, const std::optional<FileAppraisal>& before,
                   Time now);

}  // namespace seaworthy::policy
