#include "verifier/appraise.h"

#include <algorithm>

#include "codec/base64.h"
#include "verifier/challenge.h"
#include "verifier/checkpoint.h"
#include "verifier/endorsement.h"
#include "verifier/enrolled.h"
#include "verifier/publish.h"
#include "verifier/reading.h"

namespace seaworthy::verifier {
namespace {

constexpr std::chrono::hours kEndorsementRecheck{1};  // a certificate expires on a day

struct Certificates {
  std::vector<Bytes> ek, ak;
};
Result<Certificates> certificates_of(const api::NodeIdentity& identity,
                                     const EnrolmentStatement& statement) {
  Certificates out;
  for (const std::string& text : identity.ek_certificates) {
    out.ek.push_back(TRY(codec::from_base64(text)));
  }
  for (const std::string& text : identity.ak_certificates) {
    out.ak.push_back(TRY(codec::from_base64(text)));
  }
  if (certificates_digest(out.ek, out.ak) != statement.certificates) {
    return Error(ErrorCode::kDenied,
                 "the certificates on record are not those that the node enrolled with");
  }
  return out;
}

// R1 under this policy, from the cache where nothing changed since.
verify::Findings endorsement_findings(Context& context, const Enrolled& enrolled,
                                      const PolicyView& policy, NodeState& state)
    REQUIRES(state.mutex) {
  const Time now = context.clock.now();
  const auto known = state.endorsements.find(policy.policy.name());
  if (known != state.endorsements.end() && known->second.anchors_digest == policy.anchors_digest &&
      known->second.certificates == enrolled.statement.certificates &&
      now - known->second.checked < kEndorsementRecheck) {
    return known->second.findings;
  }
  verify::Findings findings;
  const auto certificates = certificates_of(*enrolled.record().identity, enrolled.statement);
  if (certificates) {
    findings = check_endorsement(policy,
                                 {certificates->ek, enrolled.statement.ek_public,
                                  enrolled.statement.ak_public, certificates->ak},
                                 now)
                   .findings;
  } else {
    findings = {{verify::Reason::kEkCertificateMalformed, "", certificates.error().message()}};
  }
  state.endorsements[policy.policy.name()] = {policy.anchors_digest,
                                              enrolled.statement.certificates, now, findings};
  return findings;
}

verify::Findings duplicate_findings(Context& context, const Caller& caller,
                                    const api::NodeIdentity& identity) {
  verify::Findings findings;
  for (const NodeName& other :
       context.claims.others(caller.node, identity.ek_hash, identity.ak_name)) {
    findings.push_back({verify::Reason::kDuplicateTpm, "node " + other.str()});
  }
  return findings;
}

void forget_gone_policies(NodeState& state, const PolicyViews& policies) REQUIRES(state.mutex) {
  const auto gone = [&](const auto& entry) {
    return std::none_of(policies.begin(), policies.end(),
                        [&](const auto& view) { return view->policy.name() == entry.first; });
  };
  std::erase_if(state.files, gone);
  std::erase_if(state.endorsements, gone);
}

api::AttestResponse refused(Context& context, const Caller& caller, NodeState& state,
                            const PolicyViews& policies, const verify::Findings& findings)
    REQUIRES(state.mutex) {
  api::AttestResponse response;
  response.outcome = api::AttestOutcome::kRefused;
  response.findings = shown(findings);
  response.challenge = new_challenge(context, caller, state, policies);
  return response;
}

// R7's stateless half: is it a nonce of ours for this caller, unexpired, and not used before? The
// quote's extraData is compared by verify_quote.
Result<Nonces::Opened> open_nonce(Context& context, const Caller& caller, ByteSpan nonce) {
  const Time now = context.clock.now();
  const Nonces::Opened opened =
      TRY(context.nonces.open(nonce, caller.node_uid, caller.pod_uid, now));
  if (!context.book.spend(nonce, opened.issued, now)) {
    return Error(ErrorCode::kDenied, "challenge nonce: used before");
  }
  return opened;
}

// What is remembered counts for one NodeAttestation and one AK (R13). An agent that enrols anew
// changes neither: it cannot make us forget a clock that went back.
Result<void> load_key(Context& context, const Caller& caller, const Enrolled& enrolled,
                      NodeState& state) REQUIRES(state.mutex) {
  const std::string& record = enrolled.record().meta.uid;
  if (state.key && state.record_uid == record && state.key_public == enrolled.statement.ak_public) {
    return {};
  }
  state.start_over();
  context.states.wanted().start_over(caller.node_uid);
  state.record_uid = record;
  state.key = TRY(verify::enrolled_attestation_key(
      enrolled.statement.ak_public,
      enrolled.statement.ak_certified ? verify::AkOrigin::kCertified : verify::AkOrigin::kMade));
  state.key_public = enrolled.statement.ak_public;
  return {};
}

verify::EvidenceInput input_of(const api::AttestRequest& request) {
  verify::EvidenceInput input{.attested = request.attested,
                              .signature = request.signature,
                              .pcrs = request.pcrs,
                              .boot_log_digest_hex = request.boot_log_digest,
                              .boot_log = std::nullopt,
                              .ima = std::nullopt};
  if (request.boot_log) {
    input.boot_log = ByteSpan(*request.boot_log);
  }
  if (request.userspace_log) {
    input.userspace_log = ByteSpan(*request.userspace_log);
  }
  if (request.ima) {
    input.ima = verify::EvidenceInput::Ima{request.ima->from, request.ima->entries};
  }
  return input;
}

// What the TPM says of itself, for people who know whether there was a reboot or an update: nothing
// that is signed tells a reset of the TPM alone, to replay its log, from a reboot.
void tell_changes(Context& context, const Caller& caller, const api::NodeAttestation& record,
                  const verify::VerifiedEvidence& evidence) {
  const tpm::ClockInfo& now = evidence.quote().clock();
  const auto& before = record.boot;
  if (before &&
      (before->reset_count != now.reset_count || before->restart_count != now.restart_count)) {
    warn(context, caller.node, caller.node_uid, "TpmReset", "Attest",
         "resetCount " + std::to_string(now.reset_count) + " after " +
             std::to_string(before->reset_count) + ", restartCount " +
             std::to_string(now.restart_count) + " after " + std::to_string(before->restart_count) +
             ": as after a reboot or a suspension; if there was none, look into it");
  }
  if (evidence.tpm_firmware_changed()) {
    warn(
        context, caller.node, caller.node_uid, "TpmFirmwareChanged", "Attest",
        "the TPM runs another firmware than at its last quote; if nobody updated it, look into it");
  }
}

void remember(Context& context, NodeState& state, const verify::AttestationProgress& progress)
    REQUIRES(state.mutex) {
  const auto boot_before = state.progress.boot;
  state.progress = progress;
  if (progress.boot != boot_before) {
    state.progress.boot = progress.boot->sharing(context.states.boot_parts());
  }
}

RoundResult appraise(Context& context, const Caller& caller, const Enrolled& enrolled,
                     const verify::VerifiedEvidence& evidence, Time issued, Time now,
                     NodeState& state) REQUIRES(state.mutex) {
  RoundResult round{.issued = issued, .boot = summary_of(evidence), .policies = {}};
  const verify::Findings duplicates =
      duplicate_findings(context, caller, *enrolled.record().identity);
  for (const auto& view : enrolled.policies) {
    verify::Findings identity = endorsement_findings(context, enrolled, *view, state);
    verify::append(identity, duplicates);
    const PolicyName name = view->policy.name();
    const auto before = state.files.find(name);
    policy::Appraisal appraisal = policy::evaluate(
        *view->compiled, evidence, identity,
        before == state.files.end() ? std::nullopt : std::optional(before->second), now);
    round.policies.push_back({view, appraisal.verdict, std::move(appraisal.findings),
                              std::move(appraisal.boot_set), appraisal.valid_until});
    state.files[name] = std::move(appraisal.files);
  }
  remember(context, state, evidence.progress());
  return round;
}

// Something is missing, or this was one part of a long IMA list that goes on.
api::AttestResponse need_more(Context& context, const Caller& caller, NodeState& state,
                              const PolicyViews& policies, const verify::NeedMore& more)
    REQUIRES(state.mutex) {
  if (more.unfinished) {
    for (const auto& view : policies) {
      const auto before = state.files.find(view->policy.name());
      state.files[view->policy.name()] = policy::appraise_part(
          *view->compiled, more.unfinished->ima,
          before == state.files.end() ? std::nullopt : std::optional(before->second),
          context.clock.now());
    }
    remember(context, state, more.unfinished->progress);
  }
  api::AttestResponse response;
  response.outcome = api::AttestOutcome::kNeedMore;
  response.need_boot_log = more.boot_log;
  response.challenge = new_challenge(context, caller, state, policies);
  response.challenge.ima_from = std::min(response.challenge.ima_from, more.ima_from);
  // What came did not do, with or without a checkpoint.
  response.challenge.ima_whole = response.challenge.ima_from == 0;
  if (more.boot_log) {
    response.challenge.boot_log_known.reset();
    response.challenge.userspace_log_known = "";
  }
  return response;
}

api::AttestResponse appraised(Context& context, const Caller& caller, NodeState& state,
                              const PolicyViews& policies, const RoundResult& round)
    REQUIRES(state.mutex) {
  api::AttestResponse response;
  response.outcome = api::AttestOutcome::kAppraised;
  for (const auto& result : round.policies) {
    api::AttestResponse::VerdictSummary summary{result.view->policy.name(), result.verdict, {}};
    for (const api::FindingView& finding : shown(result.findings)) {
      summary.reasons.push_back(finding.reason);
    }
    response.verdicts.push_back(std::move(summary));
  }
  response.challenge = new_challenge(context, caller, state, policies);
  return response;
}

}  // namespace

Answer<api::ChallengeMessage> begin_attestation(Context& context, const Caller& caller) {
  auto found = find_enrolled(context, caller.node, caller.node_uid);
  if (auto* refused_ = std::get_if<Refusal>(&found)) {
    return std::move(*refused_);
  }
  const auto state = context.states.of(caller.node_uid);
  MutexLock lock(state->mutex);
  return new_challenge(context, caller, *state, std::get<Enrolled>(found).policies);
}

Answer<api::AttestResponse> attest(Context& context, const Caller& caller,
                                   const api::AttestRequest& request, std::stop_token stop) {
  auto found = find_enrolled(context, caller.node, caller.node_uid);
  if (auto* refused_ = std::get_if<Refusal>(&found)) {
    return std::move(*refused_);
  }
  const auto& enrolled = std::get<Enrolled>(found);
  const kube::Call call = kube::call_within(context.clock, kube::kUsualCallTime, std::move(stop));
  const auto state = context.states.of(caller.node_uid);
  MutexLock lock(state->mutex);
  forget_gone_policies(*state, enrolled.policies);
  if (auto loaded = load_key(context, caller, enrolled, *state); !loaded) {
    return refusal_for(loaded.error());
  }

  const auto refuse = [&](const verify::Findings& findings) REQUIRES(state->mutex) {
    publish_refusal(context, caller, *state, findings, call);
    return refused(context, caller, *state, enrolled.policies, findings);
  };
  const auto nonce = open_nonce(context, caller, request.nonce);
  if (!nonce) {
    return refuse({{verify::Reason::kNonceMismatch, "", nonce.error().message()}});
  }
  const verify::Challenge challenge =
      expected_challenge(request.nonce, caller, state->key->name(), nonce->selection);
  take_checkpoint(context, caller, request, *state);
  const Round as_sent{caller, request, challenge, state->progress.ima};
  auto outcome =
      verify::verify_evidence(input_of(request), *state->key, challenge, state->progress);
  if (const auto* wrong = std::get_if<verify::Refused>(&outcome)) {
    return refuse(wrong->findings);
  }
  if (const auto* more = std::get_if<verify::NeedMore>(&outcome)) {
    offer_part(context, as_sent, *more);
    return need_more(context, caller, *state, enrolled.policies, *more);
  }
  const auto& evidence = std::get<verify::VerifiedEvidence>(outcome);
  if (const auto late = behind_published(evidence.quote(), enrolled.record().boot); !late.empty()) {
    return refuse(late);
  }
  // The policies or their reference values changed after the challenge was made: what they have to
  // judge anew is not in this part of the list. That is nobody's fault, so it is no finding. Asked
  // and judged at one moment: the window of a set may close in between.
  const Time now = context.clock.now();
  if (evidence.ima().from() > ima_from(*state, enrolled.policies, now) ||
      (nonce->selection == Selection::kUsual &&
       selection_for(enrolled.policies) != Selection::kUsual)) {
    return need_more(context, caller, *state, enrolled.policies, {});
  }
  tell_changes(context, caller, enrolled.record(), evidence);
  const RoundResult round =
      appraise(context, caller, enrolled, evidence, nonce->issued, now, *state);
  publish_round(context, caller, *state, enrolled.record(), round, call);
  // A person waits for the whole evidence: the agent is asked for it now, not after its interval.
  if (offer_evidence(context, as_sent, enrolled, evidence) == Offered::kAskForTheRest) {
    return need_more(context, caller, *state, enrolled.policies, {});
  }
  api::AttestResponse response = appraised(context, caller, *state, enrolled.policies, round);
  response.checkpoint = give_checkpoint(context, caller, request.pcrs, *state);
  return response;
}

}  // namespace seaworthy::verifier
