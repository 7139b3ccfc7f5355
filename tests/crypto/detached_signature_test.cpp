#include "crypto/detached_signature.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/detached_signature.h"

namespace seaworthy::crypto {
namespace {

using testing::kLikeSignFile;
using testing::sign_detached;
using testing::TestKey;

const Bytes kContent = to_bytes(as_bytes("a kernel module"));

std::string data(const std::string& file) {
  std::ifstream in(SEAWORTHY_TEST_DATA "/crypto/" + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Publisher {
  explicit Publisher(TestKey made) : key(std::move(made)) {
    testing::CertificateRecipe recipe{"Modules", key, "Modules", key, testing::ca_extensions()};
    recipe.extensions.push_back({NID_subject_key_identifier, "hash"});
    der = make_der(recipe);
    identified = *parse_identified_key(Certificate::parse(der)->to_pem());
  }
  TestKey key;
  Bytes der;
  IdentifiedKey identified{testing::public_half(key)};
};

bool verified(const DetachedSignature& signature, const PublicKey& key, ByteSpan content) {
  const Digest digest = hash(signature.hash, content);
  if (signature.alg == SignatureAlg::kRsaSsa) {
    return verify_digest(key, signature.alg, digest, RsaSignature{signature.bytes});
  }
  const auto ecdsa = parse_ecdsa_signature(signature.bytes);
  return ecdsa && verify_digest(key, signature.alg, digest, *ecdsa);
}

// crc7.ko of Debian's linux-image-6.1.0-47-amd64, without its signature, has this digest.
TEST(DetachedSignature, A103_OfARealModuleIsOfTheKernelsKey) {
  const std::string der = data("debian-12-module.p7s");
  const auto signature = parse_detached_signature(as_bytes(der));
  ASSERT_TRUE(signature) << signature.error().message();
  const auto key = parse_identified_key(data("debian-12-modules.pem"));
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_TRUE(signature->names(*key));
  Bytes content = {0x48, 0xf3, 0x1a, 0x25, 0x90, 0x78, 0x94, 0xcd, 0x3f, 0x97, 0x5d,
                   0xc8, 0x95, 0xee, 0xb5, 0x84, 0x4b, 0xfd, 0xd7, 0x29, 0x3e, 0x65,
                   0xd3, 0x2f, 0x11, 0x4a, 0x84, 0xd6, 0xa5, 0xa3, 0xae, 0xb5};
  const auto holds = [&] {
    return verify_digest(key->key, signature->alg, Digest(signature->hash, content),
                         RsaSignature{signature->bytes});
  };
  EXPECT_TRUE(holds());
  content[0] ^= 1;
  EXPECT_FALSE(holds());
}

TEST(DetachedSignature, NamesItsSignerByCertificateOrByKey) {
  const Publisher publisher(testing::new_ec_key());
  const Publisher namesake(testing::new_ec_key());  // the same issuer and serial number
  const auto by_certificate =
      parse_detached_signature(sign_detached(publisher.der, publisher.key, kContent));
  ASSERT_TRUE(by_certificate) << by_certificate.error().message();
  EXPECT_TRUE(by_certificate->names(publisher.identified));
  EXPECT_TRUE(by_certificate->names(namesake.identified));
  EXPECT_TRUE(verified(*by_certificate, publisher.identified.key, kContent));
  EXPECT_FALSE(verified(*by_certificate, namesake.identified.key, kContent));

  const auto by_key = parse_detached_signature(
      sign_detached(publisher.der, publisher.key, kContent, kLikeSignFile | CMS_USE_KEYID));
  ASSERT_TRUE(by_key) << by_key.error().message();
  EXPECT_TRUE(by_key->names(publisher.identified));
  EXPECT_FALSE(by_key->names(namesake.identified));
  const auto bare = parse_identified_key(publisher.identified.key.to_pem());
  ASSERT_TRUE(bare);
  EXPECT_TRUE(by_key->names(*bare));
  EXPECT_FALSE(by_certificate->names(*bare)) << "who has no certificate has no issuer";
}

TEST(DetachedSignature, IsOfRsaOrEcdsaWithEachHash) {
  for (const TestKey& key : {testing::rsa_2048(), testing::new_ec_key("P-384")}) {
    const Publisher publisher(key);
    for (const EVP_MD* md : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
      const auto signature = parse_detached_signature(
          sign_detached(publisher.der, publisher.key, kContent, kLikeSignFile, md));
      ASSERT_TRUE(signature) << signature.error().message();
      EXPECT_TRUE(verified(*signature, publisher.identified.key, kContent));
    }
  }
}

TEST(DetachedSignature, RefusesWhatItDoesNotUnderstand) {
  const Publisher publisher(testing::new_ec_key());
  const auto code = [&](unsigned flags, const EVP_MD* md = EVP_sha256(), int signers = 1) {
    const auto parsed = parse_detached_signature(
        sign_detached(publisher.der, publisher.key, kContent, flags, md, signers));
    EXPECT_FALSE(parsed);
    return parsed.error().code();
  };
  const unsigned with_attributes = kLikeSignFile & ~static_cast<unsigned>(CMS_NOATTR);
  const unsigned with_content = kLikeSignFile & ~static_cast<unsigned>(CMS_DETACHED);
  EXPECT_EQ(code(with_attributes), ErrorCode::kUnsupported);
  EXPECT_EQ(code(with_content), ErrorCode::kUnsupported);
  EXPECT_EQ(code(kLikeSignFile, EVP_sha1()), ErrorCode::kUnsupported);
  EXPECT_EQ(code(kLikeSignFile, EVP_sha256(), 2), ErrorCode::kUnsupported);
  // ContentInfo of plain data (RFC 5652 §4).
  const Bytes plain{0x30, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
                    0x0D, 0x01, 0x07, 0x01, 0xA0, 0x02, 0x04, 0x00};
  EXPECT_EQ(parse_detached_signature(plain).error().code(), ErrorCode::kUnsupported);
}

TEST(DetachedSignature, RefusesPrefixesTrailingBytesAndTooManyOfThem) {
  const std::string text = data("debian-12-module.p7s");
  Bytes der = to_bytes(as_bytes(text));
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(parse_detached_signature(ByteSpan(der).first(size))) << size;
  }
  der.push_back(0);
  EXPECT_EQ(parse_detached_signature(der).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(parse_detached_signature(Bytes(kMaxDetachedSignature + 1, 0x30)).error().code(),
            ErrorCode::kMalformed);
}

}  // namespace
}  // namespace seaworthy::crypto
