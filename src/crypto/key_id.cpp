#include "crypto/key_id.h"

#include <openssl/x509v3.h>

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/certificate_state.h"
#include "crypto/der.h"
#include "crypto/digest.h"
#include "crypto/openssl_handles.h"

namespace seaworthy::crypto {
namespace {

std::uint32_t last_four(ByteSpan identifier) {
  std::uint32_t id = 0;
  for (const std::uint8_t byte : identifier.last(4)) {
    id = id << 8 | byte;
  }
  return id;
}

// SHA-1 of the content of the BIT STRING in the SubjectPublicKeyInfo.
std::uint32_t computed_id(const PublicKey& key) {
  const auto spki = internal::der_only(key.to_spki_der(), internal::kDerSequence);
  const auto algorithm = internal::der_element(*spki, internal::kDerSequence);
  const auto bits = internal::der_only(algorithm->rest, internal::kDerBitString);
  return last_four(hash(HashAlg::kSha1, bits->subspan(1)).bytes());  // after the unused bits
}

}  // namespace

Result<IdentifiedKey> parse_identified_key(std::string_view pem) {
  const internal::ErrorQueueGuard errors;
  std::optional<PublicKey> key;
  std::optional<std::uint32_t> id;
  if (pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    const Certificate certificate = TRY(Certificate::parse_pem(pem));
    key = TRY(certificate.public_key());
    const ASN1_OCTET_STRING* ski = X509_get0_subject_key_id(certificate.state().x509.get());
    if (ski != nullptr && ASN1_STRING_length(ski) >= 4) {
      id = last_four(
          {ASN1_STRING_get0_data(ski), static_cast<std::size_t>(ASN1_STRING_length(ski))});
    }
  } else {
    key = TRY(PublicKey::from_pem(pem));
  }
  if (const auto weakness = key->weakness()) {
    return Error(ErrorCode::kDenied, "the key can be broken: " + std::string(describe(*weakness)));
  }
  const std::uint32_t named = id ? *id : computed_id(*key);
  return IdentifiedKey{*key, named};
}

}  // namespace seaworthy::crypto
