// Decides whether the certificate of a TPM's key comes from a maker we were told to believe.
// Spec: RFC 5280 §6; TCG EK Credential Profile 2.5; rule R1, steps E2 1 to 5.
//
// Establishes: the leaf's signature chains, over the original bytes, to a configured anchor, at the
// given time; every issuer may issue; the leaf is for a key of this kind, and a strong one.
// Does not establish: that the TPM in front of us owns the key (credential activation, R5), nor
// that the certificate was not withdrawn, beyond `denied`.
#pragma once

#include <variant>
#include <vector>

#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/ek_profile.h"
#include "crypto/revocation.h"

namespace seaworthy::crypto {

inline constexpr std::size_t kMaxChainDepth = 5;        // certificates, leaf and anchor included
inline constexpr std::size_t kMaxChainCandidates = 64;  // sent along by the agent

// A root (or any CA) that the policy names, with the exceptions granted to its maker.
struct TrustAnchor {
  Certificate certificate;
  bool ignore_leaf_expiry = false;  // parts in service outlive their certificates
  bool allow_missing_eku = false;   // leaves without extendedKeyUsage
  bool allow_sha1 = false;          // signatures over SHA-1 below it: makers of 2010 to 2014
};

// Constructible only by verify_key_chain().
class TrustedKey {
 public:
  const PublicKey& key() const { return key_; }
  const TpmClaims& claims() const { return claims_; }
  // Leaf first, anchor last.
  const std::vector<Certificate>& path() const { return path_; }
  const Certificate& leaf() const { return path_.front(); }

 private:
  friend struct ChainBuilder;
  TrustedKey(PublicKey key, TpmClaims claims, std::vector<Certificate> path)
      : key_(std::move(key)), claims_(std::move(claims)), path_(std::move(path)) {}
  PublicKey key_;
  TpmClaims claims_;
  std::vector<Certificate> path_;
};

struct ChainInput {
  const Certificate& leaf;
  // Intermediates from the agent or the policy: not trusted, only considered.
  const std::vector<Certificate>& candidates;
  const std::vector<TrustAnchor>& anchors;
  // SHA-256 fingerprints of certificates that must not be in a path: leaf or issuers.
  const std::vector<Digest>& denied;
  Time now;
  // Configured, never fetched. Of each issuer in the path that has one, one has to hold now.
  const std::vector<RevocationList>& revocation_lists = kNoRevocationLists;
  LeafKind kind = LeafKind::kEndorsementKey;
  static const std::vector<RevocationList> kNoRevocationLists;
};

// Either the leaf is what it should be, or all problems of it that can be told and the best reason
// why there is no path.
//
// Pure: time is `now`, never the wall clock. At most 64 candidates and a bounded number of
// signature checks, whatever the agent sends.
std::variant<TrustedKey, ChainProblems> verify_key_chain(const ChainInput& in);

}  // namespace seaworthy::crypto
