// Internal to src/crypto: what is behind Certificate.
#pragma once

#include <optional>

#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace seaworthy::crypto::internal {

struct CertificateState {
  // Takes over a certificate of our own making.
  static Certificate adopt(X509Ptr x509);

  X509Ptr x509;  // not changed after parsing: OpenSSL then keeps the signed bytes as received
  Bytes der;
  // The TBSCertificate as received, if x509 had to be mended to be read; else empty. Such a
  // certificate can be a leaf and not an issuer: OpenSSL would check x509's bytes.
  Bytes signed_part;
  Digest fingerprint{HashAlg::kSha256};
  std::optional<Result<PublicKey>> key;  // always set after parsing
  Time not_before;
  Time not_after;
};

// The issuer's and the subject's name as DER, as received.
ByteSpan issuer_der(const X509* x509);
ByteSpan subject_der(const X509* x509);

}  // namespace seaworthy::crypto::internal
