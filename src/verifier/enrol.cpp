#include "verifier/enrol.h"

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/writer.h"
#include "crypto/credential.h"
#include "tpm/pcr.h"
#include "verifier/challenge.h"
#include "verifier/demands.h"
#include "verifier/endorsement.h"
#include "verifier/pin.h"
#include "verifier/record.h"

namespace seaworthy::verifier {
namespace {

// What both steps establish about a request before they differ.
struct Applicant {
  Demands demands;
  verify::VerifiedKeys keys;
  Endorsement endorsement;  // by the first policy under which the chain holds
};

Refusal refuse(Context& context, const Caller& caller, const verify::Findings& findings) {
  warn(context, caller.node, caller.node_uid, "EnrolmentRefused", "Enrol", findings);
  return refusal(403, "EnrolmentRefused",
                 "this TPM cannot be enrolled for node '" + caller.node.str() + "'",
                 shown(findings));
}

verify::EkEvidence evidence_in(const api::EnrolRequest& request) {
  return {request.ek_certificates, request.ek_public, request.ak_public, request.ak_certificates};
}

Answer<Applicant> examine(Context& context, const Caller& caller,
                          const api::EnrolRequest& request) {
  auto found = demands_on(context, caller.node, caller.node_uid);
  if (auto* refused = std::get_if<Refusal>(&found)) {
    return std::move(*refused);
  }
  auto& demands = std::get<Demands>(found);
  const verify::EkEvidence evidence = evidence_in(request);
  auto keys = verify::verify_keys(evidence);
  if (auto* findings = std::get_if<verify::Findings>(&keys)) {
    return refuse(context, caller, *findings);
  }
  verify::Findings none_holds;
  for (const auto& policy : demands.in_force) {  // a dry run believes no TPM
    Endorsement endorsement = check_endorsement(*policy, evidence, context.clock.now());
    if (endorsement.findings.empty()) {
      return Applicant{std::move(demands), std::get<verify::VerifiedKeys>(std::move(keys)),
                       std::move(endorsement)};
    }
    verify::append(none_holds, endorsement.findings);
  }
  return refuse(context, caller, none_holds);
}

api::NodeIdentity identity_of(Context& context, const Caller& caller, const Applicant& applicant,
                              const api::EnrolRequest& request) {
  const Time now = context.clock.now();
  const EnrolmentStatement statement{
      caller.node,
      caller.node_uid,
      applicant.keys.ek_hash(),
      request.ak_public,
      request.ek_public,
      certificates_digest(request.ek_certificates, request.ak_certificates),
      evidence_in(request).ak_origin() == verify::AkOrigin::kCertified,
      now};
  api::NodeIdentity identity;
  identity.node_uid = caller.node_uid;
  identity.ek_hash = applicant.keys.ek_hash();
  identity.ak_name = codec::to_hex(applicant.keys.ak_name());
  identity.manufacturer = applicant.endorsement.manufacturer;
  identity.model = applicant.endorsement.model;
  identity.firmware = applicant.endorsement.firmware;
  identity.enrolled = now;
  identity.statement = seal_statement(context.key, statement);
  for (const Bytes& certificate : request.ek_certificates) {
    identity.ek_certificates.push_back(codec::to_base64(certificate));
  }
  for (const Bytes& certificate : request.ak_certificates) {
    identity.ak_certificates.push_back(codec::to_base64(certificate));
  }
  identity.endorsed_by = applicant.endorsement.by;
  return identity;
}

api::ActivateResponse waiting(const PinDecision& decision) {
  return {.state = decision.reason,
          .message = decision.message,
          .retry_seconds = 30,
          .challenge = std::nullopt};
}

// Writes down that a TPM waits or was refused, so that a person sees it and can act.
Result<void> write_waiting(Context& context, const Caller& caller, const Applicant& applicant,
                           const PinDecision& decision, const kube::Call& call) {
  const Time now = context.clock.now();
  return update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation& record, api::VerifierStatus& status) {
        const bool same = status.pending && status.pending->ek_hash == applicant.keys.ek_hash();
        if (decision.kind == PinDecision::Kind::kWait && !same) {
          status.pending = api::PendingEnrolment{applicant.keys.ek_hash(),
                                                 codec::to_hex(applicant.keys.ak_name()), now};
        }
        api::set_condition(status.conditions,
                           condition(api::kConditionEnrolled,
                                     record.identity && record.identity->node_uid == caller.node_uid
                                         ? api::ConditionStatus::kTrue
                                         : api::ConditionStatus::kFalse,
                                     decision.reason, decision.message),
                           now);
      },
      call);
}

Result<void> write_enrolled(Context& context, const Caller& caller, const Applicant& applicant,
                            const api::EnrolRequest& request, const kube::Call& call) {
  const api::NodeIdentity identity = identity_of(context, caller, applicant, request);
  const Time now = context.clock.now();
  return update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation&, api::VerifierStatus& status) {
        const bool other_node = status.identity && status.identity->node_uid != caller.node_uid;
        if (other_node) {  // an earlier Node of this name: nothing said of it is said of this one
          status.results.clear();
          status.boot.reset();
        }
        status.identity = identity;
        status.pending.reset();
        api::set_condition(
            status.conditions,
            condition(api::kConditionEnrolled, api::ConditionStatus::kTrue, "Enrolled",
                      "the TPM proved that it holds the endorsed key and the "
                      "attestation key"),
            now);
      },
      call);
}

}  // namespace

Answer<api::EnrolResponse> begin_enrolment(Context& context, const Caller& caller,
                                           const api::EnrolRequest& request, std::stop_token) {
  auto examined = examine(context, caller, request);
  if (auto* refused = std::get_if<Refusal>(&examined)) {
    return std::move(*refused);
  }
  const auto& applicant = std::get<Applicant>(examined);
  const Bytes session =
      context.sessions.start(caller.node_uid, caller.pod_uid, request, context.clock.now());
  auto credential = crypto::make_credential(applicant.keys.ek(), applicant.keys.ak_name(),
                                            context.sessions.secret(session), context.random);
  if (!credential) {
    return refusal_for(credential.error());
  }
  return api::EnrolResponse{session, codec::Writer().sized16be(credential->id_object).bytes(),
                            codec::Writer().sized16be(credential->encrypted_secret).bytes()};
}

Answer<api::ActivateResponse> finish_enrolment(Context& context, const Caller& caller,
                                               const api::ActivateRequest& request,
                                               std::stop_token stop) {
  auto examined = examine(context, caller, request.enrol);
  if (auto* refused = std::get_if<Refusal>(&examined)) {
    return std::move(*refused);
  }
  const auto& applicant = std::get<Applicant>(examined);
  const Time now = context.clock.now();
  const auto started = context.sessions.check(request, caller.node_uid, caller.pod_uid, now);
  // R5, A-19. Once, also if two requests with the same answer come at the same time.
  if (!started || !context.book.spend(request.session, *started, now)) {
    return refusal(403, "ActivationRefused", kNotActivated);
  }
  const kube::Call call = kube::call_within(context.clock, kube::kUsualCallTime, stop);
  auto record = ensure_record(context.client, caller.node, caller.node_uid, call);
  if (!record) {
    return refusal_for(record.error());
  }
  const PinDecision decision =
      decide_pin({.node = caller.node,
                  .node_uid = caller.node_uid,
                  .ek_hash = applicant.keys.ek_hash(),
                  .ak_name = codec::to_hex(applicant.keys.ak_name()),
                  .record = *record,
                  .rule = strictest_rule(applicant.demands.in_force),
                  .others = context.claims.others(caller.node, applicant.keys.ek_hash(),
                                                  codec::to_hex(applicant.keys.ak_name()))});
  if (decision.kind == PinDecision::Kind::kPin || decision.kind == PinDecision::Kind::kKeep) {
    if (decision.kind == PinDecision::Kind::kPin) {
      if (auto pinned = pin(context.client, *record, applicant.keys.ek_hash(), call); !pinned) {
        return refusal_for(pinned.error());
      }
    }
    if (auto written = write_enrolled(context, caller, applicant, request.enrol, call); !written) {
      return refusal_for(written.error());
    }
    const std::shared_ptr<NodeState> state = context.states.of(caller.node_uid);
    MutexLock lock(state->mutex);
    return api::ActivateResponse{
        .state = "Enrolled",
        .message = "",
        .retry_seconds = 0,
        .challenge = new_challenge(context, caller, *state, applicant.demands.all)};
  }
  if (auto written = write_waiting(context, caller, applicant, decision, call); !written) {
    return refusal_for(written.error());
  }
  if (decision.kind == PinDecision::Kind::kWait) {
    return waiting(decision);
  }
  warn(context, caller.node, caller.node_uid, decision.reason, "Enrol", decision.message);
  for (const NodeName& other : decision.also_alarm) {
    context.events.record({.regarding = kube::reference_to(kube::kNodeAttestations,
                                                           kube::cluster_key(other.str()), ""),
                           .type = kube::EventType::kWarning,
                           .reason = decision.reason,
                           .action = "Enrol",
                           .note = decision.message});
  }
  return refusal(403, decision.reason, decision.message,
                 {{decision.reason, caller.node.str(), decision.message}});
}

}  // namespace seaworthy::verifier
