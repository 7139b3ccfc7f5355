#include "verifier/claims.h"

namespace seaworthy::verifier {

void ClaimIndex::update(const NodeName& node, const api::NodeAttestation* record) {
  std::set<std::string> claims;
  if (record != nullptr) {
    claims.insert(record->ek_hash);
    if (record->identity) {
      claims.insert(record->identity->ek_hash);
      claims.insert(record->identity->ak_name);
    }
    claims.erase("");
  }
  MutexLock lock(mutex_);
  for (const std::string& old : by_node_[node]) {
    auto& nodes = by_claim_[old];
    nodes.erase(node);
    if (nodes.empty()) {
      by_claim_.erase(old);
    }
  }
  for (const std::string& claim : claims) {
    by_claim_[claim].insert(node);
  }
  if (claims.empty()) {
    by_node_.erase(node);
  } else {
    by_node_[node] = std::move(claims);
  }
}

std::vector<NodeName> ClaimIndex::others(const NodeName& self, const std::string& ek_hash,
                                         const std::string& ak_name) const {
  std::set<NodeName> out;
  MutexLock lock(mutex_);
  for (const std::string& claim : {ek_hash, ak_name}) {
    const auto found = by_claim_.find(claim);
    if (found != by_claim_.end()) {
      out.insert(found->second.begin(), found->second.end());
    }
  }
  out.erase(self);
  return {out.begin(), out.end()};
}

}  // namespace seaworthy::verifier
