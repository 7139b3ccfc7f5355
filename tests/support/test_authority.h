// A certificate authority for tests, with keys made on the spot. Link OpenSSL::Crypto.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/check.h"

namespace seaworthy::testing {

struct PemPair {
  std::string certificate;
  std::string key;
};

class TestAuthority {
 public:
  struct Leaf {
    std::string common_name = "test";
    std::string organization{};
    std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName; "" for none
    std::string usage = "serverAuth,clientAuth";
    long not_before_seconds = -3600;  // from now
    long not_after_seconds = 3600;
  };

  explicit TestAuthority(const std::string& name = "Test CA")
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
    certificate_ = build({.common_name = name, .names = ""}, key_.get(), true);
  }

  std::string pem() const { return certificate_pem(certificate_.get()); }

  PemPair issue(const Leaf& leaf) const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const auto certificate = build(leaf, key.get(), false);
    return {certificate_pem(certificate.get()), key_pem(key.get())};
  }

 private:
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

  static std::string drain(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
  }
  static std::string certificate_pem(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    SEAWORTHY_CHECK(PEM_write_bio_X509(bio, certificate) == 1);
    return drain(bio);
  }
  static std::string key_pem(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    SEAWORTHY_CHECK(PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return drain(bio);
  }
  static void add_name(X509_NAME* name, const char* field, const std::string& value) {
    if (!value.empty()) {
      X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
    }
  }

  Certificate build(const Leaf& leaf, EVP_PKEY* key, bool authority) const {
    Certificate out(X509_new(), X509_free);
    X509* const x = out.get();
    X509_set_version(x, X509_VERSION_3);
    static std::atomic<long> serial{1};
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), leaf.not_before_seconds);
    X509_gmtime_adj(X509_getm_notAfter(x), leaf.not_after_seconds);
    X509_set_pubkey(x, key);
    add_name(X509_get_subject_name(x), "O", leaf.organization);
    add_name(X509_get_subject_name(x), "CN", leaf.common_name);
    X509* const issuer = authority ? x : certificate_.get();
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    const auto extend = [&](int nid, const std::string& value) {
      if (value.empty()) {
        return;
      }
      X509V3_CTX context;
      X509V3_set_ctx_nodb(&context);
      X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
      SEAWORTHY_CHECK(extension != nullptr);
      X509_add_ext(x, extension, -1);
      X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(NID_key_usage, authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    extend(NID_ext_key_usage, authority ? "" : leaf.usage);
    extend(NID_subject_alt_name, leaf.names);
    SEAWORTHY_CHECK(X509_sign(x, key_.get(), EVP_sha256()) > 0);
    return out;
  }

  Key key_;
  Certificate certificate_{nullptr, X509_free};
};

}  // namespace seaworthy::testing
