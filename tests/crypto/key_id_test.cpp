#include "crypto/key_id.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::make_certificate;
using testing::new_ec_key;
using testing::new_rsa_key;
using testing::public_half;
using testing::rsa_2048;

std::string certificate_pem(const testing::TestKey& key,
                            const std::vector<testing::TestExtension>& extensions) {
  return make_certificate({.subject = "IMA signer",
                           .key = key,
                           .issuer = "IMA signer",
                           .issuer_key = key,
                           .extensions = extensions})
      .to_pem();
}

// The point of a P-256 key, which is what its bits are.
std::uint32_t id_of_point(const PublicKey& key) {
  Bytes point{4};
  append(point, key.ec_x());
  append(point, key.ec_y());
  const Digest digest = hash(HashAlg::kSha1, point);
  const ByteSpan last = digest.bytes().last(4);
  return static_cast<std::uint32_t>(last[0]) << 24 | static_cast<std::uint32_t>(last[1]) << 16 |
         static_cast<std::uint32_t>(last[2]) << 8 | last[3];
}

TEST(KeyId, IsTheEndOfTheSubjectKeyIdentifier) {
  const auto key = parse_identified_key(certificate_pem(
      rsa_2048(), {{NID_subject_key_identifier, "00112233445566778899AABBCCDDEEFF"}}));
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->id, 0xCCDDEEFFu);
  EXPECT_TRUE(key->key.same_key(public_half(rsa_2048())));
}

TEST(KeyId, IsComputedWhereNoneIsGiven) {
  const auto ec = new_ec_key();
  const std::uint32_t id = id_of_point(public_half(ec));
  EXPECT_EQ(parse_identified_key(certificate_pem(ec, {}))->id, id);
  EXPECT_EQ(parse_identified_key(certificate_pem(ec, {{NID_subject_key_identifier, "hash"}}))->id,
            id);
  EXPECT_EQ(parse_identified_key(public_half(ec).to_pem())->id, id);
  EXPECT_EQ(parse_identified_key(certificate_pem(ec, {{NID_subject_key_identifier, "AABB"}}))->id,
            id);  // too short to name anything
}

TEST(KeyId, RefusesWhatIsNoKeyAndWhatCanBeBroken) {
  EXPECT_FALSE(parse_identified_key(""));
  EXPECT_FALSE(
      parse_identified_key("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
  const auto weak = parse_identified_key(public_half(new_rsa_key(1024)).to_pem());
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().code(), ErrorCode::kDenied);
}

}  // namespace
}  // namespace seaworthy::crypto
