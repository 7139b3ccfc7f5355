// What the verifier remembers of each node between two of its evidences. In the memory of this
// replica only: one that remembers nothing goes on from what the agent shows of another one's
// (checkpoint.h), or asks for everything from the beginning.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "base/strong.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "policy/evaluate.h"
#include "verifier/wanted.h"
#include "verify/evidence.h"
#include "verify/identity.h"

namespace seaworthy::verifier {

// The outcome of checking the EK certificate against one policy's anchors (R1), kept because it is
// two asymmetric operations and changes with the anchors, the certificates or the day only.
struct CachedEndorsement {
  std::string anchors_digest;
  crypto::Digest certificates{crypto::HashAlg::kSha256};
  Time checked;
  verify::Findings findings;  // empty: the chain holds
};

// What of this node stands published, so that it is written on change only.
struct PublishedResult {
  crypto::Digest content{crypto::HashAlg::kSha256};  // of all but the times
  Time expires;                                      // the first of the policies'
  Time written;
  crypto::Digest ear{crypto::HashAlg::kSha256};  // of the signed result
};

struct NodeState {
  Mutex mutex;  // one round at a time: a node has one request in flight
  // Of the NodeAttestation that all of this is about. Another one means that somebody took the
  // enrolment back, and nothing remembered counts: how a person lets a TPM go on whose counters
  // went back (TPM2_Clear sets them to zero and leaves the endorsement keys as they are).
  std::string record_uid GUARDED_BY(mutex);
  std::optional<verify::AttestationKey> key GUARDED_BY(mutex);
  Bytes key_public GUARDED_BY(mutex);  // the TPMT_PUBLIC that `key` was made of
  verify::AttestationProgress progress GUARDED_BY(mutex);
  std::map<PolicyName, policy::FileAppraisal> files GUARDED_BY(mutex);
  std::map<PolicyName, CachedEndorsement> endorsements GUARDED_BY(mutex);
  std::optional<PublishedResult> published GUARDED_BY(mutex);
  std::optional<PublishedResult> published_dry_runs GUARDED_BY(mutex);
  std::string refusal GUARDED_BY(mutex);  // what stands in the condition Attested; empty: none
  Time refusal_written GUARDED_BY(mutex);

  void start_over() REQUIRES(mutex) {
    key.reset();
    key_public.clear();
    progress = {};
    files.clear();
    endorsements.clear();
    published.reset();
    published_dry_runs.reset();
    refusal.clear();
    refusal_written = {};
  }
};

// Thread-safe.
class NodeStates {
 public:
  std::shared_ptr<NodeState> of(const NodeUid& uid) {
    MutexLock lock(mutex_);
    std::shared_ptr<NodeState>& state = states_[uid];
    if (!state) {
      state = std::make_shared<NodeState>();
    }
    return state;
  }
  // The Node is gone, or somebody took its enrolment back.
  void forget(const NodeUid& uid) {
    MutexLock lock(mutex_);
    states_.erase(uid);
    wanted_.forget(uid);
  }
  std::size_t size() const {
    MutexLock lock(mutex_);
    return states_.size();
  }
  verify::BootParts& boot_parts() { return boot_parts_; }
  WantedEvidence& wanted() { return wanted_; }

 private:
  mutable Mutex mutex_;
  std::unordered_map<NodeUid, std::shared_ptr<NodeState>> states_ GUARDED_BY(mutex_);
  verify::BootParts boot_parts_;
  WantedEvidence wanted_;
};

}  // namespace seaworthy::verifier
