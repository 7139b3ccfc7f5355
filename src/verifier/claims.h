// Which nodes' records claim a TPM: an index over the NodeAttestations (R23). It follows an
// informer, so a claim that another replica has just written is seen a moment later: appraisal
// asks again each time, and a duplicate that slipped in at enrolment is found then.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/attestation.h"
#include "base/bytes.h"
#include "base/mutex.h"

namespace seaworthy::verifier {

// Thread-safe.
class ClaimIndex {
 public:
  // The record changed; null: it is gone. What the node claims is its pin, its EK and its AK.
  void update(const NodeName& node, const api::NodeAttestation* record);
  // Nodes other than `self` that claim this EK or this AK.
  std::vector<NodeName> others(const NodeName& self, const std::string& ek_hash,
                               const std::string& ak_name) const;

 private:
  using Claim = ByteArray<32>;  // SHA-256 of what is claimed
  static Claim claim_of(const std::string& text);

  mutable Mutex mutex_;
  std::set<std::pair<Claim, NodeName>> claims_ GUARDED_BY(mutex_);
  std::map<NodeName, std::vector<Claim>> by_node_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::verifier
