#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <utility>

namespace seaworthy::crypto {
namespace {

struct Known {
  HashAlg alg;
  std::string_view name;
  const char* openssl;
};
constexpr std::array kKnown = {
    Known{HashAlg::kSha1, "sha1", "SHA1"}, Known{HashAlg::kSha256, "sha256", "SHA256"},
    Known{HashAlg::kSha384, "sha384", "SHA384"}, Known{HashAlg::kSha512, "sha512", "SHA512"}};

std::size_t index_of(HashAlg alg) {
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (kKnown[i].alg == alg) {
      return i;
    }
  }
  SEAWORTHY_CHECK(false && "an unknown hash algorithm");
  return 0;
}

// Fetched once: an implicit fetch per call costs more than hashing a block.
const EVP_MD* md(HashAlg alg) {
  static const std::array<EVP_MD*, kKnown.size()> fetched = [] {
    std::array<EVP_MD*, kKnown.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = EVP_MD_fetch(nullptr, kKnown[i].openssl, nullptr);
      SEAWORTHY_CHECK(all[i] != nullptr);
    }
    return all;
  }();
  return fetched[index_of(alg)];
}

EVP_MAC* hmac_mac() {
  static EVP_MAC* const fetched = [] {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    SEAWORTHY_CHECK(mac != nullptr);
    return mac;
  }();
  return fetched;
}

Digest finished(EVP_MD_CTX* context, HashAlg alg) {
  ByteArray<EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  SEAWORTHY_CHECK(EVP_DigestFinal_ex(context, out.data(), &size) == 1);
  return {alg, ByteSpan(out).first(size)};
}

}  // namespace

std::optional<HashAlg> hash_alg(std::uint16_t tpm_alg_id) {
  for (const Known& known : kKnown) {
    if (static_cast<std::uint16_t>(known.alg) == tpm_alg_id) {
      return known.alg;
    }
  }
  return std::nullopt;
}

std::string_view name(HashAlg alg) {
  return kKnown[index_of(alg)].name;
}

std::optional<HashAlg> hash_alg_named(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) {
      return known.alg;
    }
  }
  return std::nullopt;
}

Digest hash(HashAlg alg, std::initializer_list<ByteSpan> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  SEAWORTHY_CHECK(EVP_DigestInit_ex2(context.get(), md(alg), nullptr) == 1);
  for (const ByteSpan part : parts) {
    SEAWORTHY_CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  return finished(context.get(), alg);
}

Hasher::Hasher(HashAlg alg) : alg_(alg), context_(EVP_MD_CTX_new()) {
  SEAWORTHY_CHECK(EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), md(alg), nullptr) == 1);
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

Hasher::Hasher(Hasher&& other) noexcept
    : alg_(other.alg_), context_(std::exchange(other.context_, nullptr)) {}

Hasher& Hasher::operator=(Hasher&& other) noexcept {
  std::swap(alg_, other.alg_);
  std::swap(context_, other.context_);
  return *this;
}

Hasher& Hasher::update(ByteSpan bytes) {
  SEAWORTHY_CHECK(
      EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest Hasher::finish() {
  return finished(static_cast<EVP_MD_CTX*>(context_), alg_);
}

Digest hmac(HashAlg alg, ByteSpan key, std::initializer_list<ByteSpan> parts) {
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(
      EVP_MAC_CTX_new(hmac_mac()), &EVP_MAC_CTX_free);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                       const_cast<char*>(kKnown[index_of(alg)].openssl), 0),
      OSSL_PARAM_construct_end()};
  static const std::uint8_t kEmpty = 0;  // OpenSSL takes a null key for "none given"
  SEAWORTHY_CHECK(
      EVP_MAC_init(context.get(), key.empty() ? &kEmpty : key.data(), key.size(), params) == 1);
  for (const ByteSpan part : parts) {
    SEAWORTHY_CHECK(EVP_MAC_update(context.get(), part.data(), part.size()) == 1);
  }
  ByteArray<EVP_MAX_MD_SIZE> out{};
  std::size_t size = 0;
  SEAWORTHY_CHECK(EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1);
  return {alg, ByteSpan(out).first(size)};
}

bool equal(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace seaworthy::crypto
