// What a verifier says about one node, signed: an EAT Attestation Result.
// Spec: RFC 9711 (EAT); draft-ietf-rats-ear-04 and, for the libraries in use, its predecessor of
// 2023 (profile tag:github.com,2023:veraison/ear). Attacks.
//
// Both generations of claim names are written, from one value, so that they cannot differ; a token
// in which they differ is refused. The token carries no `aud` and a `typ` of its own: it states
// facts and authenticates nobody.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/verdict.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "token/jwks.h"
#include "token/jws.h"

namespace seaworthy::token {

inline constexpr std::string_view kEarType = "eat+jwt";  // application/eat+jwt, RFC 9782
inline constexpr std::string_view kEarProfile = "tag:github.com,2023:veraison/ear";
inline constexpr std::string_view kEarIssuerPrefix = "seaworthy.dev/verifiers/";
inline constexpr std::size_t kMaxPoliciesPerEar = 32;
// How far a verifier's clock may be ahead of ours.
inline constexpr std::chrono::seconds kMaxClockSkew{60};

// One submodule: the node under one policy. Times have whole seconds on the wire; fractions are
// cut.
struct PolicyResult {
  PolicyName policy;
  std::string policy_uid;              // metadata.uid of what was applied
  std::int64_t policy_generation = 0;  // metadata.generation of what was applied
  api::Verdict verdict = api::Verdict::kUnknown;
  std::optional<Time> expires;             // required for Trusted
  std::vector<api::FindingView> findings;  // the first kMaxFindingsShown are written
  std::string boot_set = {};               // ReferenceValueSet that the boot matches; may be empty
  bool operator==(const PolicyResult&) const = default;
};

struct EarClaims {
  std::string verifier;  // `seaworthy-operator`; becomes iss
  std::string build;     // of the verifier: "seaworthy 0.1.0"
  std::string id;        // jti: unique per token
  Time issued;
  Time expires;
  NodeName node;
  NodeUid node_uid;
  std::string ak_name;                 // TPM Name, hexadecimal
  Bytes ak_spki;                       // DER SubjectPublicKeyInfo of the AK
  std::vector<PolicyResult> policies;  // 1 to kMaxPoliciesPerEar, no name twice
  bool operator==(const EarClaims&) const = default;
};

// kMalformed if the claims break the bounds above or are no answer (no policy, no expiry after
// `issued`, a Trusted without expiry). Otherwise as the signer fails.
Result<std::string> sign_ear(const EarClaims& claims, const Signer& signer);

// Claims that a trusted verifier signed and that had not expired. Only verify_ear() makes one.
class VerifiedEar {
 public:
  const EarClaims& claims() const { return claims_; }
  const std::string& key_id() const { return key_id_; }
  // Null if the verifier said nothing about that policy.
  const PolicyResult* find(const PolicyName& policy) const;

 private:
  friend Result<VerifiedEar> verify_ear(std::string_view, const KeySet&, Time);
  VerifiedEar(EarClaims claims, std::string key_id)
      : claims_(std::move(claims)), key_id_(std::move(key_id)) {}
  EarClaims claims_;
  std::string key_id_;
};

// Establishes at `now`: signed by a key of `keys` that has not expired and that belongs to the
// verifier named as issuer; issued not after now (but for kMaxClockSkew); not expired; both sets
// of names agree. Does not establish that the node still has that UID or the policy that
// generation, nor that a policy's own `expires` is ahead: compare when deciding.
//
// kMalformed: the token is not one of ours; kDenied: it is, and must not be believed.
Result<VerifiedEar> verify_ear(std::string_view text, const KeySet& keys, Time now);

// The claims of a token whose signature nobody has looked at, for showing them to a person.
// kMalformed: not one of ours.
Result<EarClaims> untrusted_ear(std::string_view text);

}  // namespace seaworthy::token
