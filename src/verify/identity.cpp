#include "verify/identity.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "codec/hex.h"
#include "crypto/certificate.h"
#include "crypto/nv_chain.h"
#include "tpm/ek_policy.h"
#include "tpm/name.h"
#include "tpm/public_area.h"
#include "verify/tpm_keys.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;

constexpr std::uint32_t kLowRange = 0x000300B2;
constexpr std::uint32_t kHighRange = 0x000300F2;

struct Template {
  std::string_view name;
  int rsa_bits;  // 0 for ECC
  tpm::EccCurve curve;
  HashAlg name_alg;
  std::uint32_t attributes;
  std::string_view policy;
  int symmetric_bits;
};
constexpr auto kNoCurve = tpm::EccCurve::kNistP256;
constexpr auto kTemplates = std::to_array<Template>({
    {"L-1", 2048, kNoCurve, HashAlg::kSha256, kLowRange, tpm::kEkPolicyA, 128},
    {"L-2", 0, tpm::EccCurve::kNistP256, HashAlg::kSha256, kLowRange, tpm::kEkPolicyA, 128},
    {"H-1", 2048, kNoCurve, HashAlg::kSha256, kHighRange, tpm::kEkPolicyB256, 128},
    {"H-2", 0, tpm::EccCurve::kNistP256, HashAlg::kSha256, kHighRange, tpm::kEkPolicyB256, 128},
    {"H-3", 0, tpm::EccCurve::kNistP384, HashAlg::kSha384, kHighRange, tpm::kEkPolicyB384, 256},
    {"H-6", 3072, kNoCurve, HashAlg::kSha384, kHighRange, tpm::kEkPolicyB384, 256},
    {"H-7", 4096, kNoCurve, HashAlg::kSha384, kHighRange, tpm::kEkPolicyB384, 256},
});

// The attributes an AK must have and those it may have (R4). userWithAuth, adminWithPolicy and
// x509sign change nothing about what it signs.
constexpr std::uint32_t kAkRequired = tpm::kFixedTpm | tpm::kFixedParent |
                                      tpm::kSensitiveDataOrigin | tpm::kNoDa | tpm::kRestricted |
                                      tpm::kSign;
constexpr std::uint32_t kAkAllowed =
    kAkRequired | tpm::kUserWithAuth | tpm::kAdminWithPolicy | tpm::kX509Sign;

std::string hex(std::uint32_t value) {
  const Bytes bytes{static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                    static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return "0x" + codec::to_hex(bytes);
}

bool matches(const Template& t, const tpm::PublicArea& area) {
  const auto* rsa = std::get_if<tpm::RsaKey>(&area.key);
  const auto* ecc = std::get_if<tpm::EccKey>(&area.key);
  const bool key =
      rsa != nullptr ? rsa->key_bits == t.rsa_bits : t.rsa_bits == 0 && ecc->curve == t.curve;
  return key && area.name_alg == t.name_alg && area.attributes == t.attributes &&
         codec::to_hex(area.auth_policy) == t.policy && area.symmetric &&
         area.symmetric->key_bits == t.symmetric_bits && !area.scheme;
}

// R2, E3: a certified key under other attributes is not the certified object.
Checked<crypto::EkParameters> verify_ek(ByteSpan ek_public) {
  const auto area = tpm::parse_public_area(ek_public);
  if (!area) {
    return Findings{{Reason::kEkPublicMalformed, "EK", area.error().message()}};
  }
  auto key = key_of(*area);
  if (!key) {
    return Findings{{Reason::kEkPublicMalformed, "EK", key.error().message()}};
  }
  Findings found;
  const auto* known = std::find_if(kTemplates.begin(), kTemplates.end(),
                                   [&](const Template& t) { return matches(t, *area); });
  if (known == kTemplates.end()) {
    found.push_back(
        {Reason::kEkTemplateUnknown, "EK",
         "attributes " + hex(area->attributes) + ", policy " + codec::to_hex(area->auth_policy)});
  }
  if (const auto weakness = key->weakness()) {
    found.push_back({Reason::kEkKeyWeak, "EK", std::string(describe(*weakness))});
  }
  if (!found.empty()) {
    return found;
  }
  return crypto::EkParameters{*std::move(key), area->name_alg, known->symmetric_bits};
}

std::optional<crypto::SignatureScheme> ak_scheme(const tpm::PublicArea& area) {
  if (!area.scheme || !area.scheme->hash) {
    return std::nullopt;
  }
  const HashAlg hash = *area.scheme->hash;
  const auto alg = crypto::signature_alg(area.scheme->alg);
  if (!alg || (hash != HashAlg::kSha256 && hash != HashAlg::kSha384)) {
    return std::nullopt;
  }
  return crypto::SignatureScheme{*alg, hash};
}

void check_ak_attributes(const tpm::PublicArea& area, Findings& found) {
  if ((area.attributes & kAkRequired) != kAkRequired || (area.attributes & ~kAkAllowed) != 0) {
    found.push_back({Reason::kAkAttributes, "AK",
                     "attributes " + hex(area.attributes) + ", needed " + hex(kAkRequired) +
                         ", allowed " + hex(kAkAllowed)});
  }
  if (!area.auth_policy.empty()) {
    found.push_back({Reason::kAkAttributes, "AK", "an authorization policy"});
  }
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_denied(const crypto::TpmClaims& claims,
               const std::vector<EndorsementRules::Firmware>& denied) {
  return std::any_of(denied.begin(), denied.end(), [&](const EndorsementRules::Firmware& entry) {
    return entry.manufacturer == claims.manufacturer &&
           (entry.version.empty() || entry.version == claims.version);
  });
}

Reason reason_of(crypto::ChainFailure failure) {
  using crypto::ChainFailure;
  switch (failure) {
    case ChainFailure::kNotTrusted:
    case ChainFailure::kTooManyCandidates:
      return Reason::kEkCertificateUntrusted;
    case ChainFailure::kDenied:
      return Reason::kTpmDenied;
    case ChainFailure::kRevoked:
      return Reason::kEkCertificateRevoked;
    case ChainFailure::kRevocationUnknown:
      return Reason::kEkRevocationUnknown;
    case ChainFailure::kBadSignature:
      return Reason::kEkCertificateBadSignature;
    case ChainFailure::kExpired:
      return Reason::kEkCertificateExpired;
    case ChainFailure::kNotYetValid:
      return Reason::kEkCertificateNotYetValid;
    case ChainFailure::kIssuerMayNotIssue:
      return Reason::kEkIssuerMayNotIssue;
    case ChainFailure::kWeakSignature:
    case ChainFailure::kWeakKey:
      return Reason::kEkCertificateWeak;
    case ChainFailure::kWrongUsage:
      return Reason::kEkCertificateWrongUsage;
    case ChainFailure::kUnknownCritical:
    case ChainFailure::kBadVersion:
    case ChainFailure::kBadSerial:
    case ChainFailure::kUnusableKey:
    case ChainFailure::kMalformed:
      return Reason::kEkCertificateMalformed;
  }
  return Reason::kEkCertificateUntrusted;
}

}  // namespace

std::string ek_hash(const crypto::PublicKey& key) {
  return "sha256:" + codec::to_hex(crypto::sha256(key.to_spki_der()).bytes());
}

Checked<AttestationKey> verify_attestation_key(ByteSpan ak_public) {
  const auto area = tpm::parse_public_area(ak_public);
  if (!area) {
    return Findings{{Reason::kAkPublicMalformed, "AK", area.error().message()}};
  }
  auto key = key_of(*area);
  if (!key) {
    return Findings{{Reason::kAkPublicMalformed, "AK", key.error().message()}};
  }
  Findings found;
  // R4. Restricted is what stops the TPM from signing attacker data that begins with
  //     TPM_GENERATED; the others, that the private half was made in this TPM and stays there.
  check_ak_attributes(*area, found);
  // R4. Type, scheme and hashes are on the list; a signing key has no symmetric algorithm.
  const auto scheme = ak_scheme(*area);
  if (!scheme || area->symmetric ||
      (area->name_alg != HashAlg::kSha256 && area->name_alg != HashAlg::kSha384)) {
    found.push_back({Reason::kAkAlgorithm, "AK"});
  }
  // Q12. The key cannot be broken by what is known.
  if (const auto weakness = key->weakness()) {
    found.push_back({Reason::kAkKeyWeak, "AK", std::string(describe(*weakness))});
  }
  if (!found.empty()) {
    return found;
  }
  // R3. The Name is computed from what was received.
  return AttestationKey(std::make_shared<const AttestationKey::State>(AttestationKey::State{
      *std::move(key), *scheme, tpm::name_of(*area),
      tpm::primary_qualified_name(*area, tpm::Hierarchy::kEndorsement), to_bytes(ak_public)}));
}

Result<AttestationKey> enrolled_attestation_key(ByteSpan ak_public) {
  auto checked = verify_attestation_key(ak_public);
  if (const auto* findings = std::get_if<Findings>(&checked)) {
    return Error(ErrorCode::kDenied, "the enrolled AK is not acceptable: " +
                                         std::string(name(findings->front().reason)) + ": " +
                                         findings->front().message());
  }
  return std::get<AttestationKey>(std::move(checked));
}

Checked<VerifiedKeys> verify_keys(const EkEvidence& in) {
  auto ek = verify_ek(in.ek_public);
  auto ak = verify_attestation_key(in.ak_public);
  Findings found;
  if (const auto* findings = std::get_if<Findings>(&ek)) {
    append(found, *findings);
  }
  if (const auto* findings = std::get_if<Findings>(&ak)) {
    append(found, *findings);
  }
  if (!found.empty()) {
    return found;
  }
  auto& parameters = std::get<crypto::EkParameters>(ek);
  std::string hash = ek_hash(parameters.key);
  return VerifiedKeys(std::move(parameters), std::move(hash),
                      std::get<AttestationKey>(std::move(ak)));
}

Checked<VerifiedEndorsement> verify_endorsement(ByteSpan ek_public,
                                                const std::vector<Bytes>& ek_certificates,
                                                const EndorsementRules& rules, Time now) {
  const auto ek = verify_ek(ek_public);
  if (const auto* findings = std::get_if<Findings>(&ek)) {
    return *findings;
  }
  const crypto::PublicKey& ek_key = std::get<crypto::EkParameters>(ek).key;
  Findings found;
  if (!rules.unusable.empty()) {
    found.push_back({Reason::kEkRevocationUnknown, "policy", rules.unusable});
  }
  // Whoever certified it.
  if (contains(rules.denied_ek_hashes, ek_hash(ek_key))) {
    found.push_back({Reason::kTpmDenied, "EK", "its hash is on the policy's list"});
  }
  if (ek_certificates.empty()) {
    if (rules.certificate == EndorsementRules::Certificate::kRequired) {
      found.push_back({Reason::kEkCertificateMissing, "EK certificate"});
    }
    // Without a certificate nobody vouches for the firmware.
    if (!rules.denied_firmware.empty()) {
      found.push_back({Reason::kTpmDenied, "firmware",
                       "no certificate says which it is, and the policy denies some"});
    }
    if (!found.empty()) {
      return found;
    }
    return VerifiedEndorsement({}, false);
  }
  const auto leaf = crypto::Certificate::parse_tpm_nv(ek_certificates.front());
  if (!leaf) {
    found.push_back({Reason::kEkCertificateMalformed, "EK certificate", leaf.error().message()});
    return found;
  }
  const auto candidates = crypto::parse_tpm_nv_chain(std::span(ek_certificates).subspan(1),
                                                     crypto::kMaxChainCandidates + 1);
  // R1. The certificate chains to a configured anchor at `now`, over its original bytes.
  auto chain = crypto::verify_ek_chain(
      {*leaf, candidates, rules.anchors, rules.denied_certificates, now, rules.revocation_lists});
  if (const auto* problems = std::get_if<crypto::ChainProblems>(&chain)) {
    for (const crypto::ChainProblem& problem : *problems) {
      found.push_back({reason_of(problem.failure), problem.about, problem.message});
    }
  }
  // R2. The certified key is the one that activation will use: key material is compared.
  const auto certified = leaf->public_key();
  if (!certified || !certified->same_key(ek_key)) {
    found.push_back({Reason::kEkKeyMismatch, "EK certificate"});
  }
  // By what the certificate says, which its signature covers.
  if (is_denied(leaf->tpm_claims(), rules.denied_firmware)) {
    found.push_back({Reason::kTpmDenied, "firmware",
                     leaf->tpm_claims().manufacturer + " " + leaf->tpm_claims().version});
  }
  if (!found.empty()) {
    return found;
  }
  return VerifiedEndorsement(std::get<crypto::TrustedEk>(chain).claims(), true);
}

Checked<VerifiedEndorsement> verify_endorsement(ByteSpan ek_public,
                                                const std::vector<Bytes>& ek_certificates,
                                                const std::vector<crypto::TrustAnchor>& anchors,
                                                Time now) {
  EndorsementRules rules;
  rules.anchors = anchors;
  return verify_endorsement(ek_public, ek_certificates, rules, now);
}

}  // namespace seaworthy::verify
