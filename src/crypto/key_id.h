// A public key and the number by which signatures name it.
// Spec: RFC 5280 §4.2.1.2 (subject key identifier); Linux 6.12,
// security/integrity/digsig_asymmetric.c (the last four bytes of it); evmctl(1).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto {

struct IdentifiedKey {
  PublicKey key;
  // The last four bytes of the certificate's subject key identifier; without one, of the SHA-1 of
  // the key's bits, which is what an identifier usually is. It names a key and proves nothing.
  std::uint32_t id = 0;
  Bytes subject_key_id = {};  // all of it
  // Of its certificate: the issuer's name in DER and the serial number; empty for a bare key.
  Bytes issuer = {}, serial = {};
};

// One "CERTIFICATE" or "PUBLIC KEY" block; text around it is ignored. Whoever configured it vouches
// for it: neither dates nor issuer of a certificate are looked at. kMalformed, kUnsupported:
// neither, or no key of ours; kDenied: a key that can be broken (weakness()).
Result<IdentifiedKey> parse_identified_key(std::string_view pem);

}  // namespace seaworthy::crypto
