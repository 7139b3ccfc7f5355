#include "crypto/chain.h"

#include <openssl/ecdsa.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "crypto/certificate_state.h"
#include "crypto/key_state.h"
#include "crypto/signature.h"

namespace seaworthy::crypto {

namespace {

constexpr int kSecurityLevel = 2;     // 112 bits: RSA 2048, SHA-256; refuses SHA-1 (SSL_CTX docs)
constexpr int kAnySecurityLevel = 0;  // for anchors with allow_sha1: keys are judged by us
constexpr std::size_t kMaxSignatureChecks = 16;  // of the leaf, by issuers of the right name
constexpr std::size_t kMaxSameNamedAnchors = 16;

struct StackFreer {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not the elements
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackFreer>;
using StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, internal::Freer<X509_STORE_CTX_free>>;

using internal::about;

X509* x509(const Certificate& certificate) {
  return certificate.state().x509.get();
}

// Whether the signature on this certificate is over a hash that still means something, or may be
// believed all the same below this anchor.
bool strong_signature(const Certificate& certificate, const TrustAnchor* anchor) {
  int digest = NID_undef;
  if (X509_get_signature_info(x509(certificate), &digest, nullptr, nullptr, nullptr) != 1) {
    return false;
  }
  return (digest == NID_sha1 && anchor != nullptr && anchor->allow_sha1) || digest == NID_sha256 ||
         digest == NID_sha384 || digest == NID_sha512;
}

ChainProblem weak_signature(const Certificate& certificate) {
  return {ChainFailure::kWeakSignature, about(certificate),
          "is signed over a hash other than SHA-256, SHA-384 or SHA-512: such signatures can be "
          "forged; the anchor may be given SHA1 for parts that were made with them"};
}

// What X509_verify() does, over bytes other than x509's own; for the two usual algorithms only.
bool signed_by(const PublicKey& key, const X509* certificate, ByteSpan signed_part) {
  const ASN1_BIT_STRING* bits = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&bits, &algorithm, certificate);
  int digest = NID_undef;
  int kind = NID_undef;
  if (X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(certificate)) != 0 ||
      OBJ_find_sigid_algs(OBJ_obj2nid(algorithm->algorithm), &digest, &kind) != 1) {
    return false;
  }
  const HashAlg hash = digest == NID_sha512   ? HashAlg::kSha512
                       : digest == NID_sha384 ? HashAlg::kSha384
                                              : HashAlg::kSha256;
  const ByteSpan bytes(ASN1_STRING_get0_data(bits),
                       static_cast<std::size_t>(ASN1_STRING_length(bits)));
  if (kind == NID_rsaEncryption) {
    return verify(key, {SignatureAlg::kRsaSsa, hash}, signed_part, RsaSignature{bytes});
  }
  const std::uint8_t* at = bytes.data();
  const std::unique_ptr<ECDSA_SIG, internal::Freer<ECDSA_SIG_free>> parsed(
      kind == NID_X9_62_id_ecPublicKey
          ? d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes.size()))
          : nullptr);
  if (!parsed || BN_is_negative(ECDSA_SIG_get0_r(parsed.get())) != 0 ||
      BN_is_negative(ECDSA_SIG_get0_s(parsed.get())) != 0) {
    return false;
  }
  const Bytes r = internal::big_endian(ECDSA_SIG_get0_r(parsed.get()));
  const Bytes s = internal::big_endian(ECDSA_SIG_get0_s(parsed.get()));
  return verify(key, {SignatureAlg::kEcdsa, hash}, signed_part, EcdsaSignature{r, s});
}

void check_validity(const Certificate& leaf, bool ignore_expiry, Time now, ChainProblems& found) {
  if (now < leaf.not_before()) {
    found.push_back(
        {ChainFailure::kNotYetValid, about(leaf),
         "is valid from " + leaf.not_before().rfc3339() + " on, and it is " + now.rfc3339()});
  } else if (now > leaf.not_after() && !ignore_expiry) {
    found.push_back({ChainFailure::kExpired, about(leaf),
                     "was valid until " + leaf.not_after().rfc3339() + ", and it is " +
                         now.rfc3339() +
                         "; the anchor may be given ignoreLeafExpiry for parts in service"});
  }
}

}  // namespace

// Builds one path; a struct so that TrustedKey can name it as a friend.
struct ChainBuilder {
  struct Path {
    std::vector<Certificate> issuers;  // the leaf's first, the anchor last
    const TrustAnchor* anchor;
  };
  using Outcome = std::variant<Path, ChainProblem>;

  const ChainInput& in;

  // E2 item 2a: by name, as raw DER, and by authority key identifier if the leaf has one.
  bool names_as_issuer(const Certificate& candidate) const {
    if (!same_bytes(internal::subject_der(x509(candidate)), internal::issuer_der(x509(in.leaf)))) {
      return false;
    }
    const std::unique_ptr<AUTHORITY_KEYID, internal::Freer<AUTHORITY_KEYID_free>> key_id(
        static_cast<AUTHORITY_KEYID*>(
            X509_get_ext_d2i(x509(in.leaf), NID_authority_key_identifier, nullptr, nullptr)));
    return !key_id || X509_check_akid(x509(candidate), key_id.get()) == X509_V_OK;
  }

  bool signed_leaf(const Certificate& issuer) const {
    const Result<PublicKey> key = issuer.public_key();
    if (!key) {
      return false;
    }
    const Bytes& signed_part = in.leaf.state().signed_part;
    return signed_part.empty() ? X509_verify(x509(in.leaf), key->state().pkey.get()) == 1
                               : signed_by(*key, x509(in.leaf), signed_part);
  }

  std::vector<Certificate> possible_issuers() const {
    std::vector<Certificate> out;
    const auto consider = [&](const Certificate& candidate) {
      if (names_as_issuer(candidate) && std::find(out.begin(), out.end(), candidate) == out.end()) {
        out.push_back(candidate);
      }
    };
    for (const TrustAnchor& anchor : in.anchors) {
      consider(anchor.certificate);
    }
    for (const Certificate& candidate : in.candidates) {
      consider(candidate);
    }
    return out;
  }

  const Certificate* find(const X509* wanted) const {
    for (const TrustAnchor& anchor : in.anchors) {
      if (X509_cmp(x509(anchor.certificate), wanted) == 0) {
        return &anchor.certificate;
      }
    }
    for (const Certificate& candidate : in.candidates) {
      if (X509_cmp(x509(candidate), wanted) == 0) {
        return &candidate;
      }
    }
    return nullptr;
  }

  // E2 item 2c. OpenSSL takes the issuer for the end of the path, so what the leaf makes of it is
  // checked here: it is a CA, may sign certificates, and is not below too many others.
  static std::optional<ChainProblem> may_issue(const std::vector<Certificate>& issuers) {
    long below = 0;  // CA certificates under this one, self-issued ones not counted
    for (const Certificate& ca : issuers) {
      const bool anchor = &ca == &issuers.back();
      const int kind = X509_check_ca(x509(ca));  // asks keyUsage as well
      constexpr int kCa = 1;
      constexpr int kSelfSignedVersion1 = 3;  // old roots: only if configured as anchor
      if (kind != kCa && !(anchor && kind == kSelfSignedVersion1)) {
        return ChainProblem{ChainFailure::kIssuerMayNotIssue, about(ca),
                            "is not a CA certificate (basicConstraints CA, and keyCertSign if "
                            "there is a keyUsage), yet has issued one"};
      }
      const long allowed = X509_get_pathlen(x509(ca));
      if (allowed >= 0 && below > allowed) {
        return ChainProblem{ChainFailure::kIssuerMayNotIssue, about(ca),
                            "allows " + std::to_string(allowed) +
                                " CA certificates below it, and there are " +
                                std::to_string(below)};
      }
      if ((X509_get_extension_flags(x509(ca)) & EXFLAG_SI) == 0) {
        ++below;
      }
    }
    return std::nullopt;
  }

  // RFC 5280 §4.2.1.10. OpenSSL checks the names of the issuers among each other; those of the
  // leaf, which it does not see, are checked here.
  std::optional<ChainProblem> may_name(const std::vector<Certificate>& issuers) const {
    for (const Certificate& ca : issuers) {
      const std::unique_ptr<NAME_CONSTRAINTS, internal::Freer<NAME_CONSTRAINTS_free>> constraints(
          static_cast<NAME_CONSTRAINTS*>(
              X509_get_ext_d2i(x509(ca), NID_name_constraints, nullptr, nullptr)));
      if (constraints && NAME_CONSTRAINTS_check(x509(in.leaf), constraints.get()) != X509_V_OK) {
        return ChainProblem{ChainFailure::kIssuerMayNotIssue, about(ca),
                            "has name constraints that the names of this certificate break"};
      }
    }
    return std::nullopt;
  }

  static ChainProblem from_openssl(int error, const Certificate& issuer, X509* at) {
    std::string where = about(issuer);
    if (at != nullptr && X509_cmp(at, x509(issuer)) != 0) {
      where += ", or a certificate above it";
    }
    const std::string message = X509_verify_cert_error_string(error);
    switch (error) {
      case X509_V_ERR_CERT_HAS_EXPIRED:
        return {ChainFailure::kExpired, where, message};
      case X509_V_ERR_CERT_NOT_YET_VALID:
        return {ChainFailure::kNotYetValid, where, message};
      case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return {ChainFailure::kBadSignature, where, message};
      case X509_V_ERR_CA_MD_TOO_WEAK:
        return {ChainFailure::kWeakSignature, where, message};
      case X509_V_ERR_CA_KEY_TOO_SMALL:
      case X509_V_ERR_EE_KEY_TOO_SMALL:
        return {ChainFailure::kWeakKey, where, message};
      case X509_V_ERR_INVALID_CA:
      case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      case X509_V_ERR_PERMITTED_VIOLATION:
      case X509_V_ERR_EXCLUDED_VIOLATION:
        return {ChainFailure::kIssuerMayNotIssue, where, message};
      case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
        return {ChainFailure::kUnknownCritical, where, message};
      default:
        return {ChainFailure::kNotTrusted, where, message};
    }
  }

  // From the issuer of the leaf to an anchor.
  Outcome path_above(const Certificate& issuer) const {
    StackPtr all(sk_X509_new_null());
    SEAWORTHY_CHECK(all != nullptr);
    for (const TrustAnchor& anchor : in.anchors) {
      SEAWORTHY_CHECK(sk_X509_push(all.get(), x509(anchor.certificate)) > 0);
    }
    Outcome outcome = path_to(issuer, all.get(), kSecurityLevel);
    const auto* problem = std::get_if<ChainProblem>(&outcome);
    if (problem == nullptr || (problem->failure != ChainFailure::kBadSignature &&
                               problem->failure != ChainFailure::kWeakSignature)) {
      return outcome;
    }
    // Two anchors of one name and no key identifiers: OpenSSL tries the first only. And SHA-1 below
    // an anchor that is allowed it.
    std::size_t tried = 0;
    for (const TrustAnchor& anchor : in.anchors) {
      if ((!anchor.allow_sha1 && !shares_its_name(anchor)) || ++tried > kMaxSameNamedAnchors) {
        continue;
      }
      StackPtr one(sk_X509_new_null());
      SEAWORTHY_CHECK(one && sk_X509_push(one.get(), x509(anchor.certificate)) > 0);
      Outcome again =
          path_to(issuer, one.get(), anchor.allow_sha1 ? kAnySecurityLevel : kSecurityLevel);
      if (std::holds_alternative<Path>(again)) {
        return again;
      }
    }
    return outcome;
  }

  bool shares_its_name(const TrustAnchor& anchor) const {
    return std::count_if(in.anchors.begin(), in.anchors.end(), [&](const TrustAnchor& other) {
             return same_bytes(internal::subject_der(x509(anchor.certificate)),
                               internal::subject_der(x509(other.certificate)));
           }) > 1;
  }

  Outcome path_to(const Certificate& issuer, STACK_OF(X509) * anchors, int security_level) const {
    const StackPtr candidates(sk_X509_new_null());
    const StoreCtxPtr context(X509_STORE_CTX_new());
    SEAWORTHY_CHECK(candidates && context);
    for (const Certificate& candidate : in.candidates) {
      SEAWORTHY_CHECK(sk_X509_push(candidates.get(), x509(candidate)) > 0);
    }
    SEAWORTHY_CHECK(X509_STORE_CTX_init(context.get(), nullptr, x509(issuer), candidates.get()) ==
                    1);
    X509_STORE_CTX_set0_trusted_stack(context.get(), anchors);
    X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
    // Without this OpenSSL asks the wall clock.
    X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(in.now.unix_seconds().count()));
    X509_VERIFY_PARAM_set_auth_level(param, security_level);
    // Any configured CA is an anchor, not only self-signed ones.
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_depth(param, static_cast<int>(kMaxChainDepth));
    if (X509_verify_cert(context.get()) != 1) {
      return from_openssl(X509_STORE_CTX_get_error(context.get()), issuer,
                          X509_STORE_CTX_get_current_cert(context.get()));
    }
    return path_of(X509_STORE_CTX_get0_chain(context.get()));
  }

  Outcome path_of(STACK_OF(X509) * chain) const {
    Path path{{}, nullptr};
    for (int i = 0; i < sk_X509_num(chain); ++i) {
      const Certificate* certificate = find(sk_X509_value(chain, i));
      SEAWORTHY_CHECK(certificate != nullptr);
      path.issuers.push_back(*certificate);
    }
    for (const TrustAnchor& anchor : in.anchors) {
      if (anchor.certificate == path.issuers.back()) {
        path.anchor = &anchor;
      }
    }
    SEAWORTHY_CHECK(path.anchor != nullptr);
    if (path.issuers.size() + 1 > kMaxChainDepth) {
      return ChainProblem{ChainFailure::kNotTrusted, about(path.issuers.front()),
                          "the path to an anchor has more than " + std::to_string(kMaxChainDepth) +
                              " certificates"};
    }
    for (const Certificate& ca : path.issuers) {
      if (&ca != &path.issuers.back() && !strong_signature(ca, path.anchor)) {
        return weak_signature(ca);  // the anchor's own signature proves nothing to us
      }
      const Result<PublicKey> key = ca.public_key();
      if (key && key->weakness() == KeyWeakness::kRsaTooShort) {
        return ChainProblem{ChainFailure::kWeakKey, about(ca),
                            std::string(describe(*key->weakness()))};
      }
    }
    if (auto problem = may_issue(path.issuers)) {
      return *std::move(problem);
    }
    if (auto problem = may_name(path.issuers)) {
      return *std::move(problem);
    }
    return path;
  }

  // The first path that holds, or the reason why the most promising one does not.
  Outcome find_path() const {
    ChainProblem best{ChainFailure::kNotTrusted, about(in.leaf),
                      "no configured anchor and no certificate sent along is its issuer, " +
                          in.leaf.issuer() + "; add the TPM maker's root to trustAnchors"};
    std::size_t checks = 0;
    for (const Certificate& issuer : possible_issuers()) {
      if (++checks > kMaxSignatureChecks) {
        return ChainProblem{ChainFailure::kTooManyCandidates, about(in.leaf),
                            "more than " + std::to_string(kMaxSignatureChecks) +
                                " certificates claim to be its issuer"};
      }
      if (!signed_leaf(issuer)) {
        if (best.failure == ChainFailure::kNotTrusted && checks == 1) {
          best = {ChainFailure::kBadSignature, about(in.leaf),
                  "its signature is not by the issuer that it names, " + about(issuer)};
        }
        continue;
      }
      Outcome outcome = path_above(issuer);
      if (std::holds_alternative<Path>(outcome)) {
        return outcome;
      }
      best = std::get<ChainProblem>(std::move(outcome));
    }
    return best;
  }

  ChainProblems denied(const std::vector<Certificate>& path) const {
    ChainProblems found;
    for (const Certificate& certificate : path) {
      if (std::find(in.denied.begin(), in.denied.end(), certificate.fingerprint()) !=
          in.denied.end()) {
        found.push_back({ChainFailure::kDenied, about(certificate),
                         "is on the list of certificates that must not be believed"});
      }
    }
    return found;
  }

  // Every certificate of the path but the anchor, by the lists of the one above it.
  ChainProblems revoked(const std::vector<Certificate>& path) const {
    ChainProblems found;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      if (auto problem = check_revocation(path[i], path[i + 1], in.revocation_lists, in.now)) {
        found.push_back(*std::move(problem));
      }
    }
    return found;
  }

  std::variant<TrustedKey, ChainProblems> run() const {
    if (in.candidates.size() > kMaxChainCandidates) {
      return ChainProblems{{ChainFailure::kTooManyCandidates, about(in.leaf),
                            std::to_string(in.candidates.size()) +
                                " certificates were sent along, at most " +
                                std::to_string(kMaxChainCandidates) + " are considered"}};
    }
    Outcome outcome = find_path();
    Path* const found_path = std::get_if<Path>(&outcome);
    const TrustAnchor* const anchor = found_path != nullptr ? found_path->anchor : nullptr;

    ChainProblems found;
    if (found_path == nullptr) {
      found.push_back(std::get<ChainProblem>(outcome));
    }
    std::vector<Certificate> path = {in.leaf};
    if (found_path != nullptr) {
      path.insert(path.end(), found_path->issuers.begin(), found_path->issuers.end());
    }
    const auto add = [&found](ChainProblems more) {
      std::move(more.begin(), more.end(), std::back_inserter(found));
    };
    add(denied(path));
    add(revoked(path));
    add(check_profile(in.leaf, in.kind, anchor != nullptr && anchor->allow_missing_eku));
    check_validity(in.leaf, anchor != nullptr && anchor->ignore_leaf_expiry, in.now, found);
    if (!strong_signature(in.leaf, anchor)) {
      found.push_back(weak_signature(in.leaf));
    }
    if (!found.empty()) {
      return found;
    }
    return TrustedKey(*in.leaf.public_key(), in.leaf.tpm_claims(), std::move(path));
  }
};

const std::vector<RevocationList> ChainInput::kNoRevocationLists;

std::variant<TrustedKey, ChainProblems> verify_key_chain(const ChainInput& in) {
  const internal::ErrorQueueGuard errors;
  return ChainBuilder{in}.run();
}

}  // namespace seaworthy::crypto
