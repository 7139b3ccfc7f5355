#include "crypto/signature.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "crypto/key_state.h"

namespace seaworthy::crypto {
namespace {

constexpr std::array kAlgs = {SignatureAlg::kRsaSsa, SignatureAlg::kRsaPss, SignatureAlg::kEcdsa};

// SHA-1 is not here: no signature over it decides anything (R8).
const char* openssl_name(HashAlg hash) {
  switch (hash) {
    case HashAlg::kSha256:
      return "SHA256";
    case HashAlg::kSha384:
      return "SHA384";
    case HashAlg::kSha512:
      return "SHA512";
    case HashAlg::kSha1:
      break;
  }
  return nullptr;
}

internal::PkeyCtxPtr prepared(const internal::KeyState& key, SignatureScheme scheme) {
  internal::PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey.get(), nullptr));
  SEAWORTHY_CHECK(context && EVP_PKEY_verify_init(context.get()) == 1);
  std::array<OSSL_PARAM, 5> params{};
  std::size_t n = 0;
  const auto text = [&](const char* param, const char* value) {
    params[n++] = OSSL_PARAM_construct_utf8_string(param, const_cast<char*>(value), 0);
  };
  text(OSSL_SIGNATURE_PARAM_DIGEST, openssl_name(scheme.hash));
  if (scheme.alg == SignatureAlg::kRsaSsa) {
    text(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
  } else if (scheme.alg == SignatureAlg::kRsaPss) {
    text(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PSS);
    text(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, openssl_name(scheme.hash));
    text(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO);
  }
  params[n] = OSSL_PARAM_construct_end();
  SEAWORTHY_CHECK(EVP_PKEY_CTX_set_params(context.get(), params.data()) == 1);
  return context;
}

bool verify_encoded(const internal::KeyState& key, SignatureAlg alg, const Digest& digest,
                    ByteSpan signature) {
  const internal::ErrorQueueGuard errors;
  const SignatureScheme scheme{alg, digest.alg()};
  const internal::PkeyCtxPtr context = prepared(key, scheme);
  return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.bytes().data(),
                         digest.bytes().size()) == 1;
}

// r and s are in [1, n-1] (FIPS 186-5 §6.4.2 step 1).
bool in_range(ByteSpan stripped, ByteSpan order) {
  if (stripped.empty() || stripped.size() > order.size()) {
    return false;
  }
  return stripped.size() < order.size() ||  // no order begins with a zero byte
         std::lexicographical_compare(stripped.begin(), stripped.end(), order.begin(), order.end());
}

// ECDSA-Sig-Value (RFC 3279 §2.2.3): SEQUENCE of two INTEGERs. At most 2 * 67 content bytes each
// with a header: the lengths fit into one byte each, that of the sequence into two.
class DerSignature {
 public:
  DerSignature(ByteSpan r, ByteSpan s) {
    const std::size_t content = 2 + content_size(r) + 2 + content_size(s);
    put(0x30);
    if (content >= 0x80) {
      put(0x81);
    }
    put(static_cast<std::uint8_t>(content));
    integer(r);
    integer(s);
  }
  ByteSpan bytes() const { return ByteSpan(bytes_).first(size_); }

 private:
  static std::size_t content_size(ByteSpan n) { return n.size() + (n[0] >= 0x80 ? 1 : 0); }
  void put(std::uint8_t byte) { bytes_[size_++] = byte; }
  void integer(ByteSpan n) {
    put(0x02);
    put(static_cast<std::uint8_t>(content_size(n)));
    if (n[0] >= 0x80) {
      put(0);
    }
    std::copy(n.begin(), n.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += n.size();
  }

  ByteArray<144> bytes_{};
  std::size_t size_ = 0;
};

bool verify_rsa(const internal::KeyState& key, SignatureAlg alg, const Digest& digest,
                const RsaSignature& signature) {
  return key.kind == KeyKind::kRsa && signature.bytes.size() == key.modulus.size() &&
         verify_encoded(key, alg, digest, signature.bytes);
}

bool verify_ecdsa(const internal::KeyState& key, const Digest& digest,
                  const EcdsaSignature& signature) {
  if (key.kind != KeyKind::kEc || signature.r.size() > key.curve->coordinate_bytes ||
      signature.s.size() > key.curve->coordinate_bytes) {
    return false;
  }
  const ByteSpan r = internal::without_leading_zeros(signature.r);
  const ByteSpan s = internal::without_leading_zeros(signature.s);
  return in_range(r, key.curve->order) && in_range(s, key.curve->order) &&
         verify_encoded(key, SignatureAlg::kEcdsa, digest, DerSignature(r, s).bytes());
}

// An INTEGER above zero, in as few bytes as it needs. Advances `rest`.
std::optional<ByteSpan> take_integer(ByteSpan& rest) {
  if (rest.size() < 3 || rest[0] != 0x02 || rest[1] == 0 || rest[1] > 0x7F ||
      rest[1] > rest.size() - 2) {
    return std::nullopt;
  }
  ByteSpan value = rest.subspan(2, rest[1]);
  rest = rest.subspan(2 + value.size());
  if (value[0] >= 0x80) {
    return std::nullopt;  // negative
  }
  if (value[0] == 0) {
    if (value.size() == 1 || value[1] < 0x80) {
      return std::nullopt;  // zero, or a zero too many
    }
    value = value.subspan(1);
  }
  return value;
}

}  // namespace

std::optional<SignatureAlg> signature_alg(std::uint16_t tpm_alg_id) {
  for (const SignatureAlg alg : kAlgs) {
    if (static_cast<std::uint16_t>(alg) == tpm_alg_id) {
      return alg;
    }
  }
  return std::nullopt;
}

std::string_view name(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::kRsaSsa:
      return "rsassa";
    case SignatureAlg::kRsaPss:
      return "rsapss";
    case SignatureAlg::kEcdsa:
      return "ecdsa";
  }
  return "";
}

bool verify_digest(const PublicKey& key, SignatureAlg alg, const Digest& digest,
                   const Signature& signature) {
  if (openssl_name(digest.alg()) == nullptr) {
    return false;
  }
  if (const auto* rsa = std::get_if<RsaSignature>(&signature)) {
    return alg != SignatureAlg::kEcdsa && verify_rsa(key.state(), alg, digest, *rsa);
  }
  return alg == SignatureAlg::kEcdsa &&
         verify_ecdsa(key.state(), digest, std::get<EcdsaSignature>(signature));
}

bool verify(const PublicKey& key, SignatureScheme scheme, ByteSpan message,
            const Signature& signature) {
  return openssl_name(scheme.hash) != nullptr &&
         verify_digest(key, scheme.alg, hash(scheme.hash, message), signature);
}

std::optional<EcdsaSignature> parse_ecdsa_signature(ByteSpan der) {
  // P-521 needs 138 bytes of content: one byte of length after 0x81.
  const std::size_t head = der.size() > 2 && der[1] == 0x81 ? 3 : 2;
  if (der.size() < head || der[0] != 0x30) {
    return std::nullopt;
  }
  const std::size_t length = der[head - 1];
  if ((head == 3) != (length >= 0x80) || length != der.size() - head) {
    return std::nullopt;
  }
  ByteSpan rest = der.subspan(head);
  const auto r = take_integer(rest);
  const auto s = r ? take_integer(rest) : std::nullopt;
  if (!s || !rest.empty()) {
    return std::nullopt;
  }
  return EcdsaSignature{*r, *s};
}

}  // namespace seaworthy::crypto
