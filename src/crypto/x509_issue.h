// Makes certificates: a small CA of our own and the serving certificates below it.
// Spec: RFC 5280. Keys are ECDSA P-256, signatures ecdsa-with-SHA256; no certificate made here can
// issue except the CA itself (path length 0).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/ec_key.h"

namespace seaworthy::crypto {

// Serial numbers are 1 to 20 bytes, big-endian, positive, and random by RFC 5280 §4.1.2.2 practice:
// give 16 random bytes; the top bit is cleared here.
struct CaRequest {
  std::string common_name;
  Bytes serial;
  Time not_before;
  Time not_after;
};
struct LeafRequest {
  std::string common_name;                     // may be empty
  std::vector<std::string> dns_names;          // 1 to 32, into subjectAltName
  std::vector<std::string> ip_addresses = {};  // textual, into subjectAltName; at most 8
  bool client_auth = false;                    // extendedKeyUsage clientAuth besides serverAuth
  Bytes serial;
  Time not_before;
  Time not_after;
};

Result<Certificate> issue_ca(const EcPrivateKey& key, const CaRequest& request);
// `ca` is a certificate of `ca_key`; kMalformed if it is not, or if a name is not one.
Result<Certificate> issue_leaf(const Certificate& ca, const EcPrivateKey& ca_key,
                               const PublicKey& subject_key, const LeafRequest& request);

}  // namespace seaworthy::crypto
