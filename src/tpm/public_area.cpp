#include "tpm/public_area.h"

#include <algorithm>
#include <array>

#include "codec/reader.h"
#include "codec/writer.h"

namespace seaworthy::tpm {
namespace {

constexpr std::array<std::uint16_t, 4> kRsaKeyBits = {1024, 2048, 3072, 4096};

Result<crypto::HashAlg> parse_hash(codec::Reader& reader) {
  const auto alg = crypto::hash_alg(TRY(reader.u16be()));
  if (!alg) {
    return reader.unsupported("an unknown hash algorithm");
  }
  return *alg;
}

Result<std::optional<SymmetricDef>> parse_symmetric(codec::Reader& reader) {
  const std::uint16_t alg = TRY(reader.u16be());
  if (alg == kAlgNull) {
    return std::optional<SymmetricDef>();
  }
  if (alg != kAlgAes) {
    return reader.unsupported("a symmetric algorithm other than AES");
  }
  const std::uint16_t bits = TRY(reader.u16be());
  const std::uint16_t mode = TRY(reader.u16be());
  if ((bits != 128 && bits != 256) || mode != kAlgCfb) {
    return reader.unsupported("AES other than AES-128-CFB or AES-256-CFB");
  }
  return std::optional(SymmetricDef{bits});
}

Result<std::optional<Scheme>> parse_scheme(codec::Reader& reader, std::uint16_t type) {
  const std::uint16_t alg = TRY(reader.u16be());
  if (alg == kAlgNull) {
    return std::optional<Scheme>();
  }
  if (type == kAlgRsa && alg == kAlgRsaes) {
    return std::optional(Scheme{alg, std::nullopt});
  }
  const bool known = type == kAlgRsa ? alg == kAlgRsassa || alg == kAlgRsapss || alg == kAlgOaep
                                     : alg == kAlgEcdsa || alg == kAlgEcdh;
  if (!known) {
    return reader.unsupported("an unknown scheme, or one of another type of key");
  }
  return std::optional(Scheme{alg, TRY(parse_hash(reader))});
}

Result<RsaKey> parse_rsa_key(codec::Reader& reader) {
  RsaKey key{};
  key.key_bits = TRY(reader.u16be());
  if (std::find(kRsaKeyBits.begin(), kRsaKeyBits.end(), key.key_bits) == kRsaKeyBits.end()) {
    return reader.unsupported("an RSA key of " + std::to_string(key.key_bits) + " bits");
  }
  key.exponent = TRY(reader.u32be());
  const std::size_t size = TRY(reader.u16be());  // TPM2B_PUBLIC_KEY_RSA (§11.2.4.5)
  if (size != key.key_bits / 8u) {
    return reader.malformed("a modulus of " + std::to_string(size) + " bytes in a key of " +
                            std::to_string(key.key_bits) + " bits");
  }
  key.modulus = to_bytes(TRY(reader.take(size)));
  return key;
}

Result<Bytes> parse_coordinate(codec::Reader& reader, EccCurve curve) {
  const ByteSpan bytes = TRY(reader.sized16be(coordinate_size(curve)));
  if (bytes.empty()) {
    return reader.malformed("an empty coordinate");
  }
  return to_bytes(bytes);
}

Result<EccKey> parse_ecc_key(codec::Reader& reader) {
  const std::uint16_t curve = TRY(reader.u16be());
  if (field_bits(static_cast<EccCurve>(curve)) == 0) {
    return reader.unsupported("an elliptic curve other than NIST P-256, P-384 and P-521");
  }
  if (TRY(reader.u16be()) != kAlgNull) {  // TPMT_KDF_SCHEME (§11.2.3.3): not implemented by any TPM
    return reader.unsupported("a key derivation scheme");
  }
  EccKey key{static_cast<EccCurve>(curve), {}, {}};
  key.x = TRY(parse_coordinate(reader, key.curve));
  key.y = TRY(parse_coordinate(reader, key.curve));
  return key;
}

}  // namespace

Result<PublicArea> parse_public_area(ByteSpan in) {
  codec::Reader reader("TPMT_PUBLIC", in);
  const std::uint16_t type = TRY(reader.u16be());
  if (type != kAlgRsa && type != kAlgEcc) {
    return reader.unsupported("neither an RSA nor an ECC key");
  }
  PublicArea area{.name_alg = TRY(parse_hash(reader)),
                  .attributes = 0,
                  .auth_policy = {},
                  .symmetric = {},
                  .scheme = {},
                  .key = {}};
  area.attributes = TRY(reader.u32be());
  area.auth_policy = to_bytes(TRY(reader.sized16be(64)));
  area.symmetric = TRY(parse_symmetric(reader));
  area.scheme = TRY(parse_scheme(reader, type));
  if (type == kAlgRsa) {
    area.key = TRY(parse_rsa_key(reader));
  } else {
    area.key = TRY(parse_ecc_key(reader));
  }
  TRY(reader.expect_end());
  return area;
}

Bytes write_public_area(const PublicArea& area) {
  codec::Writer writer;
  const RsaKey* rsa = std::get_if<RsaKey>(&area.key);
  writer.u16be(rsa != nullptr ? kAlgRsa : kAlgEcc)
      .u16be(static_cast<std::uint16_t>(area.name_alg))
      .u32be(area.attributes)
      .sized16be(area.auth_policy);
  if (area.symmetric) {
    writer.u16be(kAlgAes).u16be(area.symmetric->key_bits).u16be(kAlgCfb);
  } else {
    writer.u16be(kAlgNull);
  }
  writer.u16be(area.scheme ? area.scheme->alg : kAlgNull);
  if (area.scheme && area.scheme->hash) {
    writer.u16be(static_cast<std::uint16_t>(*area.scheme->hash));
  }
  if (rsa != nullptr) {
    writer.u16be(rsa->key_bits).u32be(rsa->exponent).sized16be(rsa->modulus);
  } else {
    const EccKey& ecc = std::get<EccKey>(area.key);
    writer.u16be(static_cast<std::uint16_t>(ecc.curve)).u16be(kAlgNull);
    writer.sized16be(ecc.x).sized16be(ecc.y);
  }
  return std::move(writer).bytes();
}

}  // namespace seaworthy::tpm
