#include "crypto/sealed.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/digest.h"

namespace seaworthy::crypto {
namespace {

constexpr std::uint8_t kVersion = 0x01;
constexpr std::size_t kTagBytes = 32;
constexpr std::string_view kSealContext = "seaworthy/sealed/v1";
constexpr std::string_view kDeriveContext = "seaworthy/derive/v1";

// One byte of length in front of the label keeps label and payload apart.
Digest tag(const SealKey& key, std::string_view label, ByteSpan payload) {
  SEAWORTHY_CHECK(label.size() <= 0xFF);
  const ByteArray<1> size = {static_cast<std::uint8_t>(label.size())};
  return hmac(HashAlg::kSha256, key.bytes(),
              {as_bytes(kSealContext), size, as_bytes(label), payload});
}

Error not_ours() {
  return {ErrorCode::kDenied, "not a blob of ours"};
}

}  // namespace

SealKey SealKey::generate(Random& random) {
  SealKey key;
  random.fill(key.key_);
  return key;
}

Result<SealKey> SealKey::from_bytes(ByteSpan bytes) {
  SealKey key;
  if (bytes.size() != key.key_.size()) {
    return malformed("sealing key: expected exactly 32 bytes, got " + std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), key.key_.begin());
  return key;
}

SealKey SealKey::derive(std::string_view purpose) const {
  SealKey key;
  const Digest digest = hmac(HashAlg::kSha256, key_, {as_bytes(kDeriveContext), as_bytes(purpose)});
  std::copy(digest.bytes().begin(), digest.bytes().end(), key.key_.begin());
  return key;
}

SealKey::~SealKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

Bytes seal(const SealKey& key, std::string_view label, ByteSpan payload) {
  Bytes blob;
  blob.reserve(payload.size() + kSealOverhead);
  blob.push_back(kVersion);
  append(blob, payload);
  append(blob, tag(key, label, payload).bytes());
  return blob;
}

Result<Bytes> open(const SealKey& key, std::string_view label, ByteSpan blob) {
  if (blob.size() < kSealOverhead || blob[0] != kVersion) {
    return not_ours();
  }
  const ByteSpan payload = blob.subspan(1, blob.size() - kSealOverhead);
  if (!equal(tag(key, label, payload).bytes(), blob.last(kTagBytes))) {
    return not_ours();
  }
  return to_bytes(payload);
}

}  // namespace seaworthy::crypto
