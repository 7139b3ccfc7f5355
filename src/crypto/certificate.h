// X.509 certificates from outside: of TPMs, of their makers, of servers.
// Spec: RFC 5280; TCG EK Credential Profile 2.5; rules E1 and E2.
//
// A Certificate is well-formed and no more: nothing it says is true until chain.h has followed it
// to a configured anchor.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto {

inline constexpr std::size_t kMaxCertificateBytes = 64 * 1024;  // real EK certificates: up to 2 KiB
inline constexpr std::size_t kMaxBundleBytes = 1024 * 1024;     // a ConfigMap's limit
inline constexpr std::size_t kMaxBundleCertificates = 512;

// What the maker of a TPM says it made (EK Credential Profile §3.2.9, subjectAltName
// directoryName). Claims, until the certificate is verified; empty where absent.
struct TpmClaims {
  std::string manufacturer;  // 2.23.133.2.1: "id:49465800"
  std::string model;         // 2.23.133.2.2
  std::string version;       // 2.23.133.2.3: firmware, "id:00070055"
};

namespace internal {
struct CertificateState;  // the X509; only src/crypto sees inside
}

// A cheap-to-copy handle to an immutable certificate. Const methods are safe from any thread.
class Certificate {
 public:
  // Exactly one DER certificate. Encodings that makers of TPMs got wrong are accepted as they are
  // (unsorted SET, non-minimal serial, explicit CA=FALSE; A-15): the original bytes are kept and
  // are what signatures are checked over. kMalformed: above 64 KiB, the outer SEQUENCE does not end
  // where the bytes end, or OpenSSL cannot read it.
  static Result<Certificate> parse(ByteSpan der);
  // What TPM2_NV_Read gave for an EK certificate index: skips the 7-byte header of old ST parts
  // (10 01 00 <len16> 10 02), cuts whatever follows the outer SEQUENCE, then parse().
  static Result<Certificate> parse_tpm_nv(ByteSpan area);
  // One "CERTIFICATE" block.
  static Result<Certificate> parse_pem(std::string_view pem);

  const Bytes& der() const;           // the original bytes
  const Digest& fingerprint() const;  // SHA-256 of der()
  // kUnsupported or kMalformed if the certificate carries no key this build can use. Knows
  // rsaesOaep, for which X509_get0_pubkey() of OpenSSL 3.0 gives null.
  Result<PublicKey> public_key() const;
  std::string subject() const;  // RFC 2253, for people only
  std::string issuer() const;
  std::string serial_hex() const;
  Time not_before() const;
  Time not_after() const;
  bool is_ca() const;  // BasicConstraints CA=TRUE
  TpmClaims tpm_claims() const;
  // DNS names of the subjectAltName.
  std::vector<std::string> dns_names() const;
  std::string to_pem() const;

  friend bool operator==(const Certificate& a, const Certificate& b) { return a.der() == b.der(); }

  const internal::CertificateState& state() const { return *state_; }

 private:
  explicit Certificate(std::shared_ptr<const internal::CertificateState> state)
      : state_(std::move(state)) {}
  std::shared_ptr<const internal::CertificateState> state_;
};

// All "CERTIFICATE" blocks of a PEM text; what stands between them is ignored. kMalformed names
// the block: too large, too many, another kind of block, a block that does not decode; and a text
// without any certificate, because an empty trust bundle is never meant.
Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem);

}  // namespace seaworthy::crypto
