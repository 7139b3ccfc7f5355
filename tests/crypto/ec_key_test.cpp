#include "crypto/ec_key.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "crypto/make_certificate.h"
#include "crypto/signature.h"
#include "support/fake_random.h"

namespace seaworthy::crypto {
namespace {

// Hands out given bytes once, then those of a FakeRandom.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<Bytes> script) : script_(std::move(script)) {}
  void fill(std::span<std::uint8_t> out) override {
    if (next_ < script_.size()) {
      const Bytes& bytes = script_[next_++];
      SEAWORTHY_CHECK(bytes.size() == out.size());
      std::copy(bytes.begin(), bytes.end(), out.begin());
    } else {
      rest_.fill(out);
    }
  }
  std::size_t drawn() const { return next_; }

 private:
  std::vector<Bytes> script_;
  std::size_t next_ = 0;
  testing::FakeRandom rest_;
};

bool good(const EcPrivateKey& key, ByteSpan message, const ByteArray<64>& signature) {
  const ByteSpan bytes(signature);
  return verify(key.public_key(), {SignatureAlg::kEcdsa, HashAlg::kSha256}, message,
                EcdsaSignature{bytes.first(32), bytes.last(32)});
}

TEST(EcPrivateKey, SignsWhatItsPublicHalfVerifies) {
  testing::FakeRandom random;
  const EcPrivateKey key = EcPrivateKey::generate(random);
  const EcPrivateKey other = EcPrivateKey::generate(random);
  EXPECT_EQ(key.public_key().curve(), Curve::kP256);
  EXPECT_FALSE(key.public_key().same_key(other.public_key()));
  for (int i = 0; i < 600; ++i) {  // r or s begins with a zero byte in about one of 128
    ASSERT_TRUE(good(key, as_bytes("message"), key.sign(as_bytes("message"))));
  }
  EXPECT_FALSE(good(key, as_bytes("another"), key.sign(as_bytes("message"))));
  EXPECT_FALSE(good(other, as_bytes("message"), key.sign(as_bytes("message"))));
}

TEST(EcPrivateKey, TheSameRandomnessGivesTheSameKey) {
  testing::FakeRandom a;
  testing::FakeRandom b;
  EXPECT_TRUE(
      EcPrivateKey::generate(a).public_key().same_key(EcPrivateKey::generate(b).public_key()));
}

TEST(EcPrivateKey, DrawsAgainWhenTheScalarIsZeroOrTooLarge) {
  Bytes one(32, 0);
  one.back() = 1;
  ScriptedRandom random({Bytes(32, 0), Bytes(32, 0xFF), one});
  const EcPrivateKey key = EcPrivateKey::generate(random);
  EXPECT_EQ(random.drawn(), 3u);
  EXPECT_EQ(key.public_key().ec_x()[0], 0x6b);  // the generator
}

TEST(EcPrivateKey, PemGoesThereAndBack) {
  testing::FakeRandom random;
  const EcPrivateKey key = EcPrivateKey::generate(random);
  const auto again = EcPrivateKey::from_pem(key.to_pem());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(again->public_key().same_key(key.public_key()));
  EXPECT_TRUE(good(key, as_bytes("m"), again->sign(as_bytes("m"))));
  EXPECT_EQ(key.to_pem().rfind("-----BEGIN PRIVATE KEY-----", 0), 0u);
}

TEST(EcPrivateKey, RefusesPemOfOtherKeys) {
  testing::FakeRandom random;
  EXPECT_FALSE(EcPrivateKey::from_pem(""));
  EXPECT_FALSE(EcPrivateKey::from_pem({}));
  EXPECT_FALSE(EcPrivateKey::from_pem(EcPrivateKey::generate(random).public_key().to_pem()));
  EXPECT_FALSE(EcPrivateKey::from_pem(std::string(9000, 'x')));
  const auto p384 = EcPrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAmgRR+0ulM9S4fmIgD\n"
      "-----END PRIVATE KEY-----\n");
  EXPECT_FALSE(p384);
  // Encrypted: refused at once, not by asking for a passphrase on the terminal.
  const std::string pem = [&] {
    const auto pair = testing::new_ec_key();
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, pair.get(), EVP_aes_128_cbc(), "secret", 6, nullptr,
                                  nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
  }();
  EXPECT_FALSE(EcPrivateKey::from_pem(pem));
}

TEST(EcPrivateKey, EcdhAgreesFromBothSides) {
  testing::FakeRandom random;
  for (int i = 0; i < 300; ++i) {  // leading zeros of the shared value stay
    const EcPrivateKey a = EcPrivateKey::generate(random);
    const EcPrivateKey b = EcPrivateKey::generate(random);
    const auto ab = a.ecdh(b.public_key());
    const auto ba = b.ecdh(a.public_key());
    ASSERT_TRUE(ab && ba);
    ASSERT_EQ(*ab, *ba);
    ASSERT_EQ(ab->size(), 32u);
  }
  EXPECT_FALSE(EcPrivateKey::generate(random).ecdh(testing::public_half(testing::rsa_2048())));
  EXPECT_FALSE(
      EcPrivateKey::generate(random).ecdh(testing::public_half(testing::new_ec_key("P-384"))));
}

}  // namespace
}  // namespace seaworthy::crypto
