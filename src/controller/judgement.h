// From signed results to verdicts: the one place in the controller that decides whether a node
// holds a class. Pure but for the lock of the cache.
//
// Only signed results count. NodeAttestation.status.verdicts is a view that anybody with rights on
// it may have written; it is read back only for `since` and to tell Stale from Unknown.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/policy.h"
#include "api/verdict.h"
#include "base/mutex.h"
#include "base/time.h"
#include "token/ear.h"
#include "token/jwks.h"

namespace seaworthy::controller {

// A policy by what a verdict is bound to.
struct PolicyVersion {
  PolicyName name;
  std::string uid;
  std::int64_t generation = 0;
};
PolicyVersion version_of(const api::AttestationPolicy& policy);

// The keys of verifiers, with a number that changes when they do.
struct VerifierKeys {
  token::KeySet keys;
  std::uint64_t generation = 0;
};

// Reasons of verdicts that no finding explains.
inline constexpr const char* kReasonAppraised = "Appraised";
inline constexpr const char* kReasonExpired = "Expired";
inline constexpr const char* kReasonNeverAppraised = "NeverAppraised";
inline constexpr const char* kReasonPolicyChanged = "PolicyChanged";
inline constexpr const char* kReasonNodeUidChanged = "NodeUidChanged";

using Ears = std::vector<token::VerifiedEar>;

// What `ears` say about the node under the policy, at `now`.
//   - a result for another Node UID, policy UID or generation does not count;
//   - one that says Violated outweighs any that say Trusted;
//   - Trusted and Violated hold until they expire, and not a moment longer: then the node is Stale.
// `before` is the verdict that stood in status; null if none.
api::PolicyVerdict judge(const PolicyVersion& policy, const NodeName& node, const NodeUid& uid,
                         const Ears& ears, const token::KeySet& keys,
                         const api::PolicyVerdict* before, Time now);

// Verifies each signature once, not at every reconcile. Thread-safe.
class EarCache {
 public:
  // The results of `attestation` that are signed by `keys`. Times are judge()'s business too: what
  // is valid now may have expired when it is asked for again.
  std::shared_ptr<const Ears> ears(const api::NodeAttestation& attestation,
                                   const VerifierKeys& keys, Time now) EXCLUDES(mutex_);
  void forget(const NodeName& node) EXCLUDES(mutex_);

 private:
  struct Entry {
    std::vector<api::SignedResult> results;
    std::uint64_t keys_generation = 0;
    std::shared_ptr<const Ears> ears;
  };
  Mutex mutex_;
  std::map<NodeName, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::controller
