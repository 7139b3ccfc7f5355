#include "crypto/ek_profile.h"

#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>

#include "crypto/certificate_state.h"

namespace seaworthy::crypto {
namespace internal {

std::string about(const Certificate& certificate) {
  std::string subject = certificate.subject();
  if (!subject.empty()) {
    return subject;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "sha256:";
  for (const std::uint8_t byte : certificate.fingerprint().bytes()) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace internal

namespace {

using internal::about;

X509* x509(const Certificate& certificate) {
  return certificate.state().x509.get();
}

bool has_usage(const Certificate& leaf, std::string_view wanted) {
  const std::unique_ptr<EXTENDED_KEY_USAGE, internal::Freer<EXTENDED_KEY_USAGE_free>> usages(
      static_cast<EXTENDED_KEY_USAGE*>(
          X509_get_ext_d2i(x509(leaf), NID_ext_key_usage, nullptr, nullptr)));
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    ByteArray<64> oid{};
    OBJ_obj2txt(reinterpret_cast<char*>(oid.data()), static_cast<int>(oid.size()),
                sk_ASN1_OBJECT_value(usages.get(), i), 1);
    if (std::string_view(reinterpret_cast<const char*>(oid.data())) == wanted) {
      return true;
    }
  }
  return false;
}

// RFC 5280 §4.1.2.2: positive, at most 20 bytes. A non-minimal encoding (ST) is let pass.
bool good_serial(const Certificate& leaf) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509(leaf));
  const ByteSpan bytes(ASN1_STRING_get0_data(serial),
                       static_cast<std::size_t>(ASN1_STRING_length(serial)));
  const ByteSpan stripped = internal::without_leading_zeros(bytes);
  return ASN1_STRING_type(serial) == V_ASN1_INTEGER && !stripped.empty() && stripped.size() <= 20;
}

// What a leaf of each kind is for.
struct Purpose {
  std::string_view key;
  std::string_view extended_usage;  // OID
  std::string_view extended_usage_name;
  std::uint32_t rsa_usage, ec_usage;  // one of keyUsage, if there is one
  std::string_view rsa_usage_name, ec_usage_name;
  std::string_view reason;
};
// EK Credential Profile §3.2.16.
constexpr Purpose kEndorsement = {
    "an endorsement key", "2.23.133.8.1",    "tcg-kp-EKCertificate", KU_KEY_ENCIPHERMENT,
    KU_KEY_AGREEMENT,     "keyEncipherment", "keyAgreement",         "decrypts and does not sign"};
constexpr Purpose kAttestation = {
    "an attestation key", "2.23.133.8.3",     "tcg-kp-AIKCertificate", KU_DIGITAL_SIGNATURE,
    KU_DIGITAL_SIGNATURE, "digitalSignature", "digitalSignature",      "signs"};

void check_usages(const Certificate& leaf, const Purpose& purpose, bool allow_missing_eku,
                  ChainProblems& found) {
  const std::uint32_t flags = X509_get_extension_flags(x509(leaf));
  const auto wrong = [&](std::string message) {
    found.push_back({ChainFailure::kWrongUsage, about(leaf), std::move(message)});
  };
  if ((flags & EXFLAG_CA) != 0) {
    wrong("is a CA certificate: it may sign certificates and does not name " +
          std::string(purpose.key));
  }
  const Result<PublicKey> key = leaf.public_key();
  if ((flags & EXFLAG_KUSAGE) != 0 && key) {
    const bool rsa = key->kind() == KeyKind::kRsa;
    const std::uint32_t needed = rsa ? purpose.rsa_usage : purpose.ec_usage;
    if ((X509_get_key_usage(x509(leaf)) & needed) == 0) {
      wrong("keyUsage is without " +
            std::string(rsa ? purpose.rsa_usage_name : purpose.ec_usage_name) + ": " +
            std::string(purpose.key) + " " + std::string(purpose.reason));
    }
  }
  if ((flags & EXFLAG_XKUSAGE) != 0) {
    if (!has_usage(leaf, purpose.extended_usage)) {
      wrong("extendedKeyUsage is without " + std::string(purpose.extended_usage_name) + " (" +
            std::string(purpose.extended_usage) + ")");
    }
  } else if (!allow_missing_eku) {
    wrong("has no extendedKeyUsage, and the anchor does not allow that");
  }
}

void check_key(const Certificate& leaf, ChainProblems& found) {
  const Result<PublicKey> key = leaf.public_key();
  if (!key) {
    found.push_back({ChainFailure::kUnusableKey, about(leaf), key.error().message()});
  } else if (const auto weakness = key->weakness()) {
    found.push_back({ChainFailure::kWeakKey, about(leaf), std::string(describe(*weakness))});
  }
}

}  // namespace

ChainProblems check_profile(const Certificate& leaf, LeafKind kind, bool allow_missing_eku) {
  const internal::ErrorQueueGuard errors;
  ChainProblems found;
  if (X509_get_version(x509(leaf)) != X509_VERSION_3) {
    found.push_back({ChainFailure::kBadVersion, about(leaf), "is not an X.509 version 3"});
  }
  if (!good_serial(leaf)) {
    found.push_back({ChainFailure::kBadSerial, about(leaf),
                     "the serial number is zero, negative or longer than 20 bytes"});
  }
  const std::uint32_t flags = X509_get_extension_flags(x509(leaf));
  if ((flags & EXFLAG_INVALID) != 0) {
    found.push_back({ChainFailure::kMalformed, about(leaf), "an extension does not decode"});
  }
  if ((flags & EXFLAG_CRITICAL) != 0) {
    found.push_back({ChainFailure::kUnknownCritical, about(leaf),
                     "has a critical extension that nobody here understands"});
  }
  check_usages(leaf, kind == LeafKind::kEndorsementKey ? kEndorsement : kAttestation,
               allow_missing_eku, found);
  check_key(leaf, found);
  return found;
}

std::string_view name(ChainFailure failure) {
  switch (failure) {
    case ChainFailure::kNotTrusted:
      return "NotTrusted";
    case ChainFailure::kBadSignature:
      return "BadSignature";
    case ChainFailure::kExpired:
      return "Expired";
    case ChainFailure::kNotYetValid:
      return "NotYetValid";
    case ChainFailure::kIssuerMayNotIssue:
      return "IssuerMayNotIssue";
    case ChainFailure::kWeakSignature:
      return "WeakSignature";
    case ChainFailure::kWeakKey:
      return "WeakKey";
    case ChainFailure::kWrongUsage:
      return "WrongUsage";
    case ChainFailure::kUnknownCritical:
      return "UnknownCritical";
    case ChainFailure::kMalformed:
      return "Malformed";
    case ChainFailure::kBadVersion:
      return "BadVersion";
    case ChainFailure::kBadSerial:
      return "BadSerial";
    case ChainFailure::kUnusableKey:
      return "UnusableKey";
    case ChainFailure::kDenied:
      return "Denied";
    case ChainFailure::kTooManyCandidates:
      return "TooManyCandidates";
    case ChainFailure::kRevoked:
      return "Revoked";
    case ChainFailure::kRevocationUnknown:
      return "RevocationUnknown";
  }
  return "";
}

}  // namespace seaworthy::crypto
