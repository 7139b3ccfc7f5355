#include "controller/judgement.h"

#include <algorithm>

namespace seaworthy::controller {
namespace {

using api::PolicyVerdict;
using api::Verdict;

// Why no result counted, strongest first.
struct Missed {
  bool other_uid = false;
  bool other_policy = false;
  bool expired = false;
};

bool key_holds(const token::KeySet& keys, const std::string& key_id, Time now) {
  const token::Jwk* key = keys.find(key_id);
  return key != nullptr && (!key->not_after || now < *key->not_after);
}

struct Candidate {
  const token::PolicyResult* result = nullptr;
  Time expires;
};

// The results that count, and why others do not.
std::vector<Candidate> candidates(const PolicyVersion& policy, const NodeName& node,
                                  const NodeUid& uid, const Ears& ears, const token::KeySet& keys,
                                  Time now, Missed& missed) {
  std::vector<Candidate> out;
  for (const token::VerifiedEar& ear : ears) {
    const token::EarClaims& claims = ear.claims();
    const token::PolicyResult* result = ear.find(policy.name);
    if (result == nullptr || claims.node != node) {
      continue;
    }
    const Time expires = std::min(claims.expires, result->expires.value_or(claims.expires));
    if (claims.node_uid != uid) {
      missed.other_uid = true;
    } else if (result->policy_uid != policy.uid || result->policy_generation != policy.generation) {
      missed.other_policy = true;
    } else if (expires <= now || !key_holds(keys, ear.key_id(), now)) {
      missed.expired = true;
    } else {
      out.push_back({result, expires});
    }
  }
  return out;
}

// Violated outweighs Trusted outweighs the rest; of equals, the one that holds longer.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::kViolated:
      return 3;
    case Verdict::kTrusted:
      return 2;
    case Verdict::kStale:
      return 1;
    case Verdict::kUnknown:
      return 0;
  }
  return 0;
}

PolicyVerdict from_result(const Candidate& from) {
  PolicyVerdict out;
  out.verdict = from.result->verdict;
  out.findings = from.result->findings;
  if (out.verdict == Verdict::kTrusted || out.verdict == Verdict::kViolated) {
    out.expires = from.expires;
  }
  if (!out.findings.empty()) {
    out.reason = out.findings.front().reason;
    out.message = out.findings.front().message;
  } else {
    out.reason = kReasonAppraised;
    out.message = out.verdict == Verdict::kTrusted ? "the last evidence satisfies the policy"
                                                   : "the verifier gives no finding";
  }
  return out;
}

PolicyVerdict without_result(const Missed& missed, const PolicyVerdict* before) {
  PolicyVerdict out;
  if (missed.other_policy && !missed.expired) {
    out.reason = kReasonPolicyChanged;
    out.message = "the policy was changed and the node has not been appraised under it since";
  } else if (missed.other_uid) {
    out.reason = kReasonNodeUidChanged;
    out.message = "the results are for an earlier Node object of this name; it has to enrol again";
  } else if (missed.expired || (before != nullptr && before->verdict != Verdict::kUnknown)) {
    out.verdict = Verdict::kStale;
    out.reason = kReasonExpired;
    out.message =
        "the last evidence is older than the policy allows; see whether the agent runs on the node";
  } else {
    out.reason = kReasonNeverAppraised;
    out.message = "no verifier has appraised the node under this policy yet";
  }
  return out;
}

}  // namespace

PolicyVersion version_of(const api::AttestationPolicy& policy) {
  return {policy.name(), policy.meta.uid, policy.meta.generation};
}

PolicyVerdict judge(const PolicyVersion& policy, const NodeName& node, const NodeUid& uid,
                    const Ears& ears, const token::KeySet& keys, const PolicyVerdict* before,
                    Time now) {
  Missed missed;
  const auto counting = candidates(policy, node, uid, ears, keys, now, missed);
  const auto best = std::max_element(counting.begin(), counting.end(),
                                     [](const Candidate& a, const Candidate& b) {
                                       return std::pair(weight(a.result->verdict), a.expires) <
                                              std::pair(weight(b.result->verdict), b.expires);
                                     });
  PolicyVerdict out = best != counting.end() ? from_result(*best) : without_result(missed, before);
  out.policy = policy.name;
  out.since = before != nullptr && before->verdict == out.verdict ? before->since : now;
  return out;
}

std::shared_ptr<const Ears> EarCache::ears(const api::NodeAttestation& attestation,
                                           const VerifierKeys& keys, Time now) {
  const NodeName node = attestation.node();
  {
    MutexLock lock(mutex_);
    const auto known = entries_.find(node);
    if (known != entries_.end() && known->second.keys_generation == keys.generation &&
        known->second.results == attestation.results) {
      return known->second.ears;
    }
  }
  Ears verified;
  for (const api::SignedResult& result : attestation.results) {
    // What does not verify is as good as absent: the verdict then says what is missing. The name
    // beside it in the list is not signed and does not count.
    if (auto ear = token::verify_ear(result.ear, keys.keys, now)) {
      verified.push_back(*std::move(ear));
    }
  }
  auto out = std::make_shared<const Ears>(std::move(verified));
  MutexLock lock(mutex_);
  entries_[node] = {attestation.results, keys.generation, out};
  return out;
}

void EarCache::forget(const NodeName& node) {
  MutexLock lock(mutex_);
  entries_.erase(node);
}

}  // namespace seaworthy::controller
