#include "crypto/key_id.h"

#include <openssl/x509v3.h>

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
Bytes computed_id(const PublicKey& key) {
  const auto spki = internal::der_only(key.to_spki_der(), internal::kDerSequence);
  const auto algorithm = internal::der_element(*spki, internal::kDerSequence);
  const auto bits = internal::der_only(algorithm->rest, internal::kDerBitString);
  return to_bytes(hash(HashAlg::kSha1, bits->subspan(1)).bytes());  // after the unused bits
}

Result<IdentifiedKey> from_certificate(std::string_view pem) {
  const Certificate certificate = TRY(Certificate::parse_pem(pem));
  X509* x509 = certificate.state().x509.get();
  IdentifiedKey out{TRY(certificate.public_key())};
  const ASN1_OCTET_STRING* ski = X509_get0_subject_key_id(x509);
  if (ski != nullptr && ASN1_STRING_length(ski) >= 4) {
    out.subject_key_id = internal::content_of(ski);
  }
  const std::uint8_t* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(X509_get_issuer_name(x509), &der, &size) == 1) {
    out.issuer.assign(der, der + size);
  }
  out.serial = internal::content_of(X509_get0_serialNumber(x509));
  return out;
}

Result<IdentifiedKey> bare_key(std::string_view pem) {
  return IdentifiedKey{TRY(PublicKey::from_pem(pem))};
}

}  // namespace

Result<IdentifiedKey> parse_identified_key(std::string_view pem) {
  const internal::ErrorQueueGuard errors;
  const bool certified = pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos;
  IdentifiedKey out = TRY(certified ? from_certificate(pem) : bare_key(pem));
  if (const auto weakness = out.key.weakness()) {
    return Error(ErrorCode::kDenied, "the key can be broken: " + std::string(describe(*weakness)));
  }
  if (out.subject_key_id.empty()) {
    out.subject_key_id = computed_id(out.key);
  }
  out.id = last_four(out.subject_key_id);
  return out;
}

}  // namespace seaworthy::crypto
