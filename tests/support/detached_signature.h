// Signatures as scripts/sign-file of Linux makes them. Link OpenSSL::Crypto.
#pragma once

#include <openssl/cms.h>

#include <memory>

#include "crypto/make_certificate.h"

namespace seaworthy::testing {

// What sign-file sets, and what a test sets beside it or instead.
inline constexpr unsigned kLikeSignFile =
    CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | CMS_NOATTR | CMS_DETACHED;

// `signers` times by the same one.
inline Bytes sign_detached(const Bytes& certificate_der, const TestKey& key, ByteSpan content,
                           unsigned flags = kLikeSignFile, const EVP_MD* hash = EVP_sha256(),
                           int signers = 1) {
  const std::uint8_t* at = certificate_der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(certificate_der.size())), X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(
      BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free_all);
  const std::unique_ptr<CMS_ContentInfo, decltype(&CMS_ContentInfo_free)> cms(
      CMS_sign(nullptr, nullptr, nullptr, nullptr, flags | CMS_PARTIAL), CMS_ContentInfo_free);
  SEAWORTHY_CHECK(certificate && bio && cms);
  for (int i = 0; i < signers; ++i) {
    SEAWORTHY_CHECK(CMS_add1_signer(cms.get(), certificate.get(), key.get(), hash, flags) !=
                    nullptr);
  }
  SEAWORTHY_CHECK(CMS_final(cms.get(), bio.get(), nullptr, flags) == 1);
  return der_of(cms.get(), i2d_CMS_ContentInfo);
}

}  // namespace seaworthy::testing
