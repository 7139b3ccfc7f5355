#include "manufacture.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <unistd.h>

#include <memory>

#include "codec/reader.h"
#include "files.h"

namespace seaworthy::machine {
namespace {

namespace fs = std::filesystem;

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* p) const {
    kFree(p);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Free<kFree>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Cert = Owned<X509, X509_free>;
using Memory = Owned<BIO, BIO_free>;

Error openssl_error(const char* what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return internal_error(std::string(what) + ": " + text);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// Key material is all that a certificate takes from a public area.
Result<Key> key_of(EkKind kind, ByteSpan ek_public) {
  codec::Reader r("TPMT_PUBLIC", ek_public);
  TRY(r.take(2 + 2 + 4));
  TRY(r.sized16be(64));  // authPolicy
  TRY(r.take(6 + 2));    // symmetric, scheme
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  Owned<BIGNUM, BN_free> modulus;
  Bytes point;
  if (kind == EkKind::kRsa2048) {
    TRY(r.take(2 + 4));  // keyBits, exponent
    const ByteSpan n = TRY(r.sized16be(512));
    modulus.reset(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_ulong(build.get(), OSSL_PKEY_PARAM_RSA_E, 65537);
  } else {
    TRY(r.take(2 + 2));  // curve, kdf
    point.push_back(4);
    for (int i = 0; i < 2; ++i) {
      const ByteSpan coordinate = TRY(r.sized16be(32));
      point.insert(point.end(), 32 - coordinate.size(), 0);
      append(point, coordinate);
    }
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
  }
  Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(build.get()));
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, kind == EkKind::kRsa2048 ? "RSA" : "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return openssl_error("EK public key");
  }
  return Key(key);
}

Result<void> add_extension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (!extension || X509_add_ext(cert, extension.get(), -1) != 1) {
    return openssl_error(value);
  }
  return {};
}

// subjectAltName with the directoryName {manufacturer, model, version} (§3.2.9); critical because
// the subject is empty.
Result<void> add_tpm_name(X509* cert) {
  Owned<X509_NAME, X509_NAME_free> name(X509_NAME_new());
  const auto add = [&name](const char* oid, const char* value) {
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> type(OBJ_txt2obj(oid, 1));
    return X509_NAME_add_entry_by_OBJ(name.get(), type.get(), MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value), -1, -1,
                                      0) == 1;
  };
  if (!add("2.23.133.2.1", "id:00001014") || !add("2.23.133.2.2", "seaworthy-machine") ||
      !add("2.23.133.2.3", "id:00070001")) {
    return openssl_error("TPM name");
  }
  GENERAL_NAME* general = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(general, GEN_DIRNAME, name.release());
  Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  sk_GENERAL_NAME_push(names.get(), general);
  if (X509_add1_ext_i2d(cert, NID_subject_alt_name, names.get(), 1, X509V3_ADD_APPEND) != 1) {
    return openssl_error("subjectAltName");
  }
  return {};
}

Result<Cert> blank(EVP_PKEY* subject) {
  Cert cert(X509_new());
  Owned<BIGNUM, BN_free> serial(BN_new());
  if (X509_set_version(cert.get(), X509_VERSION_3) != 1 ||
      BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(cert.get())) == nullptr ||
      ASN1_TIME_set_string_X509(X509_getm_notBefore(cert.get()), "20200101000000Z") != 1 ||
      ASN1_TIME_set_string_X509(X509_getm_notAfter(cert.get()), "99991231235959Z") != 1 ||
      X509_set_pubkey(cert.get(), subject) != 1) {
    return openssl_error("certificate");
  }
  return cert;
}

Result<std::pair<std::string, std::string>> make_ca() {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) {
    return openssl_error("key of the CA");
  }
  const Cert cert = TRY(blank(key.get()));
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>("Seaworthy software machine test CA"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  TRY(add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY(add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY(add_extension(cert.get(), cert.get(), NID_subject_key_identifier, "hash"));
  if (X509_sign(cert.get(), key.get(), EVP_sha256()) == 0) {
    return openssl_error("signing the CA certificate");
  }
  const Memory cert_pem(BIO_new(BIO_s_mem()));
  const Memory key_pem(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(cert_pem.get(), cert.get()) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    return openssl_error("writing the CA");
  }
  return std::pair(text_of(cert_pem.get()), text_of(key_pem.get()));
}

}  // namespace

Result<TestCa> TestCa::open(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path lock_path = folder / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return unavailable("cannot write to the CA folder " + folder.string());
  }
  flock(lock, LOCK_EX);
  const std::unique_ptr<const int, void (*)(const int*)> unlock(&lock,
                                                                [](const int* fd) { close(*fd); });
  const fs::path certificate = folder / "ca.crt";
  const fs::path key = folder / "ca.key";
  if (!fs::exists(certificate)) {
    const auto made = TRY(make_ca());
    TRY(write_file(key, as_bytes(made.second), 0600));
    TRY(write_file(certificate, as_bytes(made.first), 0644));
  }
  const Bytes certificate_pem = TRY(read_file(certificate));
  const Bytes key_pem = TRY(read_file(key));
  return TestCa(std::string(as_text(certificate_pem)), std::string(as_text(key_pem)));
}

Result<Bytes> TestCa::issue(EkKind kind, ByteSpan ek_public) const {
  const Memory cert_in(BIO_new_mem_buf(certificate_pem_.data(), -1));
  const Memory key_in(BIO_new_mem_buf(key_pem_.data(), -1));
  const Cert ca(PEM_read_bio_X509(cert_in.get(), nullptr, nullptr, nullptr));
  const Key ca_key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
  if (!ca || !ca_key) {
    return openssl_error("reading the CA");
  }
  const Key ek = TRY(key_of(kind, ek_public));
  const Cert cert = TRY(blank(ek.get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(ca.get()));
  TRY(add_extension(cert.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE"));
  TRY(add_extension(
      cert.get(), ca.get(), NID_key_usage,
      kind == EkKind::kRsa2048 ? "critical,keyEncipherment" : "critical,keyAgreement"));
  TRY(add_extension(cert.get(), ca.get(), NID_ext_key_usage, "2.23.133.8.1"));
  TRY(add_extension(cert.get(), ca.get(), NID_authority_key_identifier, "keyid:always"));
  TRY(add_tpm_name(cert.get()));
  if (X509_sign(cert.get(), ca_key.get(), EVP_sha256()) == 0) {
    return openssl_error("signing an EK certificate");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(cert.get(), &der);
  if (size <= 0) {
    return openssl_error("encoding an EK certificate");
  }
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<Bytes> spki_of(EkKind kind, ByteSpan ek_public) {
  const Key key = TRY(key_of(kind, ek_public));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) {
    return openssl_error("encoding an EK");
  }
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace seaworthy::machine
