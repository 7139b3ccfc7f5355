// Internal to src/crypto: owning handles for OpenSSL objects. No other layer includes this.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"

namespace seaworthy::crypto::internal {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

using PkeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using BnPtr = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using ParamBldPtr = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using ParamPtr = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

// Takes away what a failing call leaves in this thread's error queue: SSL_get_error() of a later
// TLS operation would mistake it for its own.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

inline BioPtr bio_over(std::string_view text) {
  // An empty view may have no address, which OpenSSL refuses.
  BioPtr bio(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
  SEAWORTHY_CHECK(bio != nullptr);
  return bio;
}

inline BioPtr bio_for_writing() {
  BioPtr bio(BIO_new(BIO_s_mem()));
  SEAWORTHY_CHECK(bio != nullptr);
  return bio;
}

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

inline Bytes content_of(const ASN1_STRING* string) {
  const std::uint8_t* data = ASN1_STRING_get0_data(string);
  return {data, data + ASN1_STRING_length(string)};
}

inline Bytes big_endian(const BIGNUM* n, std::size_t width) {
  Bytes out(width);
  SEAWORTHY_CHECK(BN_bn2binpad(n, out.data(), static_cast<int>(width)) == static_cast<int>(width));
  return out;
}

inline Bytes big_endian(const BIGNUM* n) {
  return big_endian(n, static_cast<std::size_t>(BN_num_bytes(n)));
}

inline BnPtr bignum(ByteSpan bytes) {
  BnPtr n(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  SEAWORTHY_CHECK(n != nullptr);
  return n;
}

inline ByteSpan without_leading_zeros(ByteSpan bytes) {
  while (!bytes.empty() && bytes.front() == 0) {
    bytes = bytes.subspan(1);
  }
  return bytes;
}

}  // namespace seaworthy::crypto::internal
