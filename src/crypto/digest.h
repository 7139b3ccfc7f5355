// Hash algorithms and digests. Spec: FIPS 180-4; identifiers: TCG Algorithm Registry 1.34, Table 3.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"

namespace seaworthy::crypto {

// The values are the TPM_ALG_ID of each.
enum class HashAlg : std::uint16_t {
  kSha1 = 0x0004,  // for what others made; never sufficient for a decision of ours (R11)
  kSha256 = 0x000B,
  kSha384 = 0x000C,
  kSha512 = 0x000D,
};

// Null if this build does not know the identifier.
std::optional<HashAlg> hash_alg(std::uint16_t tpm_alg_id);
// "sha1", "sha256", …: the spelling of Linux IMA and of tpm2-tools.
std::string_view name(HashAlg alg);
std::optional<HashAlg> hash_alg_named(std::string_view name);
constexpr std::size_t digest_size(HashAlg alg) {
  switch (alg) {
    case HashAlg::kSha1:
      return 20;
    case HashAlg::kSha256:
      return 32;
    case HashAlg::kSha384:
      return 48;
    case HashAlg::kSha512:
      return 64;
  }
  return 0;
}

// A digest and the algorithm that made it. A value without heap memory.
class Digest {
 public:
  // All bytes zero: the initial value of a PCR.
  explicit Digest(HashAlg alg) : alg_(alg) {}
  // The size of `bytes` must be that of `alg`: check it first for bytes from outside.
  Digest(HashAlg alg, ByteSpan bytes) : alg_(alg) {
    SEAWORTHY_CHECK(bytes.size() == digest_size(alg));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }

  HashAlg alg() const { return alg_; }
  ByteSpan bytes() const { return {bytes_.data(), digest_size(alg_)}; }
  bool is_zero() const { return *this == Digest(alg_); }
  auto operator<=>(const Digest&) const = default;

 private:
  HashAlg alg_;
  ByteArray<64> bytes_{};
};

// The hash of the concatenation of the parts. Thread-safe; no allocation per call in steady state.
Digest hash(HashAlg alg, std::initializer_list<ByteSpan> parts);
inline Digest hash(HashAlg alg, ByteSpan bytes) {
  return hash(alg, {bytes});
}
inline Digest sha256(ByteSpan bytes) {
  return hash(HashAlg::kSha256, {bytes});
}

// What TPM2_PCR_Extend does: H(old || digest), in the algorithm of `old` (Part 3 §22.2).
inline Digest extended(const Digest& old, ByteSpan digest) {
  return hash(old.alg(), {old.bytes(), digest});
}

// Hashes in pieces, for data that does not lie in one place.
class Hasher {
 public:
  explicit Hasher(HashAlg alg);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher& update(ByteSpan bytes);
  Digest finish();  // once; the hasher is then good for nothing but destruction

 private:
  HashAlg alg_;
  void* context_;  // EVP_MD_CTX
};

// HMAC (RFC 2104).
Digest hmac(HashAlg alg, ByteSpan key, std::initializer_list<ByteSpan> parts);

// Same length and same bytes, in time that depends on the length only.
bool equal(ByteSpan a, ByteSpan b);

}  // namespace seaworthy::crypto
