#include "crypto/detached_signature.h"

#include <openssl/cms.h>

#include <memory>
#include <optional>

#include "crypto/openssl_handles.h"

namespace seaworthy::crypto {
namespace {

using CmsPtr = std::unique_ptr<CMS_ContentInfo, internal::Freer<CMS_ContentInfo_free>>;

int nid_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

std::optional<HashAlg> hash_of(int nid) {
  switch (nid) {
    case NID_sha256:
      return HashAlg::kSha256;
    case NID_sha384:
      return HashAlg::kSha384;
    case NID_sha512:
      return HashAlg::kSha512;
    default:
      return std::nullopt;
  }
}

// Named with or without the hash; with it, it has to be that of the content.
std::optional<SignatureAlg> signature_of(int nid, int digest_nid) {
  int hash_nid = digest_nid;
  int key_nid = nid;
  if (nid != NID_rsaEncryption && OBJ_find_sigid_algs(nid, &hash_nid, &key_nid) != 1) {
    return std::nullopt;
  }
  if (hash_nid != digest_nid) {
    return std::nullopt;
  }
  switch (key_nid) {
    case NID_rsaEncryption:
      return SignatureAlg::kRsaSsa;
    case NID_X9_62_id_ecPublicKey:
      return SignatureAlg::kEcdsa;
    default:
      return std::nullopt;
  }
}

Result<void> take_signer(CMS_SignerInfo* signer, DetachedSignature& out) {
  ASN1_OCTET_STRING* key_id = nullptr;
  X509_NAME* issuer = nullptr;
  ASN1_INTEGER* serial = nullptr;
  CMS_SignerInfo_get0_signer_id(signer, &key_id, &issuer, &serial);
  if (key_id != nullptr) {
    out.subject_key_id = internal::content_of(key_id);
    return {};
  }
  const std::uint8_t* der = nullptr;
  std::size_t size = 0;
  if (issuer == nullptr || serial == nullptr || X509_NAME_get0_der(issuer, &der, &size) != 1) {
    return malformed("CMS signature: it does not say who signed");
  }
  out.issuer.assign(der, der + size);
  out.serial = internal::content_of(serial);
  return {};
}

}  // namespace

bool DetachedSignature::names(const IdentifiedKey& key) const {
  return issuer.empty() ? !subject_key_id.empty() && subject_key_id == key.subject_key_id
                        : issuer == key.issuer && serial == key.serial;
}

Result<DetachedSignature> parse_detached_signature(ByteSpan der) {
  const internal::ErrorQueueGuard errors;
  if (der.size() > kMaxDetachedSignature) {
    return malformed("CMS signature: " + std::to_string(der.size()) + " bytes; the limit is " +
                     std::to_string(kMaxDetachedSignature));
  }
  const std::uint8_t* at = der.data();
  const CmsPtr cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!cms || at != der.data() + der.size()) {
    return malformed("CMS signature: not one ContentInfo and nothing else");
  }
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) {
    return unsupported("CMS signature: the content is not SignedData");
  }
  ASN1_OCTET_STRING** content = CMS_get0_content(cms.get());
  if (content == nullptr || *content != nullptr) {
    return unsupported("CMS signature: it carries what it is over");
  }
  const STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms.get());
  if (sk_CMS_SignerInfo_num(signers) != 1) {
    return unsupported("CMS signature: not exactly one signer");
  }
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  if (CMS_signed_get_attr_count(signer) >= 0) {
    return unsupported("CMS signature: it is over attributes, not over the content itself");
  }
  X509_ALGOR* digest = nullptr;
  X509_ALGOR* signature = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, &signature);
  const auto hash = hash_of(nid_of(digest));
  const auto alg = signature_of(nid_of(signature), nid_of(digest));
  if (!hash || !alg) {
    return unsupported("CMS signature: an algorithm other than RSA or ECDSA with SHA-2");
  }
  DetachedSignature out{.hash = *hash,
                        .alg = *alg,
                        .bytes = internal::content_of(CMS_SignerInfo_get0_signature(signer)),
                        .issuer = {},
                        .serial = {},
                        .subject_key_id = {}};
  TRY(take_signer(signer, out));
  return out;
}

}  // namespace seaworthy::crypto
