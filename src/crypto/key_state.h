// Internal to src/crypto: what is behind PublicKey and EcPrivateKey.
#pragma once

#include "crypto/ec_key.h"
#include "crypto/openssl_handles.h"
#include "crypto/public_key.h"

namespace seaworthy::crypto::internal {

// What OpenSSL calls a curve, and the order of its generator.
struct CurveInfo {
  Curve curve;
  std::string_view name;
  const char* openssl;
  int nid;
  std::size_t coordinate_bytes;
  int bits;
  ByteSpan order;      // big-endian, coordinate_bytes wide
  ByteSpan algorithm;  // DER AlgorithmIdentifier
};
const CurveInfo& info(Curve curve);
const CurveInfo* info_by_nid(int nid);

struct KeyState {
  static Result<PublicKey> rsa(ByteSpan modulus, std::uint32_t exponent);
  static Result<PublicKey> ec(const CurveInfo& on, ByteSpan x, ByteSpan y);

  PkeyPtr pkey;
  KeyKind kind = KeyKind::kRsa;
  int bits = 0;
  const CurveInfo* curve = nullptr;  // null for RSA
  Bytes spki;
  Bytes modulus;
  std::uint32_t exponent = 0;
};

// A key pair on any of the curves, from a scalar drawn out of `random`.
PkeyPtr generate_key_pair(const CurveInfo& on, Random& random);
// The x-coordinate of the shared point, full width; null if OpenSSL refuses.
Bytes shared_x(EVP_PKEY* own, EVP_PKEY* peer, std::size_t width);
// The public half of a key pair on a curve of ours.
Result<PublicKey> public_half(EVP_PKEY* pair);

struct PrivateState {
  static EcPrivateKey adopt(PkeyPtr pair);

  PrivateState(PkeyPtr p, PublicKey half) : pair(std::move(p)), pub(std::move(half)) {}
  PkeyPtr pair;
  PublicKey pub;
};

}  // namespace seaworthy::crypto::internal
