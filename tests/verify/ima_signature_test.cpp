#include "verify/ima_signature.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "crypto/detached_signature.h"
#include "crypto/make_certificate.h"
#include "eventlog/ima_signature.h"
#include "support/detached_signature.h"

namespace seaworthy::verify {
namespace {

using crypto::Digest;
using crypto::HashAlg;
using eventlog::ImaSignature;
using Type = ImaSignature::Type;
using seaworthy::testing::new_ec_key;
using seaworthy::testing::public_half;
using seaworthy::testing::TestKey;

const Digest kContent = crypto::sha256(as_bytes("content"));
constexpr std::uint32_t kId = 0x00C0FFEE;

Bytes raw_sign(const TestKey& key, const Digest& digest) {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_sign_init(context.get());
  EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
  std::size_t size = 1024;
  Bytes out(size);
  SEAWORTHY_CHECK(EVP_PKEY_sign(context.get(), out.data(), &size, digest.bytes().data(),
                                digest.bytes().size()) == 1);
  out.resize(size);
  return out;
}

// What a publisher makes of a digest.
Bytes signature_of(const TestKey& key, const Digest& file, Type type = Type::kFile,
                   std::uint8_t version = 2, std::uint32_t id = kId) {
  ImaSignature made{
      .type = type, .version = version, .hash_id = 4, .hash = HashAlg::kSha256, .key_id = id};
  const Bytes raw = raw_sign(key, *made.signed_digest(file, type == Type::kVerity));
  made.bytes = raw;
  return eventlog::write_ima_signature(made);
}

const TestKey& publisher() {
  static const TestKey key = new_ec_key();
  return key;
}

ImaKeyring ring_of(const TestKey& key, std::uint8_t minimum = 2) {
  return ImaKeyring({{"publisher", {public_half(key), kId}, minimum}});
}

MeasuredFile file_with(const Bytes& signature, bool verity = false) {
  return {.verity = verity, .digest = kContent, .path = "/bin/x", .signature = signature};
}

TEST(ImaKeyring, BelievesASignatureOfAConfiguredKey) {
  const Bytes v2 = signature_of(publisher(), kContent);
  EXPECT_EQ(ring_of(publisher()).check(file_with(v2)), FileSignature::kGood);
  const Bytes v3 = signature_of(publisher(), kContent, Type::kFile, 3);
  EXPECT_EQ(ring_of(publisher()).check(file_with(v3)), FileSignature::kGood);
  const Bytes tree = signature_of(publisher(), kContent, Type::kVerity, 3);
  EXPECT_EQ(ring_of(publisher()).check(file_with(tree, true)), FileSignature::kGood);
}

TEST(ImaKeyring, A103_EveryBitOfASignatureCounts) {
  const Bytes good = signature_of(publisher(), kContent);
  const ImaKeyring ring = ring_of(publisher());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes changed = good;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(ring.check(file_with(changed)), FileSignature::kGood) << bit;
  }
  EXPECT_EQ(ring.check(file_with(good)), FileSignature::kGood);
}

TEST(ImaKeyring, A103_ASignatureOverAnotherFileIsFalse) {
  const Bytes other = signature_of(publisher(), crypto::sha256(as_bytes("other")));
  EXPECT_EQ(ring_of(publisher()).check(file_with(other)), FileSignature::kFalse);
}

TEST(ImaKeyring, A103_AKeyThatNobodyConfiguredIsUnknown) {
  const Bytes signature = signature_of(publisher(), kContent, Type::kFile, 2, kId + 1);
  EXPECT_EQ(ring_of(publisher()).check(file_with(signature)), FileSignature::kUnknownKey);
  // Another key of that name.
  const Bytes mine = signature_of(publisher(), kContent);
  EXPECT_EQ(ring_of(new_ec_key()).check(file_with(mine)), FileSignature::kFalse);
}

TEST(ImaKeyring, TwoKeysMayHaveOneName) {
  const ImaKeyring ring({{"other", {public_half(new_ec_key()), kId}, 2},
                         {"publisher", {public_half(publisher()), kId}, 2}});
  EXPECT_EQ(ring.check(file_with(signature_of(publisher(), kContent))), FileSignature::kGood);
}

TEST(ImaKeyring, A102_AVersionBelowTheMinimumIsTooOld) {
  const Bytes v2 = signature_of(publisher(), kContent);
  const Bytes v3 = signature_of(publisher(), kContent, Type::kFile, 3);
  const ImaKeyring ring = ring_of(publisher(), 3);
  EXPECT_EQ(ring.check(file_with(v2)), FileSignature::kTooOld);
  EXPECT_EQ(ring.check(file_with(v3)), FileSignature::kGood);
}

TEST(ImaKeyring, A103_OtherKindsAreNone) {
  const Bytes file = signature_of(publisher(), kContent);
  const Bytes tree = signature_of(publisher(), kContent, Type::kVerity, 3);
  const ImaKeyring ring = ring_of(publisher());
  EXPECT_EQ(ring.check(file_with({})), FileSignature::kNone);
  EXPECT_EQ(ring.check(file_with({1, 2, 3})), FileSignature::kNone);
  EXPECT_EQ(ring.check(file_with(file, true)), FileSignature::kNone);
  EXPECT_EQ(ring.check(file_with(tree)), FileSignature::kNone);
  Bytes evm = file;
  evm[0] = 0x05;
  EXPECT_EQ(ring.check(file_with(evm)), FileSignature::kNone);
  MeasuredFile buffer = file_with(file);
  buffer.kind = MeasuredFile::Kind::kBuffer;
  EXPECT_EQ(ring.check(buffer), FileSignature::kNone);
}

// A list of withdrawn files has SHA-256 digests: a file measured with another hash would not be
// found in it, so its signature is not enough.
TEST(ImaKeyring, A102_OnlySha256IsBelieved) {
  const Digest sha512 = crypto::hash(HashAlg::kSha512, as_bytes("content"));
  ImaSignature made{.hash_id = 6, .hash = HashAlg::kSha512, .key_id = kId};
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(publisher().get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_sign_init(context.get());
  EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha512());
  Bytes raw(1024);
  std::size_t size = raw.size();
  ASSERT_EQ(EVP_PKEY_sign(context.get(), raw.data(), &size, sha512.bytes().data(), 64), 1);
  raw.resize(size);
  made.bytes = raw;
  const Bytes signature = eventlog::write_ima_signature(made);
  MeasuredFile file = file_with(signature);
  file.digest = sha512;
  EXPECT_EQ(ring_of(publisher()).check(file), FileSignature::kNone);
}

TEST(ImaKeyring, ComputesAGoodSignatureOnceAndAFalseOneAlways) {
  const ImaKeyring ring = ring_of(publisher());
  const Bytes good = signature_of(publisher(), kContent);
  const Bytes bad = signature_of(new_ec_key(), kContent);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ring.check(file_with(good)), FileSignature::kGood);
  }
  EXPECT_EQ(ring.computed(), 1u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ring.check(file_with(bad)), FileSignature::kFalse);
  }
  EXPECT_EQ(ring.computed(), 6u);
  // What is remembered is the triple, not the signature.
  MeasuredFile other = file_with(good);
  other.digest = crypto::sha256(as_bytes("other"));
  EXPECT_EQ(ring.check(other), FileSignature::kFalse);
}

// ---- Made by evmctl
// ------------------------------------------------------------------------------

Bytes data_of(const std::string& name) {
  std::ifstream in(SEAWORTHY_TEST_DATA "/verify/ima_signatures/" + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_FALSE(text.empty()) << name;
  return to_bytes(as_bytes(text));
}

TEST(ImaKeyring, BelievesWhatEvmctlSigned) {
  for (const std::string kind : {"rsa", "ec"}) {
    SCOPED_TRACE(kind);
    const Bytes pem = data_of(kind + ".pem");
    const auto key = crypto::parse_identified_key(as_text(pem));
    ASSERT_TRUE(key) << key.error().message();
    const ImaKeyring ring({{kind, *key, 2}});
    const Bytes signature = data_of(kind + ".sig");
    EXPECT_EQ(ring.check(file_with(signature)), FileSignature::kGood);
    Bytes changed = signature;
    changed.back() ^= 1;
    EXPECT_EQ(ring.check(file_with(changed)), FileSignature::kFalse);
  }
}

// ---- Signatures over inodes, made by evmctl -----------------------------------------------------

// What evm-sig says of a file that `make` signed: 0755, root's, with a capability.
class Inode : public ::testing::TestWithParam<std::string> {
 protected:
  MeasuredFile file() const {
    return {.digest = kContent,
            .path = "/bin/x",
            .signature = evm_,
            .inode = {names_, lengths_, values_, 0, 0, 0100755}};
  }
  ImaKeyring ring(std::uint8_t minimum = 2) const {
    return ImaKeyring({{"publisher", *crypto::parse_identified_key(as_text(pem_)), minimum}});
  }
  // The attributes with this security.ima.
  void set_ima(const Bytes& ima) {
    values_ = ima;
    append(values_, kCapability);
    lengths_ = {static_cast<std::uint8_t>(ima.size()), 0, 0, 0, 20, 0, 0, 0};
  }

  const Bytes pem_ = data_of(GetParam() + ".pem");
  const Bytes evm_ = data_of(GetParam() + ".evm");
  const Bytes ima_ = data_of(GetParam() + ".ima");
  const Bytes kCapability{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes names_ = to_bytes(as_bytes({"security.ima|security.capability\0", 33}));
  Bytes lengths_, values_;

  void SetUp() override { set_ima(ima_); }
};

using InodeWithDigest = Inode;     // in security.ima
using InodeWithSignature = Inode;  // there too
INSTANTIATE_TEST_SUITE_P(Evmctl, InodeWithDigest, ::testing::Values("rsa"));
INSTANTIATE_TEST_SUITE_P(Evmctl, InodeWithSignature, ::testing::Values("ec"));

TEST_P(InodeWithDigest, IsBelievedWithAPortableSignature) {
  const ImaKeyring keys = ring();
  EXPECT_EQ(keys.check(file()), FileSignature::kGood);
  EXPECT_EQ(keys.check(file()), FileSignature::kGood);
  EXPECT_EQ(keys.computed(), 1u);
  EXPECT_EQ(ring_of(publisher()).check(file()), FileSignature::kUnknownKey);
  EXPECT_EQ(ring(3).check(file()), FileSignature::kTooOld) << "A-102";
}

TEST_P(InodeWithDigest, A103_EveryBitOfTheSignatureCounts) {
  const ImaKeyring keys = ring();
  for (std::size_t bit = 0; bit < evm_.size() * 8; ++bit) {
    Bytes changed = evm_;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1 << bit % 8);
    MeasuredFile other = file();
    other.signature = changed;
    EXPECT_NE(keys.check(other), FileSignature::kGood) << bit;
  }
}

TEST_P(InodeWithDigest, A103_AttributesOwnerAndModeCount) {
  const ImaKeyring keys = ring();
  const auto with = [&](auto change) {
    MeasuredFile other = file();
    change(other.inode);
    return keys.check(other);
  };
  EXPECT_EQ(with([](auto& inode) { inode.uid = 1; }), FileSignature::kFalse);
  EXPECT_EQ(with([](auto& inode) { inode.gid = 1; }), FileSignature::kFalse);
  EXPECT_EQ(with([](auto& inode) { inode.mode = 0104755; }), FileSignature::kFalse);
  EXPECT_EQ(with([](auto& inode) { inode.mode.reset(); }), FileSignature::kNone);
  const Bytes one = to_bytes(as_bytes("security.ima"));
  EXPECT_EQ(with([&](auto& inode) { inode.xattr_names = one; }), FileSignature::kNone);
  values_.back() ^= 1;  // another capability
  EXPECT_EQ(keys.check(file()), FileSignature::kFalse);
}

// Root copies the attributes of a signed file, signature and all, to another. Only the digest that
// the kernel made of the content shows it.
TEST_P(InodeWithDigest, A103_AttributesOfAnotherFileAreFalse) {
  const ImaKeyring keys = ring();
  MeasuredFile other = file();
  other.digest = crypto::sha256(as_bytes("other"));
  EXPECT_EQ(keys.check(other), FileSignature::kFalse);
  Bytes rewritten{4, 4};
  append(rewritten, other.digest.bytes());
  set_ima(rewritten);
  other = file();
  other.digest = crypto::sha256(as_bytes("other"));
  EXPECT_EQ(keys.check(other), FileSignature::kFalse);
}

TEST_P(InodeWithDigest, A103_ADigestOfAnotherKindIsNone) {
  MeasuredFile tree = file();
  tree.verity = true;
  EXPECT_EQ(ring().check(tree), FileSignature::kNone);
  Bytes sha512{4, 6};
  append(sha512, crypto::hash(HashAlg::kSha512, as_bytes("content")).bytes());
  set_ima(sha512);
  EXPECT_EQ(ring().check(file()), FileSignature::kNone);
}

TEST_P(InodeWithSignature, ThatInSecurityImaCounts) {
  EXPECT_EQ(ring().check(file()), FileSignature::kGood);
  MeasuredFile other = file();
  other.digest = crypto::sha256(as_bytes("other"));
  EXPECT_EQ(ring().check(other), FileSignature::kFalse);
}

// That over the inode does not vouch for a content which somebody else signed.
TEST_P(InodeWithSignature, A103_OnlyThatInSecurityImaIsOverTheContent) {
  set_ima(signature_of(publisher(), kContent));
  EXPECT_EQ(ring().check(file()), FileSignature::kUnknownKey);
  EXPECT_EQ(ring_of(publisher()).check(file()), FileSignature::kGood);
}

// ---- Signatures at the end of a file ------------------------------------------------------------

class Appended : public ::testing::Test {
 protected:
  // A module that was signed: what IMA says of it.
  MeasuredFile module(ByteSpan pkcs7) const {
    MeasuredFile file{.digest = crypto::sha256(as_bytes("module and signature")), .path = "/m.ko"};
    file.appended = {"sha256", content_.bytes(), pkcs7};
    return file;
  }
  ImaKeyring ring(std::uint8_t minimum = 2) const {
    return ImaKeyring({{"modules", *crypto::parse_identified_key(pem_), minimum}});
  }

  const Digest content_ = crypto::sha256(as_bytes("module"));
  const Bytes der_ = seaworthy::testing::make_der(
      {"Modules", publisher(), "Modules", publisher(), seaworthy::testing::ca_extensions()});
  const std::string pem_ = crypto::Certificate::parse(der_)->to_pem();
  const Bytes good_ = seaworthy::testing::sign_detached(der_, publisher(), as_bytes("module"));
};

TEST_F(Appended, BelievesThatOfAConfiguredKey) {
  const ImaKeyring keys = ring();
  EXPECT_EQ(keys.check(module(good_)), FileSignature::kGood);
  EXPECT_EQ(keys.check(module(good_)), FileSignature::kGood);
  EXPECT_EQ(keys.computed(), 1u);
  EXPECT_EQ(ring_of(new_ec_key()).check(module(good_)), FileSignature::kUnknownKey);
}

TEST_F(Appended, A103_EveryBitOfItCounts) {
  const ImaKeyring keys = ring();
  for (std::size_t bit = 0; bit < good_.size() * 8; ++bit) {
    Bytes changed = good_;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1 << bit % 8);
    const auto parsed = crypto::parse_detached_signature(changed);
    const auto original = crypto::parse_detached_signature(good_);
    const bool says_the_same = parsed && parsed->bytes == original->bytes &&
                               parsed->hash == original->hash && parsed->alg == original->alg &&
                               parsed->issuer == original->issuer &&
                               parsed->serial == original->serial;
    EXPECT_EQ(keys.check(module(changed)) == FileSignature::kGood, says_the_same) << bit;
  }
}

TEST_F(Appended, A103_IsOverThisContentUnderThisHash) {
  const ImaKeyring keys = ring();
  const Bytes other = seaworthy::testing::sign_detached(der_, publisher(), as_bytes("another"));
  EXPECT_EQ(keys.check(module(other)), FileSignature::kFalse);
  MeasuredFile file = module(good_);
  file.appended.digest_alg = "sha512";
  EXPECT_EQ(keys.check(file), FileSignature::kNone);
  file = module(good_);
  file.appended.digest = file.appended.digest.first(31);
  EXPECT_EQ(keys.check(file), FileSignature::kNone);
  file = module(good_);
  file.appended.digest = file.digest.bytes();  // of the file with the signature
  EXPECT_EQ(keys.check(file), FileSignature::kFalse);
}

// it does not say what it is over.
TEST_F(Appended, A102_CountsAsVersion2) {
  EXPECT_EQ(ring(3).check(module(good_)), FileSignature::kTooOld);
}

TEST_F(Appended, NeitherSignatureStandsForTheOther) {
  const ImaKeyring keys = ring();
  MeasuredFile file = module(good_);
  const Bytes unknown = signature_of(new_ec_key(), file.digest, Type::kFile, 2, kId);
  file.signature = unknown;
  EXPECT_EQ(keys.check(file), FileSignature::kGood) << "the appended one is";
  const Bytes attribute = signature_of(publisher(), file.digest, Type::kFile, 2,
                                       crypto::parse_identified_key(pem_)->id);
  const Bytes bad = seaworthy::testing::sign_detached(der_, publisher(), as_bytes("another"));
  file = module(bad);
  EXPECT_EQ(keys.check(file), FileSignature::kFalse);
  file.signature = attribute;
  EXPECT_EQ(keys.check(file), FileSignature::kGood) << "that at the file is";
  file.digest = crypto::hash(HashAlg::kSha512, as_bytes("module and signature"));
  EXPECT_EQ(keys.check(file), FileSignature::kNone) << "withdrawn files are found by SHA-256 only";
}

}  // namespace
}  // namespace seaworthy::verify
