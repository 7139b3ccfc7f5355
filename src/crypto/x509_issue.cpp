#include "crypto/x509_issue.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "crypto/certificate_state.h"
#include "crypto/key_state.h"

namespace seaworthy::crypto {
namespace {

constexpr std::size_t kMaxNames = 32;
constexpr std::size_t kMaxAddresses = 8;

// What goes into an extension's text form unescaped: nothing that could end one name and begin
// another.
bool is_dns_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

bool is_ip_text(std::string_view text) {
  return !text.empty() && text.size() <= 45 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
  });
}

void set_time(ASN1_TIME* to, Time time) {
  SEAWORTHY_CHECK(ASN1_TIME_set(to, static_cast<std::time_t>(time.unix_seconds().count())) !=
                  nullptr);
}

Result<void> set_serial(X509* x509, ByteSpan serial) {
  if (serial.empty() || serial.size() > 20) {
    return malformed("certificate request: a serial number has 1 to 20 bytes, not " +
                     std::to_string(serial.size()));
  }
  Bytes positive = to_bytes(serial);
  positive[0] = static_cast<std::uint8_t>(positive[0] & 0x7F);
  const internal::BnPtr number = internal::bignum(positive);
  if (BN_is_zero(number.get())) {
    return malformed("certificate request: the serial number is zero");
  }
  SEAWORTHY_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr);
  return {};
}

// Everything but issuer, extensions and signature.
Result<internal::X509Ptr> unsigned_certificate(const std::string& common_name, ByteSpan serial,
                                               Time not_before, Time not_after,
                                               const PublicKey& key) {
  if (common_name.size() > 64) {  // ub-common-name, RFC 5280 appendix A.1
    return malformed("certificate request: the common name is longer than 64 bytes");
  }
  if (not_after <= not_before) {
    return malformed("certificate request: it would end before it begins");
  }
  internal::X509Ptr x509(X509_new());
  SEAWORTHY_CHECK(x509 && X509_set_version(x509.get(), X509_VERSION_3) == 1);
  TRY(set_serial(x509.get(), serial));
  set_time(X509_getm_notBefore(x509.get()), not_before);
  set_time(X509_getm_notAfter(x509.get()), not_after);
  if (!common_name.empty() &&
      X509_NAME_add_entry_by_NID(X509_get_subject_name(x509.get()), NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return malformed("certificate request: the common name is not UTF-8 text");
  }
  SEAWORTHY_CHECK(X509_set_pubkey(x509.get(), key.state().pkey.get()) == 1);
  return x509;
}

Result<void> add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, internal::Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension) {
    return malformed("certificate request: cannot encode " + std::string(OBJ_nid2sn(nid)) + " \"" +
                     value + "\"");
  }
  SEAWORTHY_CHECK(X509_add_ext(x509, extension.get(), -1) == 1);
  return {};
}

Result<std::string> alt_names(const LeafRequest& request) {
  if (request.dns_names.empty() || request.dns_names.size() > kMaxNames ||
      request.ip_addresses.size() > kMaxAddresses) {
    return malformed("certificate request: expected 1 to 32 DNS names and up to 8 addresses");
  }
  std::string out;
  for (const std::string& name : request.dns_names) {
    if (!is_dns_name(name)) {
      return malformed("certificate request: \"" + name + "\" is not a DNS name in lower case");
    }
    out += (out.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const std::string& address : request.ip_addresses) {
    if (!is_ip_text(address)) {
      return malformed("certificate request: \"" + address + "\" is not an IP address");
    }
    out += ",IP:" + address;
  }
  return out;
}

Certificate signed_by(const EcPrivateKey& key, internal::X509Ptr x509) {
  SEAWORTHY_CHECK(X509_sign(x509.get(), key.state().pair.get(), EVP_sha256()) > 0);
  return internal::CertificateState::adopt(std::move(x509));
}

}  // namespace

Result<Certificate> issue_ca(const EcPrivateKey& key, const CaRequest& request) {
  if (request.common_name.empty()) {
    return malformed("certificate request: a CA needs a common name");
  }
  const internal::ErrorQueueGuard errors;
  internal::X509Ptr x509 =
      TRY(unsigned_certificate(request.common_name, request.serial, request.not_before,
                               request.not_after, key.public_key()));
  SEAWORTHY_CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(x509.get())) == 1);
  X509* const self = x509.get();
  TRY(add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY(add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY(add_extension(self, self, NID_subject_key_identifier, "hash"));
  return signed_by(key, std::move(x509));
}

Result<Certificate> issue_leaf(const Certificate& ca, const EcPrivateKey& ca_key,
                               const PublicKey& subject_key, const LeafRequest& request) {
  const Result<PublicKey> of_ca = ca.public_key();
  if (!of_ca || !of_ca->same_key(ca_key.public_key()) || !ca.is_ca()) {
    return malformed("certificate request: the issuing certificate is not a CA of the given key");
  }
  const std::string names = TRY(alt_names(request));
  const internal::ErrorQueueGuard errors;
  internal::X509Ptr x509 = TRY(unsigned_certificate(
      request.common_name, request.serial, request.not_before, request.not_after, subject_key));
  X509* const issuer = ca.state().x509.get();
  SEAWORTHY_CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer)) == 1);
  X509* const leaf = x509.get();
  TRY(add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  TRY(add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature"));
  TRY(add_extension(leaf, issuer, NID_ext_key_usage,
                    request.client_auth ? "serverAuth,clientAuth" : "serverAuth"));
  TRY(add_extension(leaf, issuer, NID_subject_key_identifier, "hash"));
  TRY(add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always"));
  // Critical if there is no other name (RFC 5280 §4.2.1.6).
  TRY(add_extension(leaf, issuer, NID_subject_alt_name,
                    request.common_name.empty() ? "critical," + names : names));
  return signed_by(ca_key, std::move(x509));
}

}  // namespace seaworthy::crypto
