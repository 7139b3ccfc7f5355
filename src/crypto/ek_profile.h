// What the certificate of a TPM's key must say by itself, whoever signed it.
// Spec: TCG EK Credential Profile 2.5; TCG OID Registry (tcg-kp); RFC 5280 §4.2; steps E2 3 and 5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"

namespace seaworthy::crypto {

// Also those of chain.h, so that a caller maps one enum to its findings.
enum class ChainFailure : std::uint8_t {
  kNotTrusted,    // no path to an anchor
  kBadSignature,  // an issuer of the right name did not sign this
  kExpired,
  kNotYetValid,
  kIssuerMayNotIssue,  // not a CA, no keyCertSign, or path length exceeded
  kWeakSignature,      // SHA-1 or MD5 somewhere in the path
  kWeakKey,            // of leaf or issuer
  kWrongUsage,         // not a certificate of such a key: CA, keyUsage, extendedKeyUsage
  kUnknownCritical,    // a critical extension nobody here understands
  kMalformed,          // an extension of the leaf does not decode
  kBadVersion,         // not version 3
  kBadSerial,          // zero, negative or longer than 20 bytes
  kUnusableKey,        // no key this build can use
  kDenied,             // on the local deny list
  kTooManyCandidates,
  kRevoked,            // by a configured list of its issuer
  kRevocationUnknown,  // a list of its issuer is configured and none holds now
};
std::string_view name(ChainFailure failure);  // "NotTrusted"

struct ChainProblem {
  ChainFailure failure;
  std::string about;    // the certificate: its subject, or its fingerprint if that is empty
  std::string message;  // what is wrong, for a person
};

using ChainProblems = std::vector<ChainProblem>;

// Which key of a TPM a leaf certifies: one that decrypts, or one that signs what the TPM says. The
// certificate of one never serves for the other.
enum class LeafKind : std::uint8_t { kEndorsementKey, kAttestationKey };

// All problems: version, basic constraints, usages, critical extensions, serial, key. Empty proves
// nothing without a chain. `allow_missing_eku` as in TrustAnchor.
ChainProblems check_profile(const Certificate& leaf, LeafKind kind, bool allow_missing_eku);

namespace internal {
// For messages: the subject, or the fingerprint if that is empty.
std::string about(const Certificate& certificate);
}  // namespace internal

}  // namespace seaworthy::crypto
