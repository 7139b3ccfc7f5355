// From the outcome of a round to what stands in the cluster: a signed result, a summary for people,
// a condition. Written when the content changes or less than half of the published validity is
// left; never per appraisal (design promise 6).
#pragma once

#include <string>
#include <vector>

#include "verifier/caller.h"
#include "verifier/context.h"

namespace seaworthy::verifier {

struct RoundResult {
  struct OfPolicy {
    std::shared_ptr<const PolicyView> view;
    api::Verdict verdict = api::Verdict::kUnknown;
    verify::Findings findings;
    std::string boot_set;             // the reference values that the boot matches; empty: none
    std::optional<Time> valid_until;  // when these are retired
  };
  Time issued;  // of the nonce: what validity counts from
  api::BootSummary boot;
  std::vector<OfPolicy> policies;
};

api::BootSummary summary_of(const verify::VerifiedEvidence& evidence);

// R13 for what this replica did not see, or forgot: the quote comes after the one that `published`
// is of. Without that, a quote from before a node went bad, shown to another replica while its
// nonce lives, would stand for what came after.
verify::Findings behind_published(const verify::VerifiedQuote& quote,
                                  const std::optional<api::BootSummary>& published);

// Two signed results: of the policies in force, and of dry runs if there are any. Whoever reads the
// former (its overall status, its expiry, its limit of policies) finds the same whether somebody
// tries another policy or not.
//
// A failure to write is not the agent's business: it is logged, counted, and the next round tries
// again because nothing was noted as published.
void publish_round(Context& context, const Caller& caller, NodeState& state,
                   const api::NodeAttestation& record, const RoundResult& round,
                   const kube::Call& call) REQUIRES(state.mutex);

// Evidence that is not authentic or not fresh changes no verdict; the condition Attested says so.
void publish_refusal(Context& context, const Caller& caller, NodeState& state,
                     const verify::Findings& findings, const kube::Call& call)
    REQUIRES(state.mutex);

}  // namespace seaworthy::verifier
