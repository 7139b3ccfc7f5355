#include "crypto/credential.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/make_certificate.h"
#include "support/fake_random.h"

namespace seaworthy::crypto {
namespace {

using nlohmann::json;

json vectors(const std::string& file) {
  std::ifstream in(SEAWORTHY_TEST_DATA "/crypto/" + file);
  return json::parse(in);
}

Bytes from_hex(const std::string& text) {
  Bytes out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  return out;
}
Bytes hex_of(const json& entry, const char* field) {
  return from_hex(entry.at(field).get<std::string>());
}

// What TPM2_ActivateCredential does with the seed (Part 1 §24): check the HMAC, then decrypt.
Bytes open_credential(HashAlg alg, int bits, ByteSpan seed, ByteSpan ak_name, ByteSpan id_object) {
  const std::size_t mac_size = static_cast<std::size_t>(id_object[0] << 8 | id_object[1]);
  const ByteSpan mac = id_object.subspan(2, mac_size);
  const ByteSpan identity = id_object.subspan(2 + mac_size);
  const Bytes hmac_key =
      kdfa(alg, seed, "INTEGRITY", {}, {}, static_cast<std::uint32_t>(8 * digest_size(alg)));
  EXPECT_TRUE(equal(hmac(alg, hmac_key, {identity, ak_name}).bytes(), mac));
  const Bytes key = kdfa(alg, seed, "STORAGE", ak_name, {}, static_cast<std::uint32_t>(bits));
  const ByteArray<16> iv{};
  Bytes plain(identity.size());
  int size = 0;
  EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new();
  EVP_DecryptInit_ex(c, bits == 256 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128(), nullptr,
                     key.data(), iv.data());
  EVP_DecryptUpdate(c, plain.data(), &size, identity.data(), static_cast<int>(identity.size()));
  EVP_CIPHER_CTX_free(c);
  EXPECT_EQ(static_cast<std::size_t>(plain[0] << 8 | plain[1]), plain.size() - 2);
  plain.erase(plain.begin(), plain.begin() + 2);
  return plain;
}

const Bytes kName = [] {
  Bytes name = {0x00, 0x0B};
  append(name, sha256(as_bytes("an AK")).bytes());
  return name;
}();
const Bytes kSecret = to_bytes(sha256(as_bytes("secret")).bytes());

TEST(Credential, KdfaGivesTheVectorsOfGoTpm) {
  int checked = 0;
  for (const json& v : vectors("kdfa.json")) {
    const auto alg = hash_alg(v.at("HashAlg").get<std::uint16_t>());
    ASSERT_TRUE(alg);
    EXPECT_EQ(kdfa(*alg, hex_of(v, "Key"), v.at("Label").get<std::string>(), hex_of(v, "ContextU"),
                   hex_of(v, "ContextV"), v.at("Bits").get<std::uint32_t>()),
              hex_of(v, "Result"))
        << v.at("Name");
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

TEST(Credential, KdfeGivesTheVectorsOfGoTpm) {
  int checked = 0;
  for (const json& v : vectors("kdfe.json")) {
    const auto alg = hash_alg(v.at("HashAlg").get<std::uint16_t>());
    ASSERT_TRUE(alg);
    EXPECT_EQ(kdfe(*alg, hex_of(v, "Z"), v.at("Label").get<std::string>(), hex_of(v, "ContextU"),
                   hex_of(v, "ContextV"), v.at("Bits").get<std::uint32_t>()),
              hex_of(v, "Result"))
        << v.at("Name");
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

// Hands out one ephemeral scalar.
class OneScalar final : public Random {
 public:
  explicit OneScalar(Bytes scalar) : scalar_(std::move(scalar)) {}
  void fill(std::span<std::uint8_t> out) override {
    SEAWORTHY_CHECK(scalar_.size() <= out.size());
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    std::copy(scalar_.rbegin(), scalar_.rend(), out.rbegin());
  }

 private:
  Bytes scalar_;
};

// The last two TPM2Bs of a TPMT_PUBLIC of an EC key are the point.
Bytes coordinate(const Bytes& public_area, std::size_t width, std::size_t from_end) {
  const auto end = public_area.end() - static_cast<std::ptrdiff_t>(from_end * (width + 2));
  return {end - static_cast<std::ptrdiff_t>(width), end};
}

// "Ciphertext" and "Secret" were accepted by a TPM in TPM2_ActivateCredential.
TEST(Credential, A28_WrapsForEcKeysLikeTheVectorsOfGoTpm) {
  int checked = 0;
  for (const json& v : vectors("ecc_labeled_encaps.json")) {
    const auto name = v.at("Name").get<std::string>();
    const auto named = [&](const char* part) { return name.find(part) != std::string::npos; };
    // "U": unrestricted keys, whose seed is made with the hash of another scheme.
    if (v.at("Label") != "IDENTITY" || name.find("_R_") == std::string::npos || named("SHA1_")) {
      continue;
    }
    const Curve on = named("P256") ? Curve::kP256 : named("P384") ? Curve::kP384 : Curve::kP521;
    const HashAlg alg = named("SHA256")   ? HashAlg::kSha256
                        : named("SHA384") ? HashAlg::kSha384
                                          : HashAlg::kSha512;
    const Bytes area = hex_of(v, "PublicKey");
    const auto key = PublicKey::from_ec(on, coordinate(area, coordinate_size(on), 1),
                                        coordinate(area, coordinate_size(on), 0));
    ASSERT_TRUE(key) << name << key.error().message();
    const EkParameters ek{*key, alg, name.ends_with("256") ? 256 : 128};
    OneScalar random(hex_of(v, "EphemeralPrivate"));
    const auto made = make_credential(ek, kName, kSecret, random);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->encrypted_secret, hex_of(v, "Ciphertext")) << name;
    EXPECT_EQ(open_credential(ek.name_alg, ek.symmetric_bits, hex_of(v, "Secret"), kName,
                              made->id_object),
              kSecret)
        << name;
    ++checked;
  }
  EXPECT_GT(checked, 3);
}

Bytes oaep_decrypt(const testing::TestKey& key, const Bytes& cipher, const EVP_MD* md,
                   std::string_view label) {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> c(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_decrypt_init(c.get());
  EVP_PKEY_CTX_set_rsa_padding(c.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(c.get(), md);
  EVP_PKEY_CTX_set_rsa_mgf1_md(c.get(), md);
  EVP_PKEY_CTX_set0_rsa_oaep_label(c.get(), OPENSSL_memdup(label.data(), label.size()),
                                   static_cast<int>(label.size()));
  Bytes out(512);
  std::size_t size = out.size();
  if (EVP_PKEY_decrypt(c.get(), out.data(), &size, cipher.data(), cipher.size()) != 1) {
    return {};
  }
  out.resize(size);
  return out;
}

TEST(Credential, A28_WrapsForRsaKeysWithTheNulInTheLabel) {
  testing::FakeRandom random;
  const struct {
    HashAlg alg;
    const EVP_MD* md;
    testing::TestKey key;
    std::size_t bytes;
    int symmetric_bits;
  } rows[] = {{HashAlg::kSha256, EVP_sha256(), testing::rsa_2048(), 256, 128},
              {HashAlg::kSha384, EVP_sha384(), testing::new_rsa_key(3072), 384, 256},
              {HashAlg::kSha384, EVP_sha384(), testing::new_rsa_key(4096), 512, 256},
              {HashAlg::kSha512, EVP_sha512(), testing::rsa_2048(), 256, 256}};
  for (const auto& row : rows) {
    const EkParameters ek{testing::public_half(row.key), row.alg, row.symmetric_bits};
    const auto made = make_credential(ek, kName, kSecret, random);
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_EQ(made->encrypted_secret.size(), row.bytes);
    const Bytes seed =
        oaep_decrypt(row.key, made->encrypted_secret, row.md, std::string_view("IDENTITY\0", 9));
    ASSERT_EQ(seed.size(), digest_size(row.alg));
    EXPECT_TRUE(oaep_decrypt(row.key, made->encrypted_secret, row.md, "IDENTITY").empty());
    EXPECT_EQ(open_credential(row.alg, row.symmetric_bits, seed, kName, made->id_object), kSecret);
  }
}

TEST(Credential, IsBoundToTheNameOfTheAk) {
  const Bytes seed(32, 5);
  Bytes other = kName;
  other.back() ^= 1;
  EXPECT_NE(protect_credential(HashAlg::kSha256, 128, seed, kName, kSecret),
            protect_credential(HashAlg::kSha256, 128, seed, other, kSecret));
}

TEST(Credential, RefusesWhatItCannotWrap) {
  testing::FakeRandom random;
  const PublicKey rsa = testing::public_half(testing::rsa_2048());
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha1}, kName, kSecret, random));
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha256, 192}, kName, kSecret, random));
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha256}, {}, kSecret, random));
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha256}, Bytes(67), kSecret, random));
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha256}, kName, {}, random));
  EXPECT_FALSE(make_credential({rsa, HashAlg::kSha256}, kName, Bytes(33), random));
  EXPECT_TRUE(make_credential({rsa, HashAlg::kSha256}, kName, Bytes(32), random));
}

}  // namespace
}  // namespace seaworthy::crypto
