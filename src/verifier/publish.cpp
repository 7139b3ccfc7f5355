#include "verifier/publish.h"

#include <algorithm>

#include "codec/hex.h"
#include "codec/writer.h"
#include "token/ear.h"
#include "verifier/record.h"

namespace seaworthy::verifier {
namespace {

constexpr seconds kRepairAfter{10};      // until then our cache may not show what we wrote
constexpr seconds kBetweenRefusals{10};  // a node that sends rubbish causes few writes

// Everything that is said, but for the times.
crypto::Digest content_of(const RoundResult& round) {
  codec::Json json = {{"secureBoot", round.boot.secure_boot},
                      {"bootLog", round.boot.boot_log_digest},
                      {"resets", round.boot.reset_count},
                      {"restarts", round.boot.restart_count}};
  for (const auto& result : round.policies) {
    codec::Json findings = codec::Json::array();
    for (const api::FindingView& finding : shown(result.findings)) {
      findings.push_back(api::to_json(finding));
    }
    json["policies"].push_back({{"name", result.view->policy.meta.name},
                                {"uid", result.view->policy.meta.uid},
                                {"generation", result.view->policy.meta.generation},
                                {"verdict", api::name(result.verdict)},
                                {"bootSet", result.boot_set},
                                {"until", result.valid_until ? result.valid_until->rfc3339() : ""},
                                {"findings", std::move(findings)}});
  }
  return crypto::sha256(as_bytes(codec::to_json_text(json)));
}

// No verdict outlives the reference values that it rests on.
Time expiry(const RoundResult& round, const RoundResult::OfPolicy& result) {
  const Time by_age = round.issued + result.view->policy.max_age;
  return std::min(by_age, result.valid_until.value_or(by_age));
}

// A retirement is no reason to publish earlier: what follows it is another verdict.
Time first_expiry(const RoundResult& round) {
  Time first = round.issued + std::chrono::hours(24);
  for (const auto& result : round.policies) {
    first = std::min(first, round.issued + result.view->policy.max_age);
  }
  return first;
}

bool running_out(const RoundResult& round, Time published_expiry, Time now) {
  return std::any_of(round.policies.begin(), round.policies.end(), [&](const auto& result) {
    return published_expiry - now < result.view->policy.max_age / 2;
  });
}

// The record says of the last evidence that it was refused: we did, or another replica.
bool says_refused(const std::vector<api::Condition>& conditions) {
  return std::any_of(conditions.begin(), conditions.end(), [](const api::Condition& condition) {
    return condition.type == api::kConditionAttested &&
           condition.status == api::ConditionStatus::kFalse;
  });
}

// Somebody else changed or removed what we wrote, or another replica refused other evidence since,
// long enough ago for our cache to know.
bool outdated(const PublishedResult& published, const api::NodeAttestation& record,
              const std::string& verifier, Time now) {
  const bool ours = std::any_of(record.results.begin(), record.results.end(),
                                [&](const api::SignedResult& result) {
                                  return result.verifier == verifier && result.ear == published.ear;
                                });
  return (!ours || says_refused(record.conditions)) && now - published.written > kRepairAfter;
}

token::EarClaims claims_of(Context& context, const Caller& caller, const NodeState& state,
                           const RoundResult& round) REQUIRES(state.mutex) {
  token::EarClaims claims;
  claims.verifier = context.signer.verifier();
  claims.build = context.build;
  claims.id = codec::to_hex(context.random.bytes(16));
  claims.issued = context.clock.now();
  claims.node = caller.node;
  claims.node_uid = caller.node_uid;
  claims.ak_name = codec::to_hex(state.key->name());
  claims.ak_spki = state.key->key().to_spki_der();
  for (const auto& result : round.policies) {
    const Time expires = expiry(round, result);
    claims.expires = std::max(claims.expires, expires);
    claims.policies.push_back({.policy = result.view->policy.name(),
                               .policy_uid = result.view->policy.meta.uid,
                               .policy_generation = result.view->policy.meta.generation,
                               .verdict = result.verdict,
                               .expires = expires,
                               .findings = shown(result.findings),
                               .boot_set = result.boot_set});
  }
  return claims;
}

}  // namespace

api::BootSummary summary_of(const verify::VerifiedEvidence& evidence) {
  api::BootSummary summary;
  summary.secure_boot = verify::name(evidence.boot().secure_boot());
  summary.boot_log_digest = evidence.progress().boot_log_digest().value_or("");
  const auto& lines = evidence.boot().command_lines();
  summary.kernel_command_line = lines.empty() ? "" : lines.back();
  summary.reset_count = evidence.quote().clock().reset_count;
  summary.restart_count = evidence.quote().clock().restart_count;
  return summary;
}

void publish_round(Context& context, const Caller& caller, NodeState& state,
                   const api::NodeAttestation& record, const RoundResult& round,
                   const kube::Call& call) {
  const Time now = context.clock.now();
  const crypto::Digest content = content_of(round);
  if (state.published && state.published->content == content && state.refusal.empty() &&
      !running_out(round, state.published->expires, now) &&
      !outdated(*state.published, record, context.signer.verifier(), now)) {
    return;
  }
  auto ear = token::sign_ear(claims_of(context, caller, state, round), context.signer);
  if (!ear) {
    context.problem("cannot sign the result of node " + caller.node.str() + ": " +
                    ear.error().message());
    return;
  }
  auto written = update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation&, api::VerifierStatus& status) {
        std::erase_if(status.results, [&](const api::SignedResult& result) {
          return result.verifier == context.signer.verifier();
        });
        status.results.push_back({context.signer.verifier(), *ear});
        status.boot = round.boot;
        api::set_condition(status.conditions,
                           condition(api::kConditionAttested, api::ConditionStatus::kTrue,
                                     "Appraised", "the evidence is authentic; see the verdicts"),
                           now);
      },
      call);
  if (!written) {
    context.problem("cannot publish the result of node " + caller.node.str() + ": " +
                    written.error().message());
    return;
  }
  state.published = PublishedResult{content, first_expiry(round), now, *std::move(ear)};
  state.refusal.clear();
}

void publish_refusal(Context& context, const Caller& caller, NodeState& state,
                     const verify::Findings& findings, const kube::Call& call) {
  std::string reasons;
  for (const verify::Finding& finding : findings) {
    reasons += (reasons.empty() ? "" : ", ") + std::string(verify::name(finding.reason));
  }
  const Time now = context.clock.now();
  if (now - state.refusal_written < kBetweenRefusals) {
    return;
  }
  // Written already, and still to be read: another replica may have accepted evidence since, and
  // then the same refusal is news again.
  const auto record = context.records.find(caller.node.str());
  const bool stands = record && record->value && says_refused(record->value->conditions);
  if (reasons == state.refusal && stands) {
    return;
  }
  const std::string message = sentence(shown(findings));
  warn(context, caller.node, caller.node_uid, "EvidenceRefused", "Attest", findings);
  auto written = update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation&, api::VerifierStatus& status) {
        api::set_condition(status.conditions,
                           condition(api::kConditionAttested, api::ConditionStatus::kFalse,
                                     "EvidenceRefused", message),
                           now);
      },
      call);
  if (!written) {
    context.problem("cannot write the refusal of node " + caller.node.str() + ": " +
                    written.error().message());
    return;
  }
  state.refusal = reasons;
  state.refusal_written = now;
}

}  // namespace seaworthy::verifier
