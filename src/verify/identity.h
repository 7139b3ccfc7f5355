// Whether a node's keys are those of a TPM that we were told to believe: rules R1 to R4, steps E1
// to E3. Spec: TCG EK Credential Profile 2.5, Annex B (templates); TPM 2.0 Library r1.59.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/chain.h"
#include "crypto/credential.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"
#include "verify/findings.h"

namespace seaworthy::verify {

// A key that the agent made has noDA. A cloud's own may lack it: a TPM that is locked out
// then gives no quote, which harms nobody but its node.
enum class AkOrigin : std::uint8_t { kMade, kCertified };

// An AK whose public area is one that we accept (R4): restricted, so that it signs TPM_GENERATED
// structures only if the TPM made them. That it lives in the TPM of the EK is shown by credential
// activation (R5), not here. A cheap-to-copy handle; the key is parsed once.
class AttestationKey {
 public:
  const crypto::PublicKey& key() const { return state_->key; }
  crypto::SignatureScheme scheme() const { return state_->scheme; }
  const Bytes& name() const { return state_->name; }  // computed, never received (R3)
  // As the primary key of the endorsement hierarchy that it must be (R12).
  const Bytes& qualified_name() const { return state_->qualified_name; }
  const Bytes& public_area() const { return state_->public_area; }  // TPMT_PUBLIC

 private:
  friend Checked<AttestationKey> verify_attestation_key(ByteSpan ak_public, AkOrigin origin);
  struct State {
    crypto::PublicKey key;
    crypto::SignatureScheme scheme;
    Bytes name;
    Bytes qualified_name;
    Bytes public_area;
  };
  explicit AttestationKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// R3, R4, Q12. The TPMT_PUBLIC of a restricted signing key that cannot leave its TPM and was made
// in it; ECDSA on P-256 or P-384, or RSA of 2048 bits or more with RSASSA or RSAPSS; SHA-256 or
// SHA-384.
Checked<AttestationKey> verify_attestation_key(ByteSpan ak_public,
                                               AkOrigin origin = AkOrigin::kMade);

// The same, for an AK from a sealed enrolment statement: it is checked again, so that a rule
// tightened since applies (Q12). kDenied carries the findings as text.
Result<AttestationKey> enrolled_attestation_key(ByteSpan ak_public,
                                                AkOrigin origin = AkOrigin::kMade);

struct EkEvidence {
  const std::vector<Bytes>& ek_certificates;
  ByteSpan ek_public;                           // TPMT_PUBLIC
  ByteSpan ak_public;                           // TPMT_PUBLIC
  std::span<const Bytes> ak_certificates = {};  // of a vendor's AK: its own first

  // The AK's certificates are looked at where the EK has none: elsewhere they excuse nothing.
  AkOrigin ak_origin() const {
    return ek_certificates.empty() && !ak_certificates.empty() ? AkOrigin::kCertified
                                                               : AkOrigin::kMade;
  }
};

// An EK made from a TCG template, and an AK as above. Not yet shown: that they belong together
// (R5), nor that they are of a real TPM (R1).
class VerifiedKeys {
 public:
  const crypto::EkParameters& ek() const { return ek_; }   // for make_credential
  const std::string& ek_hash() const { return ek_hash_; }  // "sha256:<hex of SHA-256(SPKI)>"
  const AttestationKey& ak() const { return ak_; }
  const Bytes& ak_name() const { return ak_.name(); }

 private:
  friend Checked<VerifiedKeys> verify_keys(const EkEvidence& in);
  VerifiedKeys(crypto::EkParameters ek, std::string ek_hash, AttestationKey ak)
      : ek_(std::move(ek)), ek_hash_(std::move(ek_hash)), ak_(std::move(ak)) {}
  crypto::EkParameters ek_;
  std::string ek_hash_;
  AttestationKey ak_;
};

// R2 (the EK's attributes and template), R3, R4. All findings of both keys.
Checked<VerifiedKeys> verify_keys(const EkEvidence& in);

// What a policy says about whose TPMs are believed.
struct EndorsementRules {
  std::vector<crypto::TrustAnchor> anchors;
  std::vector<crypto::RevocationList> revocation_lists;
  std::vector<crypto::Digest> denied_certificates;  // SHA-256 of leaves or issuers
  std::vector<std::string> denied_ek_hashes;        // as ek_hash() gives them
  struct Firmware {
    std::string manufacturer;  // TpmClaims
    std::string version;       // empty: all of this manufacturer
  };
  std::vector<Firmware> denied_firmware;
  // kIfPinned: an EK without any certificate is let pass here, because whoever pinned it vouches
  // for it; that it is pinned is the caller's to see (R23). One that is there has to hold.
  enum class Certificate : std::uint8_t { kRequired, kIfPinned };
  Certificate certificate = Certificate::kRequired;
  // An EK without any certificate is believed if the AK has one under the anchors (clouds certify
  // that of a virtual TPM): activation (R5) shows that both are in one TPM.
  bool attestation_key_certificate = false;
  // Not empty: some of the rules could not be read. Nothing is believed then.
  std::string unusable;
};

// The certificate of the EK, or of the AK where the rules take that, chains to one of the anchors
// at this time, and is for this very key; or there is none and the rules let that pass.
class VerifiedEndorsement {
 public:
  enum class By : std::uint8_t { kEkCertificate, kAkCertificate, kPin };
  By by() const { return by_; }
  // What the maker of the TPM says it made; covered by its signature. Empty without certificate.
  const std::string& manufacturer() const { return claims_.manufacturer; }
  const std::string& model() const { return claims_.model; }
  const std::string& firmware() const { return claims_.version; }

 private:
  friend Checked<VerifiedEndorsement> verify_endorsement(const EkEvidence& in,
                                                         const EndorsementRules& rules, Time now);
  VerifiedEndorsement(crypto::TpmClaims claims, By by) : claims_(std::move(claims)), by_(by) {}
  crypto::TpmClaims claims_;
  By by_;
};

// R1, R2. Certificates as read from NV: the leaf first, then areas with certificates that may help
// to build the chain (what cannot be read of them helps nothing and is passed over). Those of the
// AK are looked at only if there are none of the EK: one that is there has to hold.
Checked<VerifiedEndorsement> verify_endorsement(const EkEvidence& in, const EndorsementRules& rules,
                                                Time now);

// The same of an EK alone.
Checked<VerifiedEndorsement> verify_endorsement(ByteSpan ek_public,
                                                const std::vector<Bytes>& ek_certificates,
                                                const EndorsementRules& rules, Time now);

// The same with anchors and nothing else.
Checked<VerifiedEndorsement> verify_endorsement(ByteSpan ek_public,
                                                const std::vector<Bytes>& ek_certificates,
                                                const std::vector<crypto::TrustAnchor>& anchors,
                                                Time now);

// "sha256:<hex of SHA-256(SubjectPublicKeyInfo)>": how an EK is pinned.
std::string ek_hash(const crypto::PublicKey& key);

}  // namespace seaworthy::verify
