#include "crypto/revocation.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>
#include <utility>

#include "crypto/certificate_state.h"
#include "crypto/key_state.h"
#include "crypto/pem.h"

namespace seaworthy::crypto {
namespace internal {

using CrlPtr = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;

struct RevocationState {
  CrlPtr crl;  // not changed after parsing
  Digest fingerprint{HashAlg::kSha256};
  Time this_update;
  Time next_update;
};

}  // namespace internal

namespace {

using internal::about;

std::optional<Time> time_of(const ASN1_TIME* at) {
  std::tm broken_down{};
  if (at == nullptr || ASN1_TIME_to_tm(at, &broken_down) != 1) {
    return std::nullopt;
  }
  return Time::from_unix(seconds(timegm(&broken_down)));
}

Result<internal::RevocationState> parse_list(ByteSpan der) {
  const std::uint8_t* at = der.data();
  internal::RevocationState state;
  state.crl.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!state.crl || at != der.data() + der.size()) {
    return malformed("does not decode as a certificate revocation list");
  }
  for (int i = 0; i < X509_CRL_get_ext_count(state.crl.get()); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(state.crl.get(), i)) != 0) {
      return unsupported("has a critical extension: only whole lists of one issuer are supported");
    }
  }
  const auto this_update = time_of(X509_CRL_get0_lastUpdate(state.crl.get()));
  const auto next_update = time_of(X509_CRL_get0_nextUpdate(state.crl.get()));
  if (!this_update || !next_update) {
    return unsupported("does not say from when until when it holds");
  }
  state.this_update = *this_update;
  state.next_update = *next_update;
  state.fingerprint = sha256(der);
  return state;
}

// Why this list says nothing about certificates of this issuer; empty if it does.
std::string unusable(const internal::RevocationState& list, const Certificate& issuer, Time now) {
  const Result<PublicKey> key = issuer.public_key();
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list.crl.get()), &digest, nullptr);
  if (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512) {
    return "is signed over a hash other than SHA-256, SHA-384 or SHA-512";
  }
  const std::uint32_t flags = X509_get_extension_flags(issuer.state().x509.get());
  if ((flags & EXFLAG_KUSAGE) != 0 &&
      (X509_get_key_usage(issuer.state().x509.get()) & KU_CRL_SIGN) == 0) {
    return "is of an issuer without the usage cRLSign";
  }
  if (!key || X509_CRL_verify(list.crl.get(), key->state().pkey.get()) != 1) {
    return "is not signed by the issuer that it names";
  }
  if (now < list.this_update) {
    return "holds from " + list.this_update.rfc3339() + " on, and it is " + now.rfc3339();
  }
  if (now > list.next_update) {
    return "held until " + list.next_update.rfc3339() + ", and it is " + now.rfc3339() +
           "; put the issuer's current list in its place";
  }
  return {};
}

}  // namespace

Bytes RevocationList::issuer_name() const {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  SEAWORTHY_CHECK(X509_NAME_get0_der(X509_CRL_get_issuer(state_->crl.get()), &bytes, &size) == 1);
  return {bytes, bytes + size};
}
Time RevocationList::next_update() const {
  return state_->next_update;
}
const Digest& RevocationList::fingerprint() const {
  return state_->fingerprint;
}

Result<std::vector<RevocationList>> parse_revocation_lists(std::string_view pem) {
  if (pem.size() > kMaxBundleBytes) {
    return malformed("revocation lists: " + std::to_string(pem.size()) + " bytes, at most " +
                     std::to_string(kMaxBundleBytes) + " are accepted");
  }
  internal::PemReader reader(pem);
  std::vector<RevocationList> out;
  while (const auto block = TRY(reader.next())) {
    if (!block->is(PEM_STRING_X509_CRL)) {
      return malformed(reader.where() + ": is not an X509 CRL");
    }
    if (out.size() == kMaxRevocationLists) {
      return malformed(reader.where() + ": at most " + std::to_string(kMaxRevocationLists) +
                       " revocation lists are accepted");
    }
    Result<internal::RevocationState> list = parse_list(block->der);
    if (!list) {
      return std::move(list).error().in(reader.where());
    }
    out.push_back(
        RevocationList(std::make_shared<const internal::RevocationState>(*std::move(list))));
  }
  if (out.empty()) {
    return malformed("contains no revocation list");
  }
  return out;
}

std::optional<ChainProblem> check_revocation(const Certificate& certificate,
                                             const Certificate& issuer,
                                             const std::vector<RevocationList>& lists, Time now) {
  const internal::ErrorQueueGuard errors;
  const ByteSpan name = internal::subject_der(issuer.state().x509.get());
  bool any_holds = false;
  std::string why;
  for (const RevocationList& list : lists) {
    if (!same_bytes(list.issuer_name(), name)) {
      continue;
    }
    std::string problem = unusable(list.state(), issuer, now);
    if (!problem.empty()) {
      why = std::move(problem);
      continue;
    }
    any_holds = true;
    X509_REVOKED* entry = nullptr;
    if (X509_CRL_get0_by_serial(list.state().crl.get(), &entry,
                                X509_get0_serialNumber(certificate.state().x509.get())) == 1) {
      return ChainProblem{ChainFailure::kRevoked, about(certificate),
                          "was revoked by its issuer, " + about(issuer)};
    }
  }
  if (!any_holds && !why.empty()) {
    return ChainProblem{ChainFailure::kRevocationUnknown, about(certificate),
                        "the configured revocation list of its issuer " + why};
  }
  return std::nullopt;
}

}  // namespace seaworthy::crypto
