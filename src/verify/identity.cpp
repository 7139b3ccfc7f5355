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
    {"L-1", 2048, kNoCurve, HashAlg::kSha256, kLowRange, tpm::kEkPolicies256.a, 128},
    {"L-2", 0, tpm::EccCurve::kNistP256, HashAlg::kSha256, kLowRange, tpm::kEkPolicies256.a, 128},
    {"H-1", 2048, kNoCurve, HashAlg::kSha256, kHighRange, tpm::kEkPolicies256.b, 128},
    {"H-2", 0, tpm::EccCurve::kNistP256, HashAlg::kSha256, kHighRange, tpm::kEkPolicies256.b, 128},
    {"H-3", 0, tpm::EccCurve::kNistP384, HashAlg::kSha384, kHighRange, tpm::kEkPolicies384.b, 256},
    {"H-4", 0, tpm::EccCurve::kNistP521, HashAlg::kSha512, kHighRange, tpm::kEkPolicies512.b, 256},
    {"H-6", 3072, kNoCurve, HashAlg::kSha384, kHighRange, tpm::kEkPolicies384.b, 256},
    {"H-7", 4096, kNoCurve, HashAlg::kSha384, kHighRange, tpm::kEkPolicies384.b, 256},
});

// The attributes an AK must have and those it may have (R4). userWithAuth, adminWithPolicy and
// x509sign change nothing about what it signs; noDA is a matter of availability.
constexpr std::uint32_t kAkRequired =
    tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kRestricted | tpm::kSign;
constexpr std::uint32_t kAkAllowed =
    kAkRequired | tpm::kNoDa | tpm::kUserWithAuth | tpm::kAdminWithPolicy | tpm::kX509Sign;

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

void check_ak_attributes(const tpm::PublicArea& area, AkOrigin origin, Findings& found) {
  const std::uint32_t required = origin == AkOrigin::kMade ? kAkRequired | tpm::kNoDa : kAkRequired;
  if ((area.attributes & required) != required || (area.attributes & ~kAkAllowed) != 0) {
    found.push_back({Reason::kAkAttributes, "AK",
                     "attributes " + hex(area.attributes) + ", needed " + hex(required) +
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

// A certificate and what may help to build its chain, as sent for one of the TPM's keys.
struct Certified {
  const char* what;
  crypto::LeafKind kind;
  const crypto::PublicKey& key;
  std::span<const Bytes> certificates;  // not empty
};

// R1, R2 for one key. What its certificate claims, for what that is worth with findings.
crypto::TpmClaims check_certificate(const Certified& in, const EndorsementRules& rules, Time now,
                                    Findings& found) {
  const auto leaf = crypto::Certificate::parse_tpm_nv(in.certificates.front());
  if (!leaf) {
    found.push_back({Reason::kEkCertificateMalformed, in.what, leaf.error().message()});
    return {};
  }
  const auto candidates =
      crypto::parse_tpm_nv_chain(in.certificates.subspan(1), crypto::kMaxChainCandidates + 1);
  // R1. The certificate chains to a configured anchor at `now`, over its original bytes.
  const auto chain =
      crypto::verify_key_chain({*leaf, candidates, rules.anchors, rules.denied_certificates, now,
                                rules.revocation_lists, in.kind});
  if (const auto* problems = std::get_if<crypto::ChainProblems>(&chain)) {
    for (const crypto::ChainProblem& problem : *problems) {
      found.push_back({reason_of(problem.failure), problem.about, problem.message});
    }
  }
  // R2. The certified key is the one that is used: key material is compared.
  const auto certified = leaf->public_key();
  if (!certified || !certified->same_key(in.key)) {
    found.push_back({in.kind == crypto::LeafKind::kEndorsementKey ? Reason::kEkKeyMismatch
                                                                  : Reason::kAkKeyMismatch,
                     in.what});
  }
  // By what the certificate says, which its signature covers.
  if (is_denied(leaf->tpm_claims(), rules.denied_firmware)) {
    found.push_back({Reason::kTpmDenied, "firmware",
                     leaf->tpm_claims().manufacturer + " " + leaf->tpm_claims().version});
  }
  return leaf->tpm_claims();
}

// An EK of which nobody but a person says that it is inside a TPM.
void check_uncertified(const EndorsementRules& rules, Findings& found) {
  if (rules.certificate == EndorsementRules::Certificate::kRequired) {
    found.push_back({Reason::kEkCertificateMissing, "EK certificate"});
  }
  // Without a certificate nobody vouches for the firmware.
  if (!rules.denied_firmware.empty()) {
    found.push_back({Reason::kTpmDenied, "firmware",
                     "no certificate says which it is, and the policy denies some"});
  }
}

}  // namespace

std::string ek_hash(const crypto::PublicKey& key) {
  return "sha256:" + codec::to_hex(crypto::sha256(key.to_spki_der()).bytes());
}

Checked<AttestationKey> verify_attestation_key(ByteSpan ak_public, AkOrigin origin) {
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
  check_ak_attributes(*area, origin, found);
  // R4. Type, scheme and hashes are on the list; a signing key has no symmetric algorithm.
  const auto scheme = ak_scheme(*area);
  const auto* ecc = std::get_if<tpm::EccKey>(&area->key);
  if (!scheme || area->symmetric || (ecc != nullptr && ecc->curve == tpm::EccCurve::kNistP521) ||
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

Result<AttestationKey> enrolled_attestation_key(ByteSpan ak_public, AkOrigin origin) {
  auto checked = verify_attestation_key(ak_public, origin);
  if (const auto* findings = std::get_if<Findings>(&checked)) {
    return Error(ErrorCode::kDenied, "the enrolled AK is not acceptable: " +
                                         std::string(name(findings->front().reason)) + ": " +
                                         findings->front().message());
  }
  return std::get<AttestationKey>(std::move(checked));
}

Checked<VerifiedKeys> verify_keys(const EkEvidence& in) {
  auto ek = verify_ek(in.ek_public);
  auto ak = verify_attestation_key(in.ak_public, in.ak_origin());
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

Checked<VerifiedEndorsement> verify_endorsement(const EkEvidence& in, const EndorsementRules& rules,
                                                Time now) {
  using By = VerifiedEndorsement::By;
  const auto ek = verify_ek(in.ek_public);
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
  crypto::TpmClaims claims;
  By by = By::kEkCertificate;
  if (!in.ek_certificates.empty()) {
    claims = check_certificate(
        {"EK certificate", crypto::LeafKind::kEndorsementKey, ek_key, in.ek_certificates}, rules,
        now, found);
  } else if (rules.attestation_key_certificate && !in.ak_certificates.empty()) {
    by = By::kAkCertificate;
    const auto ak = verify_attestation_key(in.ak_public, AkOrigin::kCertified);
    if (const auto* findings = std::get_if<Findings>(&ak)) {
      append(found, *findings);
      return found;
    }
    claims = check_certificate({"AK certificate", crypto::LeafKind::kAttestationKey,
                                std::get<AttestationKey>(ak).key(), in.ak_certificates},
                               rules, now, found);
  } else {
    by = By::kPin;
    check_uncertified(rules, found);
  }
  if (!found.empty()) {
    return found;
  }
  return VerifiedEndorsement(std::move(claims), by);
}

Checked<VerifiedEndorsement> verify_endorsement(ByteSpan ek_public,
                                                const std::vector<Bytes>& ek_certificates,
                                                const EndorsementRules& rules, Time now) {
  return verify_endorsement({ek_certificates, ek_public, {}}, rules, now);
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
