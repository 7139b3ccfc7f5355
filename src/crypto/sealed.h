// Opaque blobs that come back to whoever made them: nonces, sessions, statements.
//
// Authenticated with HMAC-SHA256, not encrypted: the holder can read the payload and cannot change
// it, nor pass it for a blob of another label. Replay is not prevented: put time and purpose into
// the payload. Layout: version (1 byte, 0x01) || payload || tag (32 bytes).
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"

namespace seaworthy::crypto {

// A symmetric key, exactly 32 bytes of randomness. Wiped when destroyed.
class SealKey {
 public:
  static SealKey generate(Random& random);
  // kMalformed unless there are exactly 32 bytes.
  static Result<SealKey> from_bytes(ByteSpan bytes);
  // An independent key for `purpose`, so that one stored secret serves many uses.
  SealKey derive(std::string_view purpose) const;
  ByteSpan bytes() const { return key_; }

  SealKey(const SealKey&) = default;
  SealKey& operator=(const SealKey&) = default;
  ~SealKey();

 private:
  SealKey() = default;
  ByteArray<32> key_{};
};

inline constexpr std::size_t kSealOverhead = 33;

// `label` names what the blob is ("challenge/v1").
Bytes seal(const SealKey& key, std::string_view label, ByteSpan payload);
// The payload. One constant error (kDenied, "not a blob of ours") for every kind of failure;
// compares the tag in constant time.
Result<Bytes> open(const SealKey& key, std::string_view label, ByteSpan blob);

}  // namespace seaworthy::crypto
