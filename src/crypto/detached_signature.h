// A CMS signature that lies apart from what it is over: that at the end of a kernel module.
// Spec: RFC 5652 §5 SignedData; Linux 6.12, scripts/sign-file.c, crypto/asymmetric_keys/.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/key_id.h"
#include "crypto/signature.h"

namespace seaworthy::crypto {

inline constexpr std::size_t kMaxDetachedSignature = 16 * 1024;  // usual ones: 400 to 1,200 bytes

// The only signer of a SignedData, without signed attributes: then what was signed is the content
// itself, and its digest is enough. Well-formed is not verified: verify_digest() does that. Owns
// its bytes.
struct DetachedSignature {
  HashAlg hash = HashAlg::kSha256;  // of the content; never SHA-1
  SignatureAlg alg = SignatureAlg::kRsaSsa;
  Bytes bytes;
  // Who signed: a certificate by issuer and serial, or a key by its identifier; the other is empty.
  Bytes issuer, serial;
  Bytes subject_key_id;

  bool names(const IdentifiedKey& key) const;
};

// kMalformed: not one ContentInfo and nothing after it, or more than kMaxDetachedSignature;
// kUnsupported: other content, several signers, signed attributes, an algorithm that is not ours.
// Certificates in it are not looked at.
Result<DetachedSignature> parse_detached_signature(ByteSpan der);

}  // namespace seaworthy::crypto
