#include "crypto/credential.h"

#include <openssl/rsa.h>

#include <algorithm>

#include "crypto/key_state.h"

namespace seaworthy::crypto {
namespace {

constexpr std::string_view kIdentity = "IDENTITY";
constexpr std::string_view kStorage = "STORAGE";
constexpr std::string_view kIntegrity = "INTEGRITY";
constexpr ByteArray<1> kNul = {0};
constexpr std::uint32_t kMaxKdfBits = 4096;
constexpr std::size_t kMaxNameBytes = 2 + 64;  // TPM2B_NAME of the largest hash

ByteArray<4> be32(std::uint32_t v) {
  return {static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16),
          static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
}

void append_sized16(Bytes& to, ByteSpan bytes) {
  SEAWORTHY_CHECK(bytes.size() <= 0xFFFF);
  to.push_back(static_cast<std::uint8_t>(bytes.size() >> 8));
  to.push_back(static_cast<std::uint8_t>(bytes.size()));
  append(to, bytes);
}

// `bits` bits out of the blocks that `block(i)` gives for i = 1, 2, …
template <class Block>
Bytes counter_mode(std::uint32_t bits, const Block& block) {
  SEAWORTHY_CHECK(bits <= kMaxKdfBits);
  const std::size_t size = (bits + 7) / 8;
  Bytes out;
  for (std::uint32_t i = 1; out.size() < size; ++i) {
    append(out, block(i).bytes());
  }
  out.resize(size);
  if (bits % 8 != 0) {
    out[0] = static_cast<std::uint8_t>(out[0] & ((1u << (bits % 8)) - 1u));
  }
  return out;
}

Bytes aes_cfb128(ByteSpan key, ByteSpan plain) {
  const std::unique_ptr<EVP_CIPHER_CTX, internal::Freer<EVP_CIPHER_CTX_free>> context(
      EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128();
  const ByteArray<16> zero_iv{};
  SEAWORTHY_CHECK(context && EVP_EncryptInit_ex2(context.get(), cipher, key.data(), zero_iv.data(),
                                                 nullptr) == 1);
  Bytes out(plain.size());
  int size = 0;
  SEAWORTHY_CHECK(EVP_EncryptUpdate(context.get(), out.data(), &size, plain.data(),
                                    static_cast<int>(plain.size())) == 1);
  SEAWORTHY_CHECK(static_cast<std::size_t>(size) == out.size());
  return out;
}

// Part 1, Annex B.4: OAEP with nameAlg for the hash and for MGF1, and the label with its NUL.
Result<Bytes> oaep(const PublicKey& key, HashAlg alg, ByteSpan plain) {
  const internal::ErrorQueueGuard errors;
  const internal::PkeyCtxPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.state().pkey.get(), nullptr));
  const EVP_MD* md = EVP_get_digestbyname(std::string(name(alg)).c_str());
  SEAWORTHY_CHECK(context && EVP_PKEY_encrypt_init(context.get()) == 1);
  SEAWORTHY_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1);
  SEAWORTHY_CHECK(EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md) == 1);
  SEAWORTHY_CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md) == 1);
  constexpr std::size_t kLabelBytes = kIdentity.size() + 1;
  void* label = OPENSSL_zalloc(kLabelBytes);  // the context takes it over
  SEAWORTHY_CHECK(label != nullptr);
  std::copy(kIdentity.begin(), kIdentity.end(), static_cast<char*>(label));
  SEAWORTHY_CHECK(
      EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), label, static_cast<int>(kLabelBytes)) == 1);
  Bytes out(key.rsa_modulus().size());
  std::size_t size = out.size();
  if (EVP_PKEY_encrypt(context.get(), out.data(), &size, plain.data(), plain.size()) != 1 ||
      size != out.size()) {
    return malformed("MakeCredential: the EK is too small for OAEP with its nameAlg");
  }
  return out;
}

struct Wrapped {
  Bytes seed;
  Bytes encrypted_secret;
};

Result<Wrapped> wrap_rsa(const EkParameters& ek, Random& random) {
  Wrapped out{random.bytes(digest_size(ek.name_alg)), {}};
  out.encrypted_secret = TRY(oaep(ek.key, ek.name_alg, out.seed));
  return out;
}

// Part 1, Annex C.6.4: one-pass ECDH with an ephemeral key on the EK's curve.
Result<Wrapped> wrap_ec(const EkParameters& ek, Random& random) {
  const internal::CurveInfo& on = *ek.key.state().curve;
  const internal::PkeyPtr ephemeral = internal::generate_key_pair(on, random);
  const PublicKey half = TRY(internal::public_half(ephemeral.get()));
  const Bytes z =
      internal::shared_x(ephemeral.get(), ek.key.state().pkey.get(), on.coordinate_bytes);
  if (z.empty()) {
    return malformed("MakeCredential: OpenSSL refuses the EK for ECDH");
  }
  Wrapped out;
  out.seed = kdfe(ek.name_alg, z, kIdentity, half.ec_x(), ek.key.ec_x(),
                  static_cast<std::uint32_t>(8 * digest_size(ek.name_alg)));
  append_sized16(out.encrypted_secret, half.ec_x());  // full width: A-28
  append_sized16(out.encrypted_secret, half.ec_y());
  return out;
}

Result<void> expect_usable(const EkParameters& ek, ByteSpan ak_name, ByteSpan secret) {
  if (ek.name_alg == HashAlg::kSha1) {
    return unsupported("MakeCredential: the EK's nameAlg is SHA-1");
  }
  if (ek.symmetric_bits != 128 && ek.symmetric_bits != 256) {
    return unsupported("MakeCredential: the EK's symmetric key has " +
                       std::to_string(ek.symmetric_bits) + " bits, not 128 or 256");
  }
  if (ak_name.size() < 2 + 32 || ak_name.size() > kMaxNameBytes) {
    return malformed("MakeCredential: the AK's Name has " + std::to_string(ak_name.size()) +
                     " bytes, expected a hash identifier and its digest");
  }
  if (secret.empty() || secret.size() > digest_size(ek.name_alg)) {
    return malformed("MakeCredential: the secret has " + std::to_string(secret.size()) +
                     " bytes, expected 1 to " + std::to_string(digest_size(ek.name_alg)));
  }
  return {};
}

}  // namespace

Bytes kdfa(HashAlg alg, ByteSpan key, std::string_view label, ByteSpan context_u,
           ByteSpan context_v, std::uint32_t bits) {
  return counter_mode(bits, [&](std::uint32_t i) {
    return hmac(alg, key, {be32(i), as_bytes(label), kNul, context_u, context_v, be32(bits)});
  });
}

Bytes kdfe(HashAlg alg, ByteSpan z, std::string_view label, ByteSpan party_u, ByteSpan party_v,
           std::uint32_t bits) {
  return counter_mode(bits, [&](std::uint32_t i) {
    return hash(alg, {be32(i), z, as_bytes(label), kNul, party_u, party_v});
  });
}

Bytes protect_credential(HashAlg name_alg, int symmetric_bits, ByteSpan seed, ByteSpan ak_name,
                         ByteSpan secret) {
  Bytes plain;
  append_sized16(plain, secret);  // TPM2B_DIGEST: its size is encrypted with it
  const Bytes symmetric_key =
      kdfa(name_alg, seed, kStorage, ak_name, {}, static_cast<std::uint32_t>(symmetric_bits));
  const Bytes identity = aes_cfb128(symmetric_key, plain);
  const Bytes hmac_key = kdfa(name_alg, seed, kIntegrity, {}, {},
                              static_cast<std::uint32_t>(8 * digest_size(name_alg)));
  Bytes out;
  append_sized16(out, hmac(name_alg, hmac_key, {identity, ak_name}).bytes());
  append(out, identity);
  return out;
}

Result<Credential> make_credential(const EkParameters& ek, ByteSpan ak_name, ByteSpan secret,
                                   Random& random) {
  TRY(expect_usable(ek, ak_name, secret));
  Wrapped wrapped =
      TRY(ek.key.kind() == KeyKind::kRsa ? wrap_rsa(ek, random) : wrap_ec(ek, random));
  Credential out;
  out.id_object = protect_credential(ek.name_alg, ek.symmetric_bits, wrapped.seed, ak_name, secret);
  out.encrypted_secret = std::move(wrapped.encrypted_secret);
  OPENSSL_cleanse(wrapped.seed.data(), wrapped.seed.size());
  return out;
}

}  // namespace seaworthy::crypto
