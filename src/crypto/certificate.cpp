#include "crypto/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <optional>
#include <utility>

#include "crypto/certificate_state.h"
#include "crypto/der.h"
#include "crypto/pem.h"

namespace seaworthy::crypto {
namespace internal {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

std::optional<Time> time_of(const ASN1_TIME* at) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(at, &broken_down) != 1) {
    return std::nullopt;
  }
  return Time::from_unix(seconds(timegm(&broken_down)));
}

Result<PublicKey> key_of(const X509* x509) {
  std::uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
  if (size <= 0) {
    return malformed("certificate: its SubjectPublicKeyInfo does not encode");
  }
  const Bytes spki(der, der + size);
  OPENSSL_free(der);
  return PublicKey::from_spki_der(spki);
}

Result<std::shared_ptr<const CertificateState>> make_state(X509Ptr x509, Bytes der,
                                                           Bytes signed_part) {
  auto state = std::make_shared<CertificateState>();
  const auto not_before = time_of(X509_get0_notBefore(x509.get()));
  const auto not_after = time_of(X509_get0_notAfter(x509.get()));
  if (!not_before || !not_after) {
    return malformed("certificate: its validity is not two times");
  }
  // Fills OpenSSL's cache of extensions now, so that later uses only read.
  X509_check_purpose(x509.get(), -1, 0);
  state->not_before = *not_before;
  state->not_after = *not_after;
  state->key = key_of(x509.get());
  state->fingerprint = sha256(der);
  state->der = std::move(der);
  state->signed_part = std::move(signed_part);
  state->x509 = std::move(x509);
  return std::shared_ptr<const CertificateState>(std::move(state));
}

ByteSpan name_der(const X509_NAME* name) {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  SEAWORTHY_CHECK(X509_NAME_get0_der(name, &bytes, &size) == 1);
  return {bytes, size};
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio = bio_for_writing();
  if (X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  return text_of(bio.get());
}

GeneralNamesPtr alt_names(const X509* x509) {
  return GeneralNamesPtr(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
}

constexpr std::size_t kMaxClaimBytes = 128;  // "id:00070055", "SLB9670", …

std::string claim_text(const ASN1_STRING* value) {
  std::uint8_t* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) {
    return {};
  }
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text.substr(0, kMaxClaimBytes);
}

// The attributes of one directoryName of a subjectAltName.
void read_claims(const X509_NAME* name, TpmClaims& claims) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    ByteArray<64> oid{};
    OBJ_obj2txt(reinterpret_cast<char*>(oid.data()), static_cast<int>(oid.size()),
                X509_NAME_ENTRY_get_object(entry), 1);
    const std::string_view dotted(reinterpret_cast<const char*>(oid.data()));
    std::string* const claim = dotted == "2.23.133.2.1"   ? &claims.manufacturer
                               : dotted == "2.23.133.2.2" ? &claims.model
                               : dotted == "2.23.133.2.3" ? &claims.version
                                                          : nullptr;
    if (claim != nullptr && claim->empty()) {
      *claim = claim_text(X509_NAME_ENTRY_get_data(entry));
    }
  }
}

// The bytes that the outer SEQUENCE takes, header included (X.690 §8.1.3: definite form only).
Result<std::size_t> outer_size(ByteSpan der) {
  if (der.size() < 4 || der[0] != 0x30) {
    return malformed("certificate: does not begin with a SEQUENCE of at least two bytes");
  }
  const auto header = der_header(der);
  if (!header) {
    return malformed("certificate: the length of the outer SEQUENCE is not one");
  }
  const std::size_t length = header->length;
  if (length > kMaxCertificateBytes) {
    return malformed("certificate: the outer SEQUENCE claims " + std::to_string(length) +
                     " bytes, at most " + std::to_string(kMaxCertificateBytes) + " are accepted");
  }
  if (length > der.size() - header->size) {
    return malformed("certificate: truncated: the outer SEQUENCE claims " + std::to_string(length) +
                     " bytes and " + std::to_string(der.size() - header->size) +
                     " are there; read the whole NV index");
  }
  return header->size + length;
}

// ST: serial numbers with more leading zeros than DER allows, for which OpenSSL refuses the whole
// certificate. The same certificate with the zeros away, for reading only; and the bytes that were
// signed. Null if that is not what is wrong with it.
struct Mended {
  Bytes der;
  Bytes signed_part;
};
constexpr std::uint8_t kVersionTag = 0xA0;
std::optional<Mended> with_minimal_serial(ByteSpan der) {
  const auto certificate = der_element(der, kDerSequence);
  const auto tbs = certificate ? der_element(certificate->content, kDerSequence) : std::nullopt;
  const auto version = tbs ? der_element(tbs->content, kVersionTag) : std::nullopt;
  const auto serial = version ? der_element(version->rest, kDerInteger) : std::nullopt;
  if (!serial || serial->content.size() < 2 || serial->content[0] != 0 ||
      serial->content[1] >= 0x80) {
    return std::nullopt;
  }
  ByteSpan minimal = serial->content;
  while (minimal.size() > 1 && minimal[0] == 0 && minimal[1] < 0x80) {
    minimal = minimal.subspan(1);
  }
  const ByteSpan before = tbs->content.first(tbs->content.size() - version->rest.size());
  Bytes body = to_bytes(before);
  append(body, der_of(kDerInteger, {minimal}));
  append(body, serial->rest);
  if (body.size() > 0xFF00) {
    return std::nullopt;
  }
  Bytes content = der_of(kDerSequence, {body});
  append(content, tbs->rest);
  const std::size_t signed_bytes = certificate->content.size() - tbs->rest.size();
  return Mended{der_of(kDerSequence, {content}),
                to_bytes(certificate->content.first(signed_bytes))};
}

X509Ptr decoded(ByteSpan der) {
  const std::uint8_t* at = der.data();
  X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return x509 && at == der.data() + der.size() ? std::move(x509) : nullptr;
}

}  // namespace

ByteSpan issuer_der(const X509* x509) {
  return name_der(X509_get_issuer_name(x509));
}
ByteSpan subject_der(const X509* x509) {
  return name_der(X509_get_subject_name(x509));
}

Certificate CertificateState::adopt(X509Ptr x509) {
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  SEAWORTHY_CHECK(size > 0);
  const Bytes bytes(der, der + size);
  OPENSSL_free(der);
  Result<Certificate> parsed = Certificate::parse(bytes);
  SEAWORTHY_CHECK(parsed.has_value());
  return *std::move(parsed);
}

}  // namespace internal

Result<Certificate> Certificate::parse(ByteSpan der) {
  if (der.size() > kMaxCertificateBytes) {
    return malformed("certificate: " + std::to_string(der.size()) + " bytes, at most " +
                     std::to_string(kMaxCertificateBytes) + " are accepted");
  }
  const std::size_t size = TRY(internal::outer_size(der));
  if (size != der.size()) {
    return malformed("certificate: " + std::to_string(der.size() - size) +
                     " bytes after its end at byte " + std::to_string(size));
  }
  const internal::ErrorQueueGuard errors;
  internal::X509Ptr x509 = internal::decoded(der);
  Bytes signed_part;
  if (!x509) {
    if (auto mended = internal::with_minimal_serial(der)) {
      x509 = internal::decoded(mended->der);
      signed_part = std::move(mended->signed_part);
    }
  }
  if (!x509) {
    return malformed("certificate: does not decode as X.509");
  }
  return Certificate(
      TRY(internal::make_state(std::move(x509), to_bytes(der), std::move(signed_part))));
}

Result<Certificate> Certificate::parse_tpm_nv(ByteSpan area) {
  if (area.size() > kMaxCertificateBytes) {
    return malformed("EK certificate: " + std::to_string(area.size()) + " bytes, at most " +
                     std::to_string(kMaxCertificateBytes) + " are accepted");
  }
  // Old ST parts: tag 0x1001, reserved byte, 16-bit length, tag 0x1002; then the certificate.
  constexpr std::size_t kStHeaderBytes = 7;
  if (area.size() > kStHeaderBytes && area[0] == 0x10 && area[1] == 0x01 && area[2] == 0x00 &&
      area[5] == 0x10 && area[6] == 0x02) {
    area = area.subspan(kStHeaderBytes);
  }
  return parse(area.first(TRY(internal::outer_size(area))));  // the rest is padding, never read
}

Result<Certificate> Certificate::parse_pem(std::string_view pem) {
  const std::vector<Certificate> all = TRY(parse_pem_bundle(pem));
  if (all.size() != 1) {
    return malformed("PEM: expected one certificate, got " + std::to_string(all.size()));
  }
  return all.front();
}

const Bytes& Certificate::der() const {
  return state_->der;
}
const Digest& Certificate::fingerprint() const {
  return state_->fingerprint;
}
Result<PublicKey> Certificate::public_key() const {
  return *state_->key;
}
std::string Certificate::subject() const {
  return internal::name_text(X509_get_subject_name(state_->x509.get()));
}
std::string Certificate::issuer() const {
  return internal::name_text(X509_get_issuer_name(state_->x509.get()));
}
Time Certificate::not_before() const {
  return state_->not_before;
}
Time Certificate::not_after() const {
  return state_->not_after;
}

std::string Certificate::serial_hex() const {
  const internal::BioPtr bio = internal::bio_for_writing();
  i2a_ASN1_INTEGER(bio.get(), X509_get0_serialNumber(state_->x509.get()));
  return internal::text_of(bio.get());
}

bool Certificate::is_ca() const {
  return (X509_get_extension_flags(state_->x509.get()) & EXFLAG_CA) != 0;
}

TpmClaims Certificate::tpm_claims() const {
  const internal::ErrorQueueGuard errors;
  TpmClaims claims;
  const internal::GeneralNamesPtr names = internal::alt_names(state_->x509.get());
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DIRNAME) {
      internal::read_claims(name->d.directoryName, claims);
    }
  }
  return claims;
}

std::vector<std::string> Certificate::dns_names() const {
  const internal::ErrorQueueGuard errors;
  std::vector<std::string> out;
  const internal::GeneralNamesPtr names = internal::alt_names(state_->x509.get());
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_STRING* text = name->d.dNSName;
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
    }
  }
  return out;
}

std::string Certificate::to_pem() const {
  const internal::BioPtr bio = internal::bio_for_writing();
  SEAWORTHY_CHECK(PEM_write_bio(bio.get(), PEM_STRING_X509, "", state_->der.data(),
                                static_cast<long>(state_->der.size())) > 0);
  return internal::text_of(bio.get());
}

Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem) {
  if (pem.size() > kMaxBundleBytes) {
    return malformed("PEM bundle: " + std::to_string(pem.size()) + " bytes, at most " +
                     std::to_string(kMaxBundleBytes) + " are accepted");
  }
  internal::PemReader reader(pem);
  std::vector<Certificate> out;
  while (const auto block = TRY(reader.next())) {
    if (!(block->is(PEM_STRING_X509) || block->is(PEM_STRING_X509_OLD))) {
      return malformed(reader.where() + ": is not a CERTIFICATE");
    }
    if (out.size() == kMaxBundleCertificates) {
      return malformed(reader.where() + ": at most " + std::to_string(kMaxBundleCertificates) +
                       " certificates are accepted");
    }
    Result<Certificate> certificate = Certificate::parse(block->der);
    if (!certificate) {
      return std::move(certificate).error().in(reader.where());
    }
    out.push_back(*std::move(certificate));
  }
  if (out.empty()) {
    return malformed("PEM bundle: contains no certificate");
  }
  return out;
}

}  // namespace seaworthy::crypto
