#include "verify/tpm_keys.h"

namespace seaworthy::verify {

Result<crypto::PublicKey> key_of(const tpm::PublicArea& area) {
  if (const auto* rsa = std::get_if<tpm::RsaKey>(&area.key)) {
    return crypto::PublicKey::from_rsa(rsa->modulus, rsa->exponent == 0 ? 65537 : rsa->exponent);
  }
  const auto& ecc = std::get<tpm::EccKey>(area.key);
  return crypto::PublicKey::from_ec(static_cast<crypto::Curve>(ecc.curve), ecc.x, ecc.y);
}

SignatureView view_of(const tpm::Signature& in) {
  if (const auto* rsassa = std::get_if<tpm::RsassaSignature>(&in)) {
    return {{crypto::SignatureAlg::kRsaSsa, rsassa->hash}, crypto::RsaSignature{rsassa->signature}};
  }
  if (const auto* rsapss = std::get_if<tpm::RsapssSignature>(&in)) {
    return {{crypto::SignatureAlg::kRsaPss, rsapss->hash}, crypto::RsaSignature{rsapss->signature}};
  }
  const auto& ecdsa = std::get<tpm::EcdsaSignature>(in);
  return {{crypto::SignatureAlg::kEcdsa, ecdsa.hash}, crypto::EcdsaSignature{ecdsa.r, ecdsa.s}};
}

}  // namespace seaworthy::verify
