#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>

#include "codec/hex.h"
#include "codec/reader.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"
#include "tpm/public_area.h"
#include "vectors/index.h"

namespace seaworthy::testing {
namespace {

using crypto::PublicKey;

PublicKey pem_key(const std::string& path) {
  const Bytes pem = vector_file(path);
  return *PublicKey::from_pem(as_text(pem));
}

// A TPM2B_PUBLIC of an RSA key.
PublicKey tpm_key(const std::string& path) {
  const auto area = tpm::parse_public_area(ByteSpan(vector_file(path)).subspan(2));
  const auto& rsa = std::get<tpm::RsaKey>(area->key);
  return *PublicKey::from_rsa(rsa.modulus, rsa.exponent == 0 ? 65537 : rsa.exponent);
}

// ECDSA-Sig-Value (RFC 3279 §2.2.3); empty numbers if it is none.
std::pair<Bytes, Bytes> numbers_of(ByteSpan der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  if (!signature || at != der.data() + der.size()) {
    return {};
  }
  const auto bytes = [](const BIGNUM* number) {
    Bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, out.data());
    return out;
  };
  return {bytes(ECDSA_SIG_get0_r(signature.get())), bytes(ECDSA_SIG_get0_s(signature.get()))};
}

TEST(VectorKeys, PublicKeysBelongToWhatIsStated) {
  SEAWORTHY_NEEDS_VECTORS();
  ASSERT_EQ(files_of(Taker::kPublicKey).size(), 4u);  // the fourth: VectorQuotes, Azure
  const std::string folder = "keylime+keylime/test-data/files/";
  EXPECT_TRUE(pem_key(folder + "akpub.pem").same_key(tpm_key(folder + "ak.pub")));
  EXPECT_TRUE(pem_key(folder + "ekpub.pem").same_key(tpm_key(folder + "ek.pub")));
  const PublicKey key = pem_key(folder + "allowlist-ec-key.pem");
  const Bytes text = vector_file(folder + "allowlist.json");
  const auto verifies = [&](const std::string& file) {
    const Bytes der = vector_file(folder + file);
    const auto [r, s] = numbers_of(der);
    return crypto::verify(key, {crypto::SignatureAlg::kEcdsa, crypto::HashAlg::kSha256}, text,
                          crypto::EcdsaSignature{r, s});
  };
  EXPECT_TRUE(verifies("allowlist-ec-sig.bin"));
  EXPECT_FALSE(verifies("allowlist-invalid-sig.sig"));
}

// kdfa, kdfe and ecc_labeled_encaps: tests/crypto/credential_test.cpp runs all 300 cases over its
// copies, which are the same files.
TEST(VectorKeys, TheCopiesOfTheCredentialVectorsAreTheirs) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t copied = 0;
  for (const VectorFile& file : files_of(Taker::kCredentialVector)) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    if (name != "rsa_labeled_encaps.json") {
      EXPECT_EQ(read_file(SEAWORTHY_TEST_DATA "/crypto/" + name), vector_file(file.path)) << name;
      ++copied;
    }
  }
  EXPECT_EQ(copied, 3u);
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// A private key from its modulus and one prime, as a TPM keeps it; exponent 65537.
Key rsa_key(ByteSpan modulus, ByteSpan prime) {
  using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), BN_CTX_free);
  const auto number = [](ByteSpan bytes) {
    return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), BN_free);
  };
  const Number n = number(modulus), p = number(prime), e = number(Bytes{1, 0, 1});
  const Number q(BN_new(), BN_free), phi(BN_new(), BN_free), d(BN_new(), BN_free);
  BN_div(q.get(), nullptr, n.get(), p.get(), context.get());
  BN_sub_word(p.get(), 1);
  BN_sub_word(q.get(), 1);
  BN_mul(phi.get(), p.get(), q.get(), context.get());
  BN_mod_inverse(d.get(), e.get(), phi.get(), context.get());
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                              OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(build.get()), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> made(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(made.get());
  EVP_PKEY_fromdata(made.get(), &key, EVP_PKEY_KEYPAIR, parameters.get());
  return {key, EVP_PKEY_free};
}

Bytes oaep_decrypt(const Key& key, const EVP_MD* md, std::string_view label, ByteSpan ciphertext) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_decrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md);
  EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md);
  void* owned = OPENSSL_memdup(label.data(), label.size());
  EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), owned, static_cast<int>(label.size()));
  std::size_t size = 1024;
  Bytes out(size);
  if (EVP_PKEY_decrypt(context.get(), out.data(), &size, ciphertext.data(), ciphertext.size()) !=
      1) {
    return {};
  }
  out.resize(size);
  return out;
}

const EVP_MD* md_of(crypto::HashAlg alg) {
  switch (alg) {
    case crypto::HashAlg::kSha1:
      return EVP_sha1();
    case crypto::HashAlg::kSha256:
      return EVP_sha256();
    case crypto::HashAlg::kSha384:
      return EVP_sha384();
    case crypto::HashAlg::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

// The padding that crypto/credential.cpp uses with the label IDENTITY: OAEP and MGF1 with the key's
// name algorithm, the label with its NUL. Ours is decrypted likewise in credential_test.cpp.
TEST(VectorKeys, A28_RsaSecretsOpenWithTheNameAlgorithmAndTheNulInTheLabel) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes text = vector_file("google+go-tpm/tpm2/test/testvectors/rsa_labeled_encaps.json");
  const auto cases = codec::parse_json(as_text(text), {.max_bytes = 4 << 20});
  ASSERT_TRUE(cases);
  std::size_t opened = 0;
  for (const codec::Json& v : *cases) {
    SCOPED_TRACE(v["Name"].get<std::string>());
    const auto bytes = [&](const char* field) {
      return *codec::from_hex(v[field].get<std::string>());
    };
    const Bytes area = bytes("PublicKey");
    const Bytes sensitive = bytes("PrivateKey");
    const Bytes ciphertext = bytes("Ciphertext");
    const ByteSpan modulus = ByteSpan(area).last(ciphertext.size());
    codec::Reader reader("TPMT_SENSITIVE", sensitive);
    ASSERT_TRUE(reader.u16be() && reader.sized16be(64) && reader.sized16be(64));
    const auto prime = reader.sized16be(512);
    ASSERT_TRUE(prime);
    const std::string label = v["Label"].get<std::string>() + '\0';
    // Of the key's own OAEP scheme if it has one (an EK has none), else its name algorithm.
    const auto parsed = tpm::parse_public_area(area);
    ASSERT_TRUE(parsed) << parsed.error().message();
    const EVP_MD* md =
        md_of(parsed->scheme && parsed->scheme->hash ? *parsed->scheme->hash : parsed->name_alg);
    EXPECT_EQ(oaep_decrypt(rsa_key(modulus, *prime), md, label, ciphertext), bytes("Secret"));
    ++opened;
  }
  EXPECT_EQ(opened, 100u);
}

}  // namespace
}  // namespace seaworthy::testing
