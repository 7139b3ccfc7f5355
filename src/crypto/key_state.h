// Internal to src/crypto: what is behind PublicKey and EcPrivateKey.
#pragma once

#include <array>
#include <vector>

#include "base/mutex.h"
#include "crypto/ec_key.h"
#include "crypto/openssl_handles.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"

namespace seaworthy::crypto::internal {

// What OpenSSL calls a curve, and the order of its generator.
struct CurveInfo {
  Curve curve;
  std::string_view name;
  const char* openssl;
  int nid;
  std::size_t coordinate_bytes;
  int bits;
  ByteSpan order;  // big-endian, coordinate_bytes wide
};
const CurveInfo& info(Curve curve);
const CurveInfo* info_by_nid(int nid);

// Verification contexts that are set up for one key and scheme: setting one up costs allocations
// and provider look-ups. A thread takes one, or makes one, and puts it back.
class ContextPool {
 public:
  PkeyCtxPtr take() EXCLUDES(mutex_);
  void put_back(PkeyCtxPtr context) EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kKept = 4;  // beyond that they are freed
  Mutex mutex_;
  std::vector<PkeyCtxPtr> idle_ GUARDED_BY(mutex_);
};

struct KeyState {
  static Result<PublicKey> rsa(ByteSpan modulus, std::uint32_t exponent);
  static Result<PublicKey> ec(const CurveInfo& on, ByteSpan x, ByteSpan y);

  PkeyPtr pkey;
  KeyKind kind = KeyKind::kRsa;
  int bits = 0;
  const CurveInfo* curve = nullptr;  // null for RSA
  Bytes modulus;
  std::uint32_t exponent = 0;
  Bytes x, y;
  Bytes spki;
  // One pool per scheme that `scheme_index` (signature.cpp) knows.
  static constexpr std::size_t kSchemes = 9;
  mutable std::array<ContextPool, kSchemes> pools;
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
