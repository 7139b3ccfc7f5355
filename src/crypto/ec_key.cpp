#include "crypto/ec_key.h"

#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include <array>
#include <utility>

#include "crypto/digest.h"
#include "crypto/key_state.h"

namespace seaworthy::crypto {
namespace internal {
namespace {

using GroupPtr = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, Freer<EC_POINT_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

// FIPS 186-5 A.2.2: draw until the number is in [1, n-1].
BnPtr draw_scalar(const CurveInfo& on, Random& random) {
  const BnPtr order = bignum(on.order);
  for (;;) {
    Bytes drawn = random.bytes(on.coordinate_bytes);
    // P-521: its order fills 521 of 528 bits; without the mask one draw in 128 would do.
    drawn[0] = static_cast<std::uint8_t>(
        drawn[0] & (0xFF >> (8 * drawn.size() - static_cast<std::size_t>(on.bits))));
    BnPtr scalar = bignum(drawn);
    OPENSSL_cleanse(drawn.data(), drawn.size());
    if (!BN_is_zero(scalar.get()) && BN_cmp(scalar.get(), order.get()) < 0) {
      BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
      return scalar;
    }
  }
}

int no_passphrase(char*, int, int, void*) {
  return 0;
}  // the default asks on the terminal

}  // namespace

PkeyPtr generate_key_pair(const CurveInfo& on, Random& random) {
  const ErrorQueueGuard errors;
  const BnPtr scalar = draw_scalar(on, random);
  const GroupPtr group(EC_GROUP_new_by_curve_name(on.nid));
  SEAWORTHY_CHECK(group != nullptr);
  const PointPtr point(EC_POINT_new(group.get()));
  SEAWORTHY_CHECK(point && EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr,
                                        nullptr) == 1);
  Bytes encoded(1 + 2 * on.coordinate_bytes);
  SEAWORTHY_CHECK(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                     encoded.data(), encoded.size(), nullptr) == encoded.size());

  const ParamBldPtr builder(OSSL_PARAM_BLD_new());
  SEAWORTHY_CHECK(builder != nullptr);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                  on.openssl, 0) == 1);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) ==
                  1);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                   encoded.data(), encoded.size()) == 1);
  const ParamPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  SEAWORTHY_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  SEAWORTHY_CHECK(EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return PkeyPtr(made);
}

Bytes shared_x(EVP_PKEY* own, EVP_PKEY* peer, std::size_t width) {
  const ErrorQueueGuard errors;
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  Bytes out(width);
  std::size_t size = out.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), out.data(), &size) != 1 || size != width) {
    return {};
  }
  return out;
}

Result<PublicKey> public_half(EVP_PKEY* pair) {
  std::array<char, 64> group{};
  ByteArray<256> point{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(pair, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                     nullptr) != 1 ||
      EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(),
                                      point.size(), &size) != 1) {
    return unsupported("private key: not one on an elliptic curve");
  }
  const CurveInfo* on = info_by_nid(OBJ_sn2nid(group.data()));
  if (on == nullptr || size != 1 + 2 * on->coordinate_bytes) {
    return unsupported("private key: on another curve than P-256, P-384 and P-521");
  }
  const ByteSpan coordinates = ByteSpan(point).subspan(1, 2 * on->coordinate_bytes);
  return KeyState::ec(*on, coordinates.first(on->coordinate_bytes),
                      coordinates.last(on->coordinate_bytes));
}

EcPrivateKey PrivateState::adopt(PkeyPtr pair) {
  Result<PublicKey> half = public_half(pair.get());
  SEAWORTHY_CHECK(half.has_value());
  return EcPrivateKey(std::make_shared<const PrivateState>(std::move(pair), *std::move(half)));
}

}  // namespace internal

EcPrivateKey EcPrivateKey::generate(Random& random) {
  return internal::PrivateState::adopt(
      internal::generate_key_pair(internal::info(Curve::kP256), random));
}

Result<EcPrivateKey> EcPrivateKey::from_pem(std::string_view pem) {
  constexpr std::size_t kMaxPemBytes = 8192;  // a P-256 key has about 240
  if (pem.size() > kMaxPemBytes) {
    return malformed("private key: " + std::to_string(pem.size()) + " bytes of PEM, at most " +
                     std::to_string(kMaxPemBytes) + " are accepted");
  }
  const internal::ErrorQueueGuard errors;
  const internal::BioPtr bio = internal::bio_over(pem);
  internal::PkeyPtr pair(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, &internal::no_passphrase, nullptr));
  if (!pair) {
    return malformed("private key: not an unencrypted PEM private key");
  }
  const auto half = internal::public_half(pair.get());
  if (!half || half->curve() != Curve::kP256) {
    return unsupported(
        "private key: not on P-256; make a new one with: "
        "openssl ecparam -name prime256v1 -genkey -noout");
  }
  const internal::PkeyCtxPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, pair.get(), nullptr));
  if (!check || EVP_PKEY_pairwise_check(check.get()) != 1) {
    return malformed("private key: its public half belongs to another key");
  }
  return internal::PrivateState::adopt(std::move(pair));
}

std::string EcPrivateKey::to_pem() const {
  const internal::BioPtr bio = internal::bio_for_writing();
  SEAWORTHY_CHECK(PEM_write_bio_PrivateKey(bio.get(), state_->pair.get(), nullptr, nullptr, 0,
                                           nullptr, nullptr) == 1);
  return internal::text_of(bio.get());
}

const PublicKey& EcPrivateKey::public_key() const {
  return state_->pub;
}

ByteArray<64> EcPrivateKey::sign(ByteSpan message) const {
  const Digest digest = sha256(message);
  const internal::PkeyCtxPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, state_->pair.get(), nullptr));
  SEAWORTHY_CHECK(context && EVP_PKEY_sign_init(context.get()) == 1);
  SEAWORTHY_CHECK(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  ByteArray<80> der{};
  std::size_t size = der.size();
  SEAWORTHY_CHECK(EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes().data(),
                                digest.bytes().size()) == 1);
  const std::uint8_t* at = der.data();
  const internal::EcdsaSigPtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  SEAWORTHY_CHECK(parsed != nullptr);
  ByteArray<64> out{};
  SEAWORTHY_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), 32) == 32);
  SEAWORTHY_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + 32, 32) == 32);
  return out;
}

Result<Bytes> EcPrivateKey::ecdh(const PublicKey& peer) const {
  if (peer.curve() != Curve::kP256) {
    return unsupported("ECDH: the peer's key is not on P-256");
  }
  Bytes x = internal::shared_x(state_->pair.get(), peer.state().pkey.get(), 32);
  if (x.empty()) {
    return malformed("ECDH: OpenSSL refuses the peer's key");
  }
  return x;
}

}  // namespace seaworthy::crypto
