// attester/tss/ against swtpm: what our own parser and our own cryptography make of what a real TPM
// says.
#include <gtest/gtest.h>

#include <variant>

#include "attester/fakes.h"
#include "attester/swtpm.h"
#include "attester/tss/device.h"
#include "codec/writer.h"
#include "crypto/credential.h"
#include "crypto/ec_key.h"
#include "crypto/make_certificate.h"
#include "crypto/signature.h"
#include "support/fake_random.h"
#include "tpm/attest.h"
#include "tpm/name.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"
#include "verify/identity.h"

namespace seaworthy::attester {
namespace {

using seaworthy::testing::make_der;
using seaworthy::testing::new_ec_key;
using seaworthy::testing::TestKey;
using testing::PowerOff;
using testing::Swtpm;

constexpr TPM2_HANDLE kRsaCertificate = 0x01C00002;
constexpr TPM2_HANDLE kP256Certificate = 0x01C0000A;

crypto::PublicKey key_of(const tpm::PublicArea& area) {
  if (const auto* rsa = std::get_if<tpm::RsaKey>(&area.key)) {
    return *crypto::PublicKey::from_rsa(rsa->modulus, rsa->exponent == 0 ? 65537 : rsa->exponent);
  }
  const auto& ecc = std::get<tpm::EccKey>(area.key);
  return *crypto::PublicKey::from_ec(static_cast<crypto::Curve>(ecc.curve), ecc.x, ecc.y);
}

const std::vector<tpm::PcrSelection> kSelection{
    {.bank = crypto::HashAlg::kSha256,
     .pcrs = tpm::PcrMask::range<0, 10>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};

Bytes with_size(ByteSpan content) {
  return codec::Writer().sized16be(content).bytes();
}

class TssDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Swtpm::installed()) {
      GTEST_SKIP() << "swtpm is not installed (Debian: apt-get install swtpm)";
    }
    ::setenv("TSS2_LOG", "all+none", 0);
    tpm_ = std::make_unique<Swtpm>();
    device_ = tss::create_device(tpm_->tcti());
  }

  Identity identity() {
    const auto identity = device_->identity();
    EXPECT_TRUE(identity) << identity.error().message();
    return identity ? *identity : Identity{};
  }

  // A credential for these keys, as the verifier makes it.
  crypto::Credential credential_for(const Identity& who, ByteSpan secret) {
    const auto ek = *tpm::parse_public_area(who.ek_public);
    const auto ak = *tpm::parse_public_area(who.ak_public);
    return *crypto::make_credential(
        {.key = key_of(ek), .name_alg = ek.name_alg, .symmetric_bits = ek.symmetric->key_bits},
        tpm::name_of(ak), secret, random_);
  }

  void expect_activation_works() {
    const Identity who = identity();
    const Bytes secret(32, 0x42);
    const auto credential = credential_for(who, secret);
    const auto opened =
        device_->activate(with_size(credential.id_object), with_size(credential.encrypted_secret));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(*opened, secret);
    EXPECT_EQ(tpm_->handles_in_use(), 0u);
  }

  std::unique_ptr<Swtpm> tpm_;
  std::unique_ptr<Device> device_;
  seaworthy::testing::FakeRandom random_;
};

TEST_F(TssDeviceTest, R4_TheAkIsARestrictedSigningKeyOfTheEndorsementHierarchy) {
  const auto ak = tpm::parse_public_area(identity().ak_public);
  ASSERT_TRUE(ak);
  EXPECT_EQ(ak->attributes, 0x00050472u);
  EXPECT_EQ(ak->name_alg, crypto::HashAlg::kSha256);
  EXPECT_EQ(ak->scheme, (tpm::Scheme{.alg = tpm::kAlgEcdsa, .hash = crypto::HashAlg::kSha256}));
  EXPECT_FALSE(ak->symmetric);
  ASSERT_TRUE(std::holds_alternative<tpm::EccKey>(ak->key));
  EXPECT_EQ(std::get<tpm::EccKey>(ak->key).curve, tpm::EccCurve::kNistP256);
}

TEST_F(TssDeviceTest, WithoutCertificateTheEkIsRsaAndNoneIsSent) {
  const Identity who = identity();
  EXPECT_TRUE(who.ek_certificates.empty());
  const auto ek = tpm::parse_public_area(who.ek_public);
  ASSERT_TRUE(ek);
  EXPECT_EQ(ek->attributes, 0x000300B2u);
  EXPECT_TRUE(std::holds_alternative<tpm::RsaKey>(ek->key));
}

TEST_F(TssDeviceTest, A15_CertificatesAreSentAsFoundWithTheMakersHeaderAndPadding) {
  Bytes content{0x10, 0x01, 0x00, 0x04, 0x64, 0x10, 0x02, 0x30, 0x82};
  content.resize(1300, 0xFF);
  tpm_->write_nv(kP256Certificate, content);
  const Bytes issuer(1100, 0x22);
  tpm_->write_nv(0x01C00100, issuer);
  tpm_->write_nv(0x01C00101, Bytes(10, 1));
  EXPECT_EQ(identity().ek_certificates, (std::vector<Bytes>{content, issuer, Bytes(10, 1)}));
}

// ---- Certificates that are not in the TPM -------------------------------------------------------

class ConfiguredCertificates : public TssDeviceTest {
 protected:
  void configure(const std::vector<Bytes>& certificates) {
    std::string pem;
    for (const Bytes& der : certificates) {
      pem += crypto::Certificate::parse(der)->to_pem();
    }
    testing::write_file(path_, as_bytes(pem));
    device_ = tss::create_device(tpm_->tcti(), {}, path_);
  }
  Bytes leaf(const TestKey& key) const {
    return make_der({"EK", key, "Maker", ca_key_, {{NID_basic_constraints, "critical,CA:FALSE"}}});
  }
  // That of a maker for the EK that this TPM has.
  Bytes leaf_of(const Identity& who) const {
    const Bytes spki = key_of(*tpm::parse_public_area(who.ek_public)).to_spki_der();
    const std::uint8_t* at = spki.data();
    return leaf({d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())), EVP_PKEY_free});
  }

  const TestKey ca_key_ = new_ec_key();
  const Bytes ca_ =
      make_der({"Maker", ca_key_, "Maker", ca_key_, seaworthy::testing::ca_extensions()});
  testing::TempFolder folder_;
  const std::string path_ = folder_ / "ek.pem";
};

TEST_F(ConfiguredCertificates, VouchForTheEkWhereTheTpmHasNone) {
  const Bytes leaf = leaf_of(identity());
  configure({ca_, leaf});
  const Identity who = identity();
  EXPECT_EQ(who.ek_certificates, (std::vector<Bytes>{leaf, ca_})) << "that of the EK first";
  const auto keys = verify::verify_keys({who.ek_certificates, who.ek_public, who.ak_public});
  ASSERT_TRUE(verify::ok(keys));
  expect_activation_works();
}

TEST_F(ConfiguredCertificates, SayByTheirKeyWhichEkIsMeant) {
  configure({leaf(new_ec_key())});
  const auto ek = tpm::parse_public_area(identity().ek_public);
  ASSERT_TRUE(ek && std::holds_alternative<tpm::EccKey>(ek->key));
  EXPECT_EQ(std::get<tpm::EccKey>(ek->key).curve, tpm::EccCurve::kNistP256);
  EXPECT_EQ(ek->attributes, 0x000300B2u) << "of the low range";
  configure({leaf(new_ec_key("P-384"))});
  EXPECT_EQ(std::get<tpm::EccKey>(tpm::parse_public_area(identity().ek_public)->key).curve,
            tpm::EccCurve::kNistP384);
  configure({leaf(seaworthy::testing::new_rsa_key(1024))});
  EXPECT_FALSE(device_->identity());
}

TEST_F(ConfiguredCertificates, DoNotReplaceWhatTheTpmHas) {
  tpm_->write_nv(kRsaCertificate, Bytes(700, 0x31));
  configure({leaf(new_ec_key()), ca_});
  EXPECT_EQ(identity().ek_certificates, (std::vector<Bytes>{Bytes(700, 0x31), ca_}));
}

TEST_F(ConfiguredCertificates, MayBeAbsentButNotBroken) {
  device_ = tss::create_device(tpm_->tcti(), {}, folder_ / "none");
  EXPECT_TRUE(identity().ek_certificates.empty());
  testing::write_file(path_, as_bytes("no certificate"));
  device_ = tss::create_device(tpm_->tcti(), {}, path_);
  const auto refused = device_->identity();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find(path_), std::string::npos);
  testing::write_file(path_, Bytes(64 * 1024 + 1, 'x'));
  EXPECT_FALSE(device_->identity());
}

// Each kind of EK that is looked for, by the certificate in its NV index; in order of preference.
struct EkRow {
  const char* name;
  TPM2_HANDLE certificate;
  std::uint32_t attributes;
  std::uint16_t rsa_bits;  // 0: ECC
};
constexpr EkRow kEks[] = {
    {"L2_P256", kP256Certificate, 0x000300B2, 0}, {"H2_P256", 0x01C00014, 0x000300F2, 0},
    {"H3_P384", 0x01C00016, 0x000300F2, 0},       {"L1_Rsa2048", kRsaCertificate, 0x000300B2, 2048},
    {"H1_Rsa2048", 0x01C00012, 0x000300F2, 2048}, {"H4_P521", 0x01C00018, 0x000300F2, 0},
    {"H6_Rsa3072", 0x01C0001C, 0x000300F2, 3072}, {"H7_Rsa4096", 0x01C0001E, 0x000300F2, 4096}};
class TssDeviceEk : public TssDeviceTest, public ::testing::WithParamInterface<EkRow> {};

// The EK is of the template, the verifier takes it (R2) and the TPM opens a credential for it under
// the template's policy: PolicyA in the low range, PolicyB in the high one.
TEST_P(TssDeviceEk, R2_R5_IsOfItsTemplateAndActivates) {
  const EkRow& row = GetParam();
  if (row.rsa_bits != 0 && !tpm_->makes_rsa(row.rsa_bits)) {
    GTEST_SKIP() << "this swtpm makes no RSA keys of " << row.rsa_bits << " bits";
  }
  tpm_->write_nv(row.certificate, Bytes(700, 0x31));
  const Identity who = identity();
  EXPECT_EQ(who.ek_certificates, std::vector<Bytes>{Bytes(700, 0x31)});
  const auto ek = tpm::parse_public_area(who.ek_public);
  ASSERT_TRUE(ek);
  EXPECT_EQ(ek->attributes, row.attributes);
  const auto* rsa = std::get_if<tpm::RsaKey>(&ek->key);
  EXPECT_EQ(rsa == nullptr ? 0 : rsa->key_bits, row.rsa_bits);
  const auto keys = verify::verify_keys({who.ek_certificates, who.ek_public, who.ak_public});
  EXPECT_TRUE(verify::ok(keys));
  expect_activation_works();
}

INSTANTIATE_TEST_SUITE_P(Table, TssDeviceEk, ::testing::ValuesIn(kEks),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(TssDeviceTest, TheFirstKindWithACertificateIsTaken) {
  for (std::size_t i = std::size(kEks) - 1; i-- > 0;) {  // RSA-4096: not every swtpm makes it
    tpm_->write_nv(kEks[i].certificate, Bytes(700, static_cast<std::uint8_t>(i)));
    EXPECT_EQ(identity().ek_certificates.front()[0], i);
  }
}

TEST_F(TssDeviceTest, R5_ActivatesForAnEkWithoutCertificate) {
  expect_activation_works();
}

// Random bytes that are remembered, or given again.
class Recorded final : public Random {
 public:
  explicit Recorded(Random& from) : from_(&from) {}
  explicit Recorded(Bytes again) : last_(std::move(again)) {}
  void fill(std::span<std::uint8_t> out) override {
    if (from_ != nullptr) {
      last_ = from_->bytes(out.size());
    }
    SEAWORTHY_CHECK(last_.size() == out.size());
    std::ranges::copy(last_, out.begin());
  }
  const Bytes& last() const { return last_; }

 private:
  Random* from_ = nullptr;
  Bytes last_;
};

class TssDeviceCredentials : public TssDeviceTest {
 protected:
  void expect_opened(const Identity& who, Random& random, const Bytes& secret) {
    const auto ek = *tpm::parse_public_area(who.ek_public);
    const auto credential = *crypto::make_credential(
        {.key = key_of(ek), .name_alg = ek.name_alg, .symmetric_bits = ek.symmetric->key_bits},
        tpm::name_of(*tpm::parse_public_area(who.ak_public)), secret, random);
    const auto opened =
        device_->activate(with_size(credential.id_object), with_size(credential.encrypted_secret));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(*opened, secret);
  }
};

TEST_F(TssDeviceCredentials, A28_EveryRandomOneOpens) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  const Identity who = identity();
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(i);
    ASSERT_NO_FATAL_FAILURE(expect_opened(who, random_, random_.bytes(32)));
  }
}

// What one in 128 ephemeral keys does by chance, made sure of: a first byte that is zero in either
// coordinate of the ephemeral point or in that of the shared one.
TEST_F(TssDeviceCredentials, A28_OpensWhereACoordinateBeginsWithAZero) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  const Identity who = identity();
  const crypto::PublicKey ek = key_of(*tpm::parse_public_area(who.ek_public));
  int x = 0, y = 0, z = 0;
  for (int tries = 0; tries < 20'000 && (x < 2 || y < 2 || z < 2); ++tries) {
    Recorded scalar(random_);
    const auto ephemeral = crypto::EcPrivateKey::generate(scalar);
    const auto begins_with_zero = [](ByteSpan coordinate) { return coordinate[0] == 0; };
    const bool in_x = begins_with_zero(ephemeral.public_key().ec_x());
    const bool in_y = begins_with_zero(ephemeral.public_key().ec_y());
    const bool in_z = begins_with_zero(*ephemeral.ecdh(ek));
    if (in_x || in_y || in_z) {
      x += in_x;
      y += in_y;
      z += in_z;
      Recorded again(scalar.last());
      ASSERT_NO_FATAL_FAILURE(expect_opened(who, again, Bytes(32, 0x42)));
    }
  }
  EXPECT_TRUE(x > 1 && y > 1 && z > 1) << x << " " << y << " " << z;
}

// An AK that came with the TPM, where the clouds keep it.
class TssDeviceVendorAk : public TssDeviceTest {
 protected:
  // The key that is used is `ak`, certified, and what it signs is what a verifier takes.
  void expect_used(const Bytes& ak, const Bytes& certificate) {
    const Identity who = identity();
    EXPECT_EQ(who.ak_public, ak);
    EXPECT_EQ(who.ak_certificates, std::vector<Bytes>{certificate});
    EXPECT_TRUE(who.ek_certificates.empty());
    const auto keys = verify::verify_keys(
        {who.ek_certificates, who.ek_public, who.ak_public, who.ak_certificates});
    ASSERT_TRUE(verify::ok(keys));
    expect_activation_works();
    const auto quote = device_->quote(kSelection, Bytes(32, 7));
    ASSERT_TRUE(quote) << quote.error().message();
    const auto attested = tpm::parse_quote(quote->attested);
    ASSERT_TRUE(attested) << attested.error().message();
    // R12: of the endorsement hierarchy.
    EXPECT_EQ(
        attested->qualified_signer,
        tpm::primary_qualified_name(*tpm::parse_public_area(ak), tpm::Hierarchy::kEndorsement));
    EXPECT_EQ(tpm_->handles_in_use(), 0u);
  }
  const Bytes certificate_ = Bytes(800, 0x44);
};

TEST_F(TssDeviceVendorAk, AzuresIsPersistent) {
  const Bytes ak = tpm_->make_signing_key(0x81000003);
  EXPECT_NE(identity().ak_public, ak) << "nobody certified it";
  tpm_->write_nv(0x01C101D0, certificate_);
  expect_used(ak, certificate_);
  expect_used(ak, certificate_);  // it stays where it is
}

TEST_F(TssDeviceVendorAk, GooglesIsMadeFromATemplate) {
  const Bytes ak = tpm_->make_signing_key(0);
  tpm_->write_nv(0x01C10000, certificate_);
  EXPECT_TRUE(identity().ak_certificates.empty()) << "a certificate without its key";
  Bytes area = ak;  // a template has no key in it: `unique` is empty
  area.resize(area.size() - 258);
  area.insert(area.end(), 2, std::uint8_t{0});
  tpm_->write_nv(0x01C10001, area);
  expect_used(ak, certificate_);
}

TEST_F(TssDeviceVendorAk, IsNotUsedWhereTheEkHasACertificate) {
  const Bytes ak = tpm_->make_signing_key(0x81000003);
  tpm_->write_nv(0x01C101D0, certificate_);
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  EXPECT_NE(identity().ak_public, ak);
  EXPECT_TRUE(identity().ak_certificates.empty());
}

TEST_F(TssDeviceTest, ANonceOfTheMakerMakesAnotherEk) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  const Bytes usual = identity().ek_public;
  tpm_->write_nv(0x01C0000B, Bytes(20, 0x55));
  EXPECT_NE(identity().ek_public, usual);
  expect_activation_works();
}

TEST_F(TssDeviceTest, ATemplateOfTheMakerIsHonouredAndItsNonceToo) {
  tpm_->write_nv(kRsaCertificate, Bytes(700, 0x31));
  const Bytes usual = identity().ek_public;
  // Template L-1 but for the first byte of `unique`.
  Bytes stored = usual;
  std::fill(stored.end() - 256, stored.end(), std::uint8_t{0});
  stored[stored.size() - 256] = 7;
  tpm_->write_nv(0x01C00004, stored);
  const Bytes by_template = identity().ek_public;
  EXPECT_NE(by_template, usual);
  expect_activation_works();
  tpm_->write_nv(0x01C00003, Bytes(256, 0x66));
  EXPECT_NE(identity().ek_public, by_template);
  expect_activation_works();
}

TEST_F(TssDeviceTest, WhatIsNoTemplateOrNoNonceIsSaidToBe) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  tpm_->write_nv(0x01C0000B, Bytes(33, 1));
  EXPECT_EQ(device_->identity().error().code(), ErrorCode::kUnsupported);
  tpm_->write_nv(0x01C0000C, Bytes(10, 0xFF));
  EXPECT_FALSE(device_->identity());
}

TEST_F(TssDeviceTest, R5_RefusesACredentialForAnotherAk) {
  Identity who = identity();
  who.ak_public = testing::some_ak_public();
  const auto credential = credential_for(who, Bytes(32, 1));
  const auto opened =
      device_->activate(with_size(credential.id_object), with_size(credential.encrypted_secret));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kDenied) << opened.error().message();
  EXPECT_EQ(tpm_->handles_in_use(), 0u);
}

TEST_F(TssDeviceTest, R5_RefusesACredentialOfWhichAnyByteChanged) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  const auto credential = credential_for(identity(), Bytes(32, 0x42));
  Bytes blob = with_size(credential.id_object);
  Bytes secret = with_size(credential.encrypted_secret);
  for (Bytes* part : {&blob, &secret}) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      const auto bit = static_cast<std::uint8_t>(1u << i % 8);
      (*part)[i] ^= bit;
      EXPECT_FALSE(device_->activate(blob, secret)) << i;
      (*part)[i] ^= bit;
    }
  }
  EXPECT_TRUE(device_->activate(blob, secret)) << "and none of it locked the TPM";
}

TEST_F(TssDeviceTest, RefusesCredentialsThatAreNone) {
  identity();
  for (const Bytes& blob : {Bytes{}, Bytes{0}, Bytes{0, 5, 1}, Bytes{0, 1, 1, 1}}) {
    EXPECT_EQ(device_->activate(blob, with_size(Bytes(32))).error().code(), ErrorCode::kMalformed);
  }
  EXPECT_EQ(device_->activate(with_size(Bytes(5000)), with_size(Bytes(32))).error().code(),
            ErrorCode::kMalformed);
}

TEST_F(TssDeviceTest, R8_AQuoteParsesAndVerifiesAndSaysWhatWasAsked) {
  const Identity who = identity();
  tpm_->extend(7, 3);
  const Bytes data(32, 0x77);
  const auto signed_quote = device_->quote(kSelection, data);
  ASSERT_TRUE(signed_quote) << signed_quote.error().message();
  const auto values = device_->read_pcrs(kSelection[0]);
  ASSERT_TRUE(values) << values.error().message();

  const auto ak = *tpm::parse_public_area(who.ak_public);
  const auto quote = tpm::parse_quote(signed_quote->attested);
  ASSERT_TRUE(quote) << quote.error().message();
  EXPECT_EQ(quote->extra_data, data);
  EXPECT_EQ(quote->pcrs, kSelection);
  EXPECT_EQ(quote->qualified_signer, tpm::primary_qualified_name(ak, tpm::Hierarchy::kEndorsement));
  crypto::Hasher hasher(crypto::HashAlg::kSha256);
  for (const auto& [index, value] : *values) {
    hasher.update(value);
  }
  EXPECT_EQ(quote->pcr_digest, to_bytes(hasher.finish().bytes()));

  const auto signature = tpm::parse_signature(signed_quote->signature);
  ASSERT_TRUE(signature) << signature.error().message();
  const auto& ecdsa = std::get<tpm::EcdsaSignature>(*signature);
  EXPECT_TRUE(crypto::verify(
      key_of(ak), {.alg = crypto::SignatureAlg::kEcdsa, .hash = crypto::HashAlg::kSha256},
      signed_quote->attested, crypto::EcdsaSignature{.r = ecdsa.r, .s = ecdsa.s}));
}

TEST_F(TssDeviceTest, ReadsMorePcrsThanATpmGivesAtOnce) {
  tpm_->extend(10, 1);
  const auto values = device_->read_pcrs(kSelection[0]);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->size(), 12u);
  EXPECT_EQ(values->at(0), Bytes(32));
  EXPECT_NE(values->at(10), Bytes(32));
}

TEST_F(TssDeviceTest, ABankThatIsNotAllocatedIsSaidToBe) {
  const auto values =
      device_->read_pcrs({.bank = crypto::HashAlg::kSha512, .pcrs = tpm::PcrMask::range<0, 7>()});
  if (!values) {  // swtpm 0.7 allocates all banks unless told otherwise
    EXPECT_EQ(values.error().code(), ErrorCode::kUnsupported) << values.error().message();
  }
}

TEST_F(TssDeviceTest, KeysAreTheSameAfterEveryRestart) {
  tpm_->write_nv(kP256Certificate, Bytes(700, 0x31));
  const Identity before = identity();
  device_ = tss::create_device(tpm_->tcti());
  EXPECT_EQ(identity(), before);
  for (const PowerOff how : {PowerOff::kOrderly, PowerOff::kPowerLoss}) {
    tpm_->power_cycle(how);
    EXPECT_TRUE(device_->quote(kSelection, Bytes(32)));  // without asking for the identity again
    EXPECT_EQ(identity(), before);
  }
}

TEST_F(TssDeviceTest, NoticesThatTheTpmIsAnotherOne) {
  const Identity before = identity();
  tpm_->change_endorsement_seed();
  const auto quote = device_->quote(kSelection, Bytes(32));
  ASSERT_FALSE(quote);
  EXPECT_EQ(quote.error().code(), ErrorCode::kConflict) << quote.error().message();
  EXPECT_NE(identity().ak_public, before.ak_public);
  EXPECT_TRUE(device_->quote(kSelection, Bytes(32)));
}

TEST_F(TssDeviceTest, A174_PowerLossesDoNotLockTheAk) {
  identity();
  for (int i = 0; i < 6; ++i) {
    tpm_->power_cycle(PowerOff::kPowerLoss);
    const auto quote = device_->quote(kSelection, Bytes(32));
    ASSERT_TRUE(quote) << i << ": " << quote.error().message();
  }
}

TEST_F(TssDeviceTest, A175_AThousandQuotesLeaveNothingInTheTpm) {
  const Identity who = identity();
  const auto credential = credential_for(who, Bytes(32, 1));
  for (int i = 0; i < 1000; ++i) {
    const auto quote = device_->quote(kSelection, Bytes(32, static_cast<std::uint8_t>(i)));
    ASSERT_TRUE(quote) << i << ": " << quote.error().message();
    if (i % 10 == 0) {  // and failing operations neither
      ASSERT_FALSE(
          device_->activate(with_size(Bytes(40, 1)), with_size(credential.encrypted_secret)));
    }
  }
  EXPECT_EQ(tpm_->handles_in_use(), 0u);
}

TEST_F(TssDeviceTest, A175_ClearsAwayWhatAProgramThatWasKilledLeftBehind) {
  for (int i = 0; i < 3; ++i) {
    tpm_->leave_session_behind();
  }
  EXPECT_NE(tpm_->handles_in_use(), 0u);
  identity();
  EXPECT_EQ(tpm_->handles_in_use(), 0u);
}

TEST_F(TssDeviceTest, QuotesAndActivationsNeedAnIdentityFirst) {
  EXPECT_EQ(device_->quote(kSelection, Bytes(32)).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(device_->activate(with_size({}), with_size({})).error().code(), ErrorCode::kConflict);
}

TEST_F(TssDeviceTest, RefusesQualifyingDataThatNoTpmTakes) {
  identity();
  EXPECT_EQ(device_->quote(kSelection, Bytes(100)).error().code(), ErrorCode::kMalformed);
}

TEST_F(TssDeviceTest, ReportsHowLongTheTpmWasHeldAndWithWhatSuccess) {
  std::vector<std::pair<std::string, tss::Success>> operations;
  device_ = tss::create_device(tpm_->tcti(),
                               [&](std::string_view operation, auto held, tss::Success success) {
                                 operations.emplace_back(operation, success);
                                 EXPECT_GT(held.count(), 0);
                               });
  EXPECT_FALSE(device_->quote(kSelection, Bytes(32)));
  identity();
  EXPECT_TRUE(device_->quote(kSelection, Bytes(32)));
  EXPECT_TRUE(device_->read_pcrs(kSelection[0]));
  using enum tss::Success;
  const std::vector<std::pair<std::string, tss::Success>> expected{
      {"quote", kNo}, {"identity", kYes}, {"quote", kYes}, {"read_pcrs", kYes}};
  EXPECT_EQ(operations, expected);
}

TEST(TssDevice, AnAbsentTpmIsUnavailable) {
  ::setenv("TSS2_LOG", "all+none", 0);
  const auto device = tss::create_device("swtpm:path=/nonexistent/tpm.sock");
  EXPECT_EQ(device->identity().error().code(), ErrorCode::kUnavailable);
  const auto nonsense = tss::create_device("no-such-tcti:");
  EXPECT_EQ(nonsense->identity().error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace seaworthy::attester
