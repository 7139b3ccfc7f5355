#include "crypto/public_key.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/der.h"
#include "crypto/key_state.h"
#include "crypto/pem.h"

namespace seaworthy::crypto {
namespace internal {
namespace {

// The orders of the groups: SEC 2 v2, §2.4.2, §2.5.1, §2.6.1.
constexpr ByteArray<32> kOrderP256 = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
constexpr ByteArray<48> kOrderP384 = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF,
    0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73};
constexpr ByteArray<66> kOrderP521 = {
    0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFA, 0x51, 0x86, 0x87, 0x83, 0xBF, 0x2F, 0x96, 0x6B,
    0x7F, 0xCC, 0x01, 0x48, 0xF7, 0x09, 0xA5, 0xD0, 0x3B, 0xB5, 0xC9, 0xB8, 0x89, 0x9C,
    0x47, 0xAE, 0xBB, 0x6F, 0xB7, 0x1E, 0x91, 0x38, 0x64, 0x09};

// AlgorithmIdentifiers of id-ecPublicKey with a named curve: RFC 5480 §2.1.1.
constexpr ByteArray<21> kAlgorithmP256 = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                          0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
                                          0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr ByteArray<18> kAlgorithmP384 = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                          0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
constexpr ByteArray<18> kAlgorithmP521 = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                          0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23};

const std::array kCurves = {
    CurveInfo{Curve::kP256, "P-256", "P-256", NID_X9_62_prime256v1, 32, 256, kOrderP256,
              kAlgorithmP256},
    CurveInfo{Curve::kP384, "P-384", "P-384", NID_secp384r1, 48, 384, kOrderP384, kAlgorithmP384},
    CurveInfo{Curve::kP521, "P-521", "P-521", NID_secp521r1, 66, 521, kOrderP521, kAlgorithmP521}};

constexpr int kMinModulusBits = 1024;  // below 2048 is a weakness, below this is not a key
constexpr int kMaxModulusBits = 8192;  // bounds the cost of one verification
constexpr std::size_t kMaxSpkiBytes = 4096;

PkeyPtr from_data(const char* type, int selection, OSSL_PARAM_BLD* builder) {
  const ParamPtr params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  SEAWORTHY_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &made, selection, params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(made);
}

// SubjectPublicKeyInfo, RFC 5280 §4.1.2.7: the algorithm, and a BIT STRING of whole bytes. OpenSSL
// looks for providers each time that it writes or reads one, which takes longer than a
// verification.
Bytes spki_of(ByteSpan algorithm, ByteSpan key) {
  const Bytes no_unused_bits{0};
  return der_of(kDerSequence, {algorithm, der_of(kDerBitString, {no_unused_bits, key})});
}

// RFC 3279 §2.3.1: rsaEncryption with NULL.
constexpr ByteArray<15> kRsaAlgorithm = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                         0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};

Bytes big_endian32(std::uint32_t n) {
  const Bytes bytes{static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                    static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  return to_bytes(without_leading_zeros(bytes));
}

}  // namespace

const CurveInfo& info(Curve curve) {
  for (const CurveInfo& known : kCurves) {
    if (known.curve == curve) {
      return known;
    }
  }
  SEAWORTHY_CHECK(false && "an unknown curve");
  return kCurves[0];
}

const CurveInfo* info_by_nid(int nid) {
  for (const CurveInfo& known : kCurves) {
    if (known.nid == nid) {
      return &known;
    }
  }
  return nullptr;
}

Result<PublicKey> KeyState::rsa(ByteSpan modulus, std::uint32_t exponent) {
  modulus = without_leading_zeros(modulus);
  if (modulus.size() > kMaxModulusBits / 8) {
    return malformed("RSA key: the modulus has " + std::to_string(modulus.size()) +
                     " bytes, at most " + std::to_string(kMaxModulusBits / 8) + " are accepted");
  }
  const BnPtr n = bignum(modulus);
  const int bits = BN_num_bits(n.get());
  if (bits < kMinModulusBits || !BN_is_odd(n.get())) {
    return malformed("RSA key: a modulus of " + std::to_string(bits) + " bits" +
                     (BN_is_odd(n.get()) ? "" : " that is even") + " is not one");
  }
  if (exponent < 3 || exponent % 2 == 0) {
    return malformed("RSA key: the exponent " + std::to_string(exponent) + " is not one");
  }
  const BnPtr e(BN_new());
  const ParamBldPtr builder(OSSL_PARAM_BLD_new());
  SEAWORTHY_CHECK(e && builder && BN_set_word(e.get(), exponent) == 1);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const ErrorQueueGuard errors;
  auto state = std::make_shared<KeyState>();
  state->pkey = from_data("RSA", EVP_PKEY_PUBLIC_KEY, builder.get());
  if (!state->pkey) {
    return malformed("RSA key: OpenSSL refuses it");
  }
  state->kind = KeyKind::kRsa;
  state->bits = bits;
  state->modulus = to_bytes(modulus);
  state->exponent = exponent;
  state->spki =
      spki_of(kRsaAlgorithm,
              der_of(kDerSequence, {der_integer(modulus), der_integer(big_endian32(exponent))}));
  return PublicKey(std::move(state));
}

Result<PublicKey> KeyState::ec(const CurveInfo& on, ByteSpan x, ByteSpan y) {
  const std::string what = "EC key on " + std::string(on.name);
  const std::size_t width = on.coordinate_bytes;
  if (x.size() > width || y.size() > width) {
    return malformed(what + ": coordinates of " + std::to_string(x.size()) + " and " +
                     std::to_string(y.size()) + " bytes, at most " + std::to_string(width) +
                     " are possible");
  }
  Bytes point(1 + 2 * width);
  point[0] = 0x04;  // uncompressed, SEC 1 §2.3.3
  std::copy(x.begin(), x.end(), point.begin() + static_cast<std::ptrdiff_t>(1 + width - x.size()));
  std::copy(y.begin(), y.end(),
            point.begin() + static_cast<std::ptrdiff_t>(1 + 2 * width - y.size()));

  const ParamBldPtr builder(OSSL_PARAM_BLD_new());
  SEAWORTHY_CHECK(builder != nullptr);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                  on.openssl, 0) == 1);
  SEAWORTHY_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                   point.data(), point.size()) == 1);
  const ErrorQueueGuard errors;
  auto state = std::make_shared<KeyState>();
  state->pkey = from_data("EC", EVP_PKEY_PUBLIC_KEY, builder.get());
  // On the curve and not infinity (go-attestation#509). All three curves have cofactor 1, so that
  // the point then has the right order, which the quick check leaves out.
  const PkeyCtxPtr check(
      state->pkey ? EVP_PKEY_CTX_new_from_pkey(nullptr, state->pkey.get(), nullptr) : nullptr);
  if (!check || EVP_PKEY_public_check_quick(check.get()) != 1) {
    return malformed(what + ": the point is not on the curve");
  }
  state->kind = KeyKind::kEc;
  state->bits = on.bits;
  state->curve = &on;
  state->spki = spki_of(on.algorithm, point);
  return PublicKey(std::move(state));
}

}  // namespace internal

namespace {

// The ROCA fingerprint (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, §2): both
// primes are powers of 65537 modulo a primorial, hence so is the modulus, modulo each small prime.
// A random modulus passes all of these with a probability below 2^-27.
constexpr std::array<std::uint32_t, 38> kRocaPrimes = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

constexpr bool is_power_of_65537(std::uint32_t residue, std::uint32_t prime) {
  std::uint32_t power = 1;
  do {
    if (power == residue) {
      return true;
    }
    power = power * (65537 % prime) % prime;
  } while (power != 1);
  return false;
}
static_assert(is_power_of_65537(10, 11) && !is_power_of_65537(2, 11));

bool has_roca_fingerprint(ByteSpan modulus) {
  for (const std::uint32_t prime : kRocaPrimes) {
    std::uint32_t residue = 0;
    for (const std::uint8_t byte : modulus) {
      residue = (residue * 256 + byte) % prime;
    }
    if (!is_power_of_65537(residue, prime)) {
      return false;
    }
  }
  return true;
}

// OBJECT IDENTIFIERs, RFC 3279 §2.3.1 and §2.3.5. rsaesOaep (RFC 4055): EK certificates of ST33 and
// Nuvoton NPCT6xx. OpenSSL 3.0 makes no key of it; inside is the same RSAPublicKey.
constexpr ByteArray<9> kRsaEncryption = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
constexpr ByteArray<9> kRsaesOaep = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x07};
constexpr ByteArray<7> kEcPublicKey = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

// A whole number of an RSAPublicKey, without leading zeros; null if it is negative or empty.
std::optional<ByteSpan> natural(ByteSpan integer) {
  if (integer.empty() || integer[0] >= 0x80) {
    return std::nullopt;
  }
  return internal::without_leading_zeros(integer);
}

// RSAPublicKey, RFC 8017 §A.1.1.
Result<PublicKey> rsa_from_der(ByteSpan der) {
  const auto sequence = internal::der_only(der, internal::kDerSequence);
  const auto modulus =
      sequence ? internal::der_element(*sequence, internal::kDerInteger) : std::nullopt;
  const auto exponent =
      modulus ? internal::der_only(modulus->rest, internal::kDerInteger) : std::nullopt;
  if (!exponent) {
    return malformed("SubjectPublicKeyInfo: the RSAPublicKey does not decode");
  }
  const auto n = natural(modulus->content);
  const auto e = natural(*exponent);
  if (!n || !e || e->size() > 4) {
    return malformed("RSA key: negative modulus, or an exponent beyond 32 bits");
  }
  std::uint32_t small = 0;
  for (const std::uint8_t byte : *e) {
    small = small << 8 | byte;
  }
  return internal::KeyState::rsa(*n, small);
}

Result<PublicKey> ec_from_point(const internal::CurveInfo& on, ByteSpan point) {
  if (point.size() != 1 + 2 * on.coordinate_bytes || point[0] != 0x04) {
    return unsupported("SubjectPublicKeyInfo: only uncompressed points are accepted");
  }
  return internal::KeyState::ec(on, point.subspan(1, on.coordinate_bytes),
                                point.subspan(1 + on.coordinate_bytes));
}

}  // namespace

std::string_view name(Curve curve) {
  return internal::info(curve).name;
}

std::optional<Curve> curve(std::uint16_t tpm_ecc_curve) {
  for (const internal::CurveInfo& known : internal::kCurves) {
    if (static_cast<std::uint16_t>(known.curve) == tpm_ecc_curve) {
      return known.curve;
    }
  }
  return std::nullopt;
}

std::size_t coordinate_size(Curve curve) {
  return internal::info(curve).coordinate_bytes;
}

std::string_view describe(KeyWeakness weakness) {
  switch (weakness) {
    case KeyWeakness::kRsaTooShort:
      return "the RSA modulus is shorter than 2048 bits";
    case KeyWeakness::kRsaExponent:
      return "the RSA exponent is not 65537";
    case KeyWeakness::kRsaRocaFingerprint:
      return "the RSA modulus has the fingerprint of CVE-2017-15361 (ROCA): the private key can be "
             "computed from it; update the TPM's firmware and make a new key";
  }
  return "";
}

Result<PublicKey> PublicKey::from_rsa(ByteSpan modulus, std::uint32_t exponent) {
  return internal::KeyState::rsa(modulus, exponent);
}

Result<PublicKey> PublicKey::from_ec(Curve on, ByteSpan x, ByteSpan y) {
  return internal::KeyState::ec(internal::info(on), x, y);
}

Result<PublicKey> PublicKey::from_spki_der(ByteSpan der) {
  if (der.size() > internal::kMaxSpkiBytes) {
    return malformed("SubjectPublicKeyInfo: " + std::to_string(der.size()) + " bytes, at most " +
                     std::to_string(internal::kMaxSpkiBytes) + " are accepted");
  }
  const auto spki = internal::der_only(der, internal::kDerSequence);
  const auto algorithm = spki ? internal::der_element(*spki, internal::kDerSequence) : std::nullopt;
  const auto object =
      algorithm ? internal::der_element(algorithm->content, internal::kDerObject) : std::nullopt;
  const auto bits =
      algorithm ? internal::der_only(algorithm->rest, internal::kDerBitString) : std::nullopt;
  if (!object || !bits || bits->empty() || bits->front() != 0) {  // whole bytes
    return malformed("SubjectPublicKeyInfo: does not decode as one");
  }
  const ByteSpan key = bits->subspan(1);
  if (same_bytes(object->content, kRsaEncryption) || same_bytes(object->content, kRsaesOaep)) {
    return rsa_from_der(key);
  }
  if (!same_bytes(object->content, kEcPublicKey)) {
    return unsupported("SubjectPublicKeyInfo: the algorithm is neither RSA nor EC");
  }
  // Named curves only: explicit parameters let the sender choose the group (CVE-2020-0601).
  for (const internal::CurveInfo& on : internal::kCurves) {
    const auto known = internal::der_only(on.algorithm, internal::kDerSequence);
    if (same_bytes(algorithm->content, *known)) {
      return ec_from_point(on, key);
    }
  }
  return unsupported("SubjectPublicKeyInfo: the curve is none of P-256, P-384, P-521 by name");
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > 4 * internal::kMaxSpkiBytes) {
    return malformed("PEM public key: too long");
  }
  const auto block = internal::PemReader(pem).next();
  if (!block || !*block) {
    return malformed("PEM public key: no block");
  }
  if (!(*block)->is(PEM_STRING_PUBLIC)) {
    return malformed("PEM public key: the block is not a PUBLIC KEY");
  }
  return from_spki_der((*block)->der);
}

KeyKind PublicKey::kind() const {
  return state_->kind;
}
int PublicKey::bits() const {
  return state_->bits;
}

std::optional<Curve> PublicKey::curve() const {
  return state_->curve == nullptr ? std::nullopt : std::optional(state_->curve->curve);
}

const Bytes& PublicKey::rsa_modulus() const {
  return state_->modulus;
}
std::uint32_t PublicKey::rsa_exponent() const {
  return state_->exponent;
}
// The point ends the SubjectPublicKeyInfo.
ByteSpan PublicKey::ec_x() const {
  const std::size_t width = state_->curve == nullptr ? 0 : state_->curve->coordinate_bytes;
  return ByteSpan(state_->spki).last(2 * width).first(width);
}
ByteSpan PublicKey::ec_y() const {
  const std::size_t width = state_->curve == nullptr ? 0 : state_->curve->coordinate_bytes;
  return ByteSpan(state_->spki).last(width);
}
const Bytes& PublicKey::to_spki_der() const {
  return state_->spki;
}

std::string PublicKey::to_pem() const {
  const internal::BioPtr bio = internal::bio_for_writing();
  SEAWORTHY_CHECK(PEM_write_bio_PUBKEY(bio.get(), state_->pkey.get()) == 1);
  return internal::text_of(bio.get());
}

bool PublicKey::same_key(const PublicKey& other) const {
  return state_ == other.state_ || state_->spki == other.state_->spki;
}

std::optional<KeyWeakness> PublicKey::weakness() const {
  if (state_->kind != KeyKind::kRsa) {
    return std::nullopt;
  }
  if (state_->bits < 2048) {
    return KeyWeakness::kRsaTooShort;
  }
  if (state_->exponent != 65537) {
    return KeyWeakness::kRsaExponent;
  }
  if (has_roca_fingerprint(state_->modulus)) {
    return KeyWeakness::kRsaRocaFingerprint;
  }
  return std::nullopt;
}

}  // namespace seaworthy::crypto
