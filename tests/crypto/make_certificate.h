// Makes certificates for tests, good and bad, with OpenSSL directly.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace seaworthy::testing {

using TestKey = std::shared_ptr<EVP_PKEY>;

inline TestKey new_rsa_key(unsigned bits) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)),
          EVP_PKEY_free};
}
inline TestKey new_ec_key(const char* curve = "P-256") {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free};
}
// Made once per program: RSA keys take their time.
inline const TestKey& rsa_2048() {
  static const TestKey key = new_rsa_key(2048);
  return key;
}

inline crypto::PublicKey public_half(const TestKey& key) {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  SEAWORTHY_CHECK(size > 0);
  auto made = crypto::PublicKey::from_spki_der({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  SEAWORTHY_CHECK(made.has_value());
  return *made;
}

// One X.509v3 extension in the text form of OpenSSL's configuration files.
struct TestExtension {
  int nid;
  std::string value;
};

struct CertificateRecipe {
  std::string subject;  // common name; empty for an empty name
  TestKey key;
  std::string issuer;  // common name
  TestKey issuer_key;
  std::vector<TestExtension> extensions;
  Time not_before = Time::from_unix(seconds(1'700'000'000));
  Time not_after = Time::from_unix(seconds(1'900'000'000));
  const EVP_MD* hash = EVP_sha256();
  long version = X509_VERSION_3;
  std::function<void(X509*)> edit = nullptr;  // before signing
};

inline std::unique_ptr<X509, decltype(&X509_free)> make_x509(const CertificateRecipe& r) {
  std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), r.version);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 0x1234);
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), r.not_before.unix_seconds().count());
  ASN1_TIME_set(X509_getm_notAfter(x509.get()), r.not_after.unix_seconds().count());
  const auto name = [](X509_NAME* to, const std::string& cn) {
    if (!cn.empty()) {
      X509_NAME_add_entry_by_NID(to, NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(cn.data()),
                                 static_cast<int>(cn.size()), -1, 0);
    }
  };
  name(X509_get_subject_name(x509.get()), r.subject);
  name(X509_get_issuer_name(x509.get()), r.issuer);
  X509_set_pubkey(x509.get(), r.key.get());
  for (const TestExtension& e : r.extensions) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509.get(), x509.get(), nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_nconf_nid(nullptr, &context, e.nid, e.value.c_str());
    SEAWORTHY_CHECK(made != nullptr);
    X509_add_ext(x509.get(), made, -1);
    X509_EXTENSION_free(made);
  }
  if (r.edit) {
    r.edit(x509.get());
  }
  SEAWORTHY_CHECK(X509_sign(x509.get(), r.issuer_key.get(), r.hash) > 0);
  return x509;
}

// By the function of OpenSSL that writes a T.
template <class T>
Bytes der_of(T* object, int (*write)(const T*, std::uint8_t**)) {
  std::uint8_t* der = nullptr;
  const int size = write(object, &der);
  SEAWORTHY_CHECK(size > 0);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

inline Bytes make_der(const CertificateRecipe& r) {
  return der_of(make_x509(r).get(), i2d_X509);
}

inline crypto::Certificate make_certificate(const CertificateRecipe& r) {
  auto parsed = crypto::Certificate::parse(make_der(r));
  SEAWORTHY_CHECK(parsed.has_value());
  return *parsed;
}

// A revocation list: PEM.
struct RevocationRecipe {
  std::string issuer;
  TestKey issuer_key;
  std::vector<long> serials = {};
  Time this_update = Time::from_unix(seconds(1'790'000'000));
  Time next_update = Time::from_unix(seconds(1'810'000'000));
  const EVP_MD* hash = EVP_sha256();
  std::function<void(X509_CRL*)> edit = nullptr;  // before signing
};

inline std::string make_revocation_list(const RevocationRecipe& r) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_NAME* issuer = X509_NAME_new();
  X509_NAME_add_entry_by_NID(issuer, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(r.issuer.data()),
                             static_cast<int>(r.issuer.size()), -1, 0);
  X509_CRL_set_issuer_name(crl.get(), issuer);
  X509_NAME_free(issuer);
  ASN1_TIME* at = ASN1_TIME_set(nullptr, r.this_update.unix_seconds().count());
  X509_CRL_set1_lastUpdate(crl.get(), at);
  for (const long serial : r.serials) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    ASN1_INTEGER_free(number);
    X509_REVOKED_set_revocationDate(entry, at);
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  ASN1_TIME_set(at, r.next_update.unix_seconds().count());
  X509_CRL_set1_nextUpdate(crl.get(), at);
  ASN1_TIME_free(at);
  if (r.edit) {
    r.edit(crl.get());
  }
  X509_CRL_sort(crl.get());
  SEAWORTHY_CHECK(X509_CRL_sign(crl.get(), r.issuer_key.get(), r.hash) > 0);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  SEAWORTHY_CHECK(PEM_write_bio_X509_CRL(bio.get(), crl.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// The subjectAltName of an EK certificate: directoryName with manufacturer, model and version.
inline void add_tpm_names(X509* x509, bool critical = false) {
  X509_NAME* name = X509_NAME_new();
  const auto add = [name](const char* oid, const char* value) {
    ASN1_OBJECT* object = OBJ_txt2obj(oid, 1);
    X509_NAME_add_entry_by_OBJ(name, object, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
    ASN1_OBJECT_free(object);
  };
  add("2.23.133.2.1", "id:49465800");
  add("2.23.133.2.2", "SLB9670");
  add("2.23.133.2.3", "id:00070055");
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  GENERAL_NAME* general = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(general, GEN_DIRNAME, name);
  sk_GENERAL_NAME_push(names, general);
  X509_add1_ext_i2d(x509, NID_subject_alt_name, names, critical ? 1 : 0, X509V3_ADD_DEFAULT);
  GENERAL_NAMES_free(names);
}

inline std::vector<TestExtension> ca_extensions(
    const std::string& constraints = "critical,CA:TRUE") {
  return {{NID_basic_constraints, constraints}, {NID_key_usage, "critical,keyCertSign,cRLSign"}};
}

inline std::vector<TestExtension> ek_extensions(const std::string& usage = "keyEncipherment") {
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical," + usage},
          {NID_ext_key_usage, "2.23.133.8.1"}};
}

// tcg-kp-AIKCertificate: of a key that signs.
inline std::vector<TestExtension> ak_extensions() {
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical,digitalSignature"},
          {NID_ext_key_usage, "2.23.133.8.3"}};
}

inline TestKey key_from_pem(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return TestKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
}

// A root, an intermediate and an EK certificate below it, with everything as it should be.
struct TestTpmMaker {
  TestKey root_key = new_ec_key();
  TestKey intermediate_key = new_ec_key();
  TestKey ek_key = rsa_2048();

  CertificateRecipe root_recipe() const {
    return {"Test Root", root_key, "Test Root", root_key, ca_extensions()};
  }
  CertificateRecipe intermediate_recipe() const {
    return {"Test Intermediate", intermediate_key, "Test Root", root_key,
            ca_extensions("critical,CA:TRUE,pathlen:0")};
  }
  CertificateRecipe ek_recipe() const {
    CertificateRecipe r{"", ek_key, "Test Intermediate", intermediate_key, ek_extensions()};
    r.edit = [](X509* x509) { add_tpm_names(x509, true); };
    return r;
  }
};

}  // namespace seaworthy::testing
