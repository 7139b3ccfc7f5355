#include "verifier/claims.h"

#include <algorithm>

#include "crypto/digest.h"

namespace seaworthy::verifier {

ClaimIndex::Claim ClaimIndex::claim_of(const std::string& text) {
  Claim claim{};
  const crypto::Digest digest = crypto::sha256(as_bytes(text));
  std::copy_n(digest.bytes().begin(), claim.size(), claim.begin());
  return claim;
}

void ClaimIndex::update(const NodeName& node, const api::NodeAttestation* record) {
  std::set<std::string> texts;
  if (record != nullptr) {
    texts.insert(record->ek_hash);
    if (record->identity) {
      texts.insert({record->identity->ek_hash, record->identity->ak_name});
    }
    texts.erase("");
  }
  std::vector<Claim> claims;
  std::transform(texts.begin(), texts.end(), std::back_inserter(claims), claim_of);

  MutexLock lock(mutex_);
  for (const Claim& old : by_node_[node]) {
    claims_.erase({old, node});
  }
  for (const Claim& claim : claims) {
    claims_.insert({claim, node});
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
  for (const std::string* text : {&ek_hash, &ak_name}) {
    const Claim claim = claim_of(*text);
    MutexLock lock(mutex_);
    for (auto at = claims_.lower_bound({claim, NodeName()});
         at != claims_.end() && at->first == claim; ++at) {
      out.insert(at->second);
    }
  }
  out.erase(self);
  return {out.begin(), out.end()};
}

}  // namespace seaworthy::verifier
