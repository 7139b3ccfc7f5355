#include "verifier/publish.h"

#include <algorithm>

#include "codec/hex.h"
#include "codec/writer.h"
#include "token/ear.h"
#include "verifier/record.h"
#include "verify/freshness.h"

namespace seaworthy::verifier {
namespace {

constexpr seconds kRepairAfter{10};               // until then our cache may not show what we wrote
constexpr const char* kDryRunEntry = "/dry-run";  // behind the verifier's name in status.results
constexpr seconds kBetweenRefusals{10};           // a node that sends rubbish causes few writes

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

// Long enough ago for our cache to know what came of it.
bool settled(const PublishedResult& published, Time now) {
  return now - published.written > kRepairAfter;
}

// It says all that there is to say, for long enough, and nobody changed or removed it since.
bool stands(const std::optional<PublishedResult>& published, const RoundResult& part,
            const api::NodeAttestation& record, const std::string& entry, Time now) {
  if (!published || published->content != content_of(part) ||
      running_out(part, published->expires, now)) {
    return false;
  }
  const bool there = std::any_of(
      record.results.begin(), record.results.end(), [&](const api::SignedResult& result) {
        return result.verifier == entry && crypto::sha256(as_bytes(result.ear)) == published->ear;
      });
  return there || !settled(*published, now);
}

void erase_entry(std::vector<api::SignedResult>& results, const std::string& entry) {
  std::erase_if(results, [&](const api::SignedResult& result) { return result.verifier == entry; });
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

// Of the quote that a summary is of. Versions before this one did not write its clock.
tpm::ClockInfo clock_of(const api::BootSummary& boot) {
  return {.clock = static_cast<std::uint64_t>(boot.clock.value_or(0)),
          .reset_count = boot.reset_count,
          .restart_count = boot.restart_count,
          .safe = true};
}

// What is published is of a later quote: another replica was quicker.
bool overtaken(const std::optional<api::BootSummary>& published, const api::BootSummary& ours) {
  return published && verify::comes_after(clock_of(*published), clock_of(ours));
}

// Signs what this part says and writes it, with whatever `also` changes.
std::optional<PublishedResult> publish_part(Context& context, const Caller& caller,
                                            const NodeState& state, const RoundResult& part,
                                            const std::string& entry, const StatusChange& also,
                                            const kube::Call& call) REQUIRES(state.mutex) {
  auto ear = token::sign_ear(claims_of(context, caller, state, part), context.signer);
  if (!ear) {
    context.problem("cannot sign the result of node " + caller.node.str() + ": " +
                    ear.error().message());
    return std::nullopt;
  }
  bool late = false;
  auto written = update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation& record, api::VerifierStatus& status) {
        late = overtaken(record.boot, part.boot);  // as it is now: our cache may be behind
        if (!late) {
          erase_entry(status.results, entry);
          status.results.push_back({entry, *ear});
          also(record, status);
        }
      },
      call);
  if (!written) {
    context.problem("cannot publish the result of node " + caller.node.str() + ": " +
                    written.error().message());
    return std::nullopt;
  }
  if (late) {
    return std::nullopt;
  }
  return PublishedResult{content_of(part), first_expiry(part), context.clock.now(),
                         crypto::sha256(as_bytes(*ear))};
}

void publish_in_force(Context& context, const Caller& caller, NodeState& state,
                      const api::NodeAttestation& record, const RoundResult& part,
                      const kube::Call& call) REQUIRES(state.mutex) {
  const Time now = context.clock.now();
  const std::string& entry = context.signer.verifier();
  // Another replica may have refused other evidence since.
  const bool refusal_stands =
      !state.refusal.empty() ||
      (says_refused(record.conditions) && state.published && settled(*state.published, now));
  if (!refusal_stands && stands(state.published, part, record, entry, now)) {
    return;
  }
  const auto honest = [&](const api::NodeAttestation&, api::VerifierStatus& status) {
    status.boot = part.boot;
    api::set_condition(status.conditions,
                       condition(api::kConditionAttested, api::ConditionStatus::kTrue, "Appraised",
                                 "the evidence is authentic; see the verdicts"),
                       now);
  };
  if (auto published = publish_part(context, caller, state, part, entry, honest, call)) {
    state.published = std::move(published);
    state.refusal.clear();
  }
}

void publish_dry_runs(Context& context, const Caller& caller, NodeState& state,
                      const api::NodeAttestation& record, const RoundResult& part,
                      const kube::Call& call) REQUIRES(state.mutex) {
  const std::string entry = context.signer.verifier() + kDryRunEntry;
  if (!part.policies.empty()) {
    if (!stands(state.published_dry_runs, part, record, entry, context.clock.now())) {
      const auto nothing_else = [](const api::NodeAttestation&, api::VerifierStatus&) {};
      state.published_dry_runs =
          publish_part(context, caller, state, part, entry, nothing_else, call);
    }
    return;
  }
  state.published_dry_runs.reset();
  if (std::none_of(record.results.begin(), record.results.end(),
                   [&](const api::SignedResult& result) { return result.verifier == entry; })) {
    return;
  }
  auto removed = update_status(
      context.client, caller.node,
      [&](const api::NodeAttestation&, api::VerifierStatus& status) {
        erase_entry(status.results, entry);
      },
      call);
  if (!removed) {
    context.problem("cannot remove the dry runs of node " + caller.node.str() + ": " +
                    removed.error().message());
  }
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
  summary.clock =
      static_cast<std::int64_t>(std::min<std::uint64_t>(evidence.quote().clock().clock, INT64_MAX));
  return summary;
}

verify::Findings behind_published(const verify::VerifiedQuote& quote,
                                  const std::optional<api::BootSummary>& published) {
  if (!published || !published->clock) {
    return {};
  }
  const verify::LastQuote last{clock_of(*published), quote.firmware_version()};
  auto checked = verify::verify_freshness(quote, last);
  auto* findings = std::get_if<verify::Findings>(&checked);
  return findings != nullptr ? std::move(*findings) : verify::Findings();
}

void publish_round(Context& context, const Caller& caller, NodeState& state,
                   const api::NodeAttestation& record, const RoundResult& round,
                   const kube::Call& call) {
  RoundResult in_force{.issued = round.issued, .boot = round.boot, .policies = {}};
  RoundResult dry_runs = in_force;
  for (const RoundResult::OfPolicy& result : round.policies) {
    (result.view->policy.dry_run() ? dry_runs : in_force).policies.push_back(result);
  }
  publish_in_force(context, caller, state, record, in_force, call);
  publish_dry_runs(context, caller, state, record, dry_runs, call);
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
