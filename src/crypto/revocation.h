// Revocation lists that a person configured. Spec: RFC 5280 §5 and §6.3.
//
// Nothing is ever fetched: a URL in a certificate is evidence, and evidence makes no connections
// . Whole lists of one issuer only; delta and indirect ones are refused when read.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/ek_profile.h"

namespace seaworthy::crypto {

inline constexpr std::size_t kMaxRevocationLists = 64;  // of one bundle

namespace internal {
struct RevocationState;  // the X509_CRL; only src/crypto sees inside
}

// Well-formed; that its issuer signed it is checked when it is used. Cheap to copy.
class RevocationList {
 public:
  Bytes issuer_name() const;  // DER
  Time next_update() const;
  const Digest& fingerprint() const;  // SHA-256 of the DER
  const internal::RevocationState& state() const { return *state_; }

 private:
  friend Result<std::vector<RevocationList>> parse_revocation_lists(std::string_view pem);
  explicit RevocationList(std::shared_ptr<const internal::RevocationState> state)
      : state_(std::move(state)) {}
  std::shared_ptr<const internal::RevocationState> state_;
};

// All "X509 CRL" blocks of a PEM text. kMalformed: another kind of block, one that does not decode,
// none at all, too many, more than 1 MiB; kUnsupported: a critical extension (delta or partial
// lists), or a list that does not say until when it holds.
Result<std::vector<RevocationList>> parse_revocation_lists(std::string_view pem);

// What the lists of `issuer` say about `certificate`: kRevoked, or kRevocationUnknown if there are
// lists of that name and none that holds now (expired, not yet valid, signed by somebody else or
// over SHA-1). Fails closed: who configures a list wants it to be current. Null: not revoked, or no
// list is of this issuer.
std::optional<ChainProblem> check_revocation(const Certificate& certificate,
                                             const Certificate& issuer,
                                             const std::vector<RevocationList>& lists, Time now);

}  // namespace seaworthy::crypto
