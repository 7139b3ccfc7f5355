#include "crypto/ek_profile.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::CertificateRecipe;
using testing::ek_extensions;
using testing::TestTpmMaker;

const TestTpmMaker& maker() {
  static const TestTpmMaker made;
  return made;
}

void set_serial(X509* x509, const Bytes& content, int type = V_ASN1_INTEGER) {
  ASN1_STRING* serial = X509_get_serialNumber(x509);
  ASN1_STRING_set(serial, content.data(), static_cast<int>(content.size()));
  serial->type = type;
}

struct Case {
  const char* name;
  std::function<void(CertificateRecipe&)> change;
  std::optional<ChainFailure> expected;  // null: nothing found
  bool allow_missing_eku = false;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class EkProfile : public ::testing::TestWithParam<Case> {};

TEST_P(EkProfile, Finds) {
  CertificateRecipe recipe = maker().ek_recipe();
  GetParam().change(recipe);
  const ChainProblems found = check_profile(
      testing::make_certificate(recipe), LeafKind::kEndorsementKey, GetParam().allow_missing_eku);
  if (!GetParam().expected) {
    EXPECT_TRUE(found.empty()) << name(found.front().failure) << found.front().message;
    return;
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(name(found[0].failure), name(*GetParam().expected)) << found[0].message;
  EXPECT_FALSE(found[0].message.empty());
  EXPECT_EQ(found[0].about.rfind("sha256:", 0), 0u);  // the subject is empty
}

const Case kCases[] = {
    {"RegularRsa", [](CertificateRecipe&) {}, {}},
    {"RegularEc",
     [](CertificateRecipe& r) {
       r.key = testing::new_ec_key();
       r.extensions = ek_extensions("keyAgreement");
     },
     {}},
    {"A15_WithoutBasicConstraints",
     [](CertificateRecipe& r) { r.extensions.erase(r.extensions.begin()); },
     {}},
    {"A15_CaFalseWrittenOut",  // Intel ODCA: 30 03 01 01 00
     [](CertificateRecipe& r) {
       r.extensions.erase(r.extensions.begin());
       r.edit = [](X509* x509) {
         const Bytes value = {0x30, 0x03, 0x01, 0x01, 0x00};
         ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
         ASN1_OCTET_STRING_set(octets, value.data(), static_cast<int>(value.size()));
         X509_EXTENSION* made =
             X509_EXTENSION_create_by_NID(nullptr, NID_basic_constraints, 1, octets);
         X509_add_ext(x509, made, -1);
         X509_EXTENSION_free(made);
         ASN1_OCTET_STRING_free(octets);
       };
     },
     {}},
    {"A15_CriticalEku",
     [](CertificateRecipe& r) { r.extensions[2].value = "critical,2.23.133.8.1"; },
     {}},
    {"A15_WithoutKeyUsage",
     [](CertificateRecipe& r) { r.extensions.erase(r.extensions.begin() + 1); },
     {}},
    {"A15_RsaesOaepKey",
     [](CertificateRecipe& r) {
       r.edit = [](X509* x509) {
         std::uint8_t* key = nullptr;
         const int size = i2d_PublicKey(X509_get0_pubkey(x509), &key);
         X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_nid2obj(NID_rsaesOaep), V_ASN1_NULL,
                                nullptr, key, size);
       };
     },
     {}},
    {"A13_CaCertificate", [](CertificateRecipe& r) { r.extensions[0].value = "critical,CA:TRUE"; },
     ChainFailure::kWrongUsage},
    {"SigningKey",
     [](CertificateRecipe& r) { r.extensions[1].value = "critical,digitalSignature"; },
     ChainFailure::kWrongUsage},
    {"EcKeyThatIsSaidToEncipher", [](CertificateRecipe& r) { r.key = testing::new_ec_key(); },
     ChainFailure::kWrongUsage},
    {"ServerCertificate", [](CertificateRecipe& r) { r.extensions[2].value = "serverAuth"; },
     ChainFailure::kWrongUsage},
    {"WithoutEku", [](CertificateRecipe& r) { r.extensions.pop_back(); },
     ChainFailure::kWrongUsage},
    {"WithoutEkuUnderAnAnchorThatAllowsIt",
     [](CertificateRecipe& r) { r.extensions.pop_back(); },
     {},
     true},
    {"WrongEkuUnderAnAnchorThatAllowsNone",
     [](CertificateRecipe& r) { r.extensions[2].value = "clientAuth"; }, ChainFailure::kWrongUsage,
     true},
    {"A16_UnknownCriticalExtension",
     [](CertificateRecipe& r) {
       const auto before = r.edit;
       r.edit = [before](X509* x509) {
         before(x509);
         ASN1_OBJECT* oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
         ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
         ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>("\x05\x00"), 2);
         X509_EXTENSION* made = X509_EXTENSION_create_by_OBJ(nullptr, oid, 1, octets);
         X509_add_ext(x509, made, -1);
         X509_EXTENSION_free(made);
         ASN1_OCTET_STRING_free(octets);
         ASN1_OBJECT_free(oid);
       };
     },
     ChainFailure::kUnknownCritical},
    {"SerialZero", [](CertificateRecipe& r) { r.edit = [](X509* x) { set_serial(x, {0}); }; },
     ChainFailure::kBadSerial},
    {"SerialNegative",
     [](CertificateRecipe& r) { r.edit = [](X509* x) { set_serial(x, {5}, V_ASN1_NEG_INTEGER); }; },
     ChainFailure::kBadSerial},
    {"SerialOf20Bytes",
     [](CertificateRecipe& r) { r.edit = [](X509* x) { set_serial(x, Bytes(20, 0x7F)); }; },
     {}},
    {"SerialOf21Bytes",
     [](CertificateRecipe& r) { r.edit = [](X509* x) { set_serial(x, Bytes(21, 0x7F)); }; },
     ChainFailure::kBadSerial},
    {"A10_ShortRsaKey", [](CertificateRecipe& r) { r.key = testing::new_rsa_key(1024); },
     ChainFailure::kWeakKey},
    {"A10_ForeignCurve",
     [](CertificateRecipe& r) {
       r.key = testing::new_ec_key("secp256k1");
       r.extensions = ek_extensions("keyAgreement");
     },
     ChainFailure::kUnusableKey},
};

INSTANTIATE_TEST_SUITE_P(Table, EkProfile, ::testing::ValuesIn(kCases),
                         [](const auto& at) { return std::string(at.param.name); });

TEST(EkProfileAll, RefusesVersion1) {
  CertificateRecipe recipe = maker().ek_recipe();
  recipe.version = X509_VERSION_1;
  recipe.extensions.clear();
  recipe.edit = nullptr;
  const ChainProblems found =
      check_profile(testing::make_certificate(recipe), LeafKind::kEndorsementKey, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].failure, ChainFailure::kBadVersion);
}

TEST(EkProfileAll, TellsAllProblemsAndNotTheFirst) {
  CertificateRecipe recipe = maker().ek_recipe();
  recipe.key = testing::new_rsa_key(1024);
  recipe.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "keyCertSign"}};
  recipe.edit = [](X509* x) { set_serial(x, {0}); };
  EXPECT_EQ(
      check_profile(testing::make_certificate(recipe), LeafKind::kEndorsementKey, false).size(),
      5u);
}

}  // namespace
}  // namespace seaworthy::crypto
