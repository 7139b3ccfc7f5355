#include "verify/identity.h"

#include <gtest/gtest.h>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "support/fake_random.h"
#include "support/vectors.h"
#include "tpm/ek_policy.h"
#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;
using seaworthy::testing::TestTpm;
using seaworthy::testing::vector_file;

const Time kNow = Time::from_unix(seconds(1'800'000'000));

const TestTpm& tpm_a() {
  return seaworthy::testing::EvidenceBuilder::shared_tpm();
}
const TestTpm& tpm_b() {
  static const TestTpm* const other = new TestTpm(1);
  return *other;
}

Checked<VerifiedEndorsement> endorsement(const std::vector<Bytes>& certificates) {
  return verify_endorsement(tpm_a().ek_public(), certificates, tpm_a().anchors(), kNow);
}

// ---- The EK certificate ------------------------------------------------------------------------

TEST(Endorsement, R1_AcceptsACertificateOfAConfiguredMaker) {
  const auto verified = endorsement(tpm_a().ek_certificates());
  ASSERT_TRUE(ok(verified)) << text(std::get<Findings>(verified));
  EXPECT_EQ(std::get<VerifiedEndorsement>(verified).manufacturer(), "id:49465800");
  EXPECT_EQ(std::get<VerifiedEndorsement>(verified).model(), "SLB9670");
  EXPECT_EQ(std::get<VerifiedEndorsement>(verified).firmware(), "id:00070055");
}

TEST(Endorsement, A01_RefusesASoftwareTpm) {
  EXPECT_EQ(refusals(endorsement({})), Reasons{Reason::kEkCertificateMissing});
  auto self_signed = tpm_a().ek_recipe();
  self_signed.subject = self_signed.issuer = "Homemade";
  self_signed.issuer_key = self_signed.key;
  EXPECT_TRUE(has(std::get<Findings>(endorsement({make_der(self_signed)})),
                  Reason::kEkCertificateUntrusted));
  const auto other_maker =
      verify_endorsement(tpm_b().ek_public(), tpm_b().ek_certificates(), tpm_a().anchors(), kNow);
  EXPECT_FALSE(ok(other_maker));
  EXPECT_FALSE(ok(verify_endorsement(tpm_a().ek_public(), tpm_a().ek_certificates(),
                                     std::vector<crypto::TrustAnchor>{}, kNow)));
}

TEST(Endorsement, A03_RefusesTheCertificateOfAnotherTpm) {
  auto anchors = tpm_a().anchors();
  anchors.push_back(tpm_b().anchors()[0]);
  const auto mixed =
      verify_endorsement(tpm_a().ek_public(), tpm_b().ek_certificates(), anchors, kNow);
  EXPECT_EQ(refusals(mixed), Reasons{Reason::kEkKeyMismatch});
}

TEST(Endorsement, A14_JudgesAtTheTimeGiven) {
  const auto at = [](std::int64_t when) {
    return verify_endorsement(tpm_a().ek_public(), tpm_a().ek_certificates(), tpm_a().anchors(),
                              Time::from_unix(seconds(when)));
  };
  EXPECT_TRUE(has(std::get<Findings>(at(1'950'000'000)), Reason::kEkCertificateExpired));
  EXPECT_TRUE(has(std::get<Findings>(at(1'600'000'000)), Reason::kEkCertificateNotYetValid));
}

TEST(Endorsement, A16_RefusesWhatIsNoCertificate) {
  EXPECT_EQ(refusals(endorsement({Bytes(100, 0x30)})), Reasons{Reason::kEkCertificateMalformed});
  const Bytes der = tpm_a().ek_certificates()[0];
  EXPECT_EQ(refusals(endorsement({to_bytes(ByteSpan(der).first(der.size() - 1))})),
            Reasons{Reason::kEkCertificateMalformed});
}

TEST(Endorsement, PassesOverCandidatesThatCannotBeRead) {
  auto certificates = tpm_a().ek_certificates();
  certificates.insert(certificates.begin() + 1, Bytes{1, 2, 3});
  EXPECT_TRUE(ok(endorsement(certificates)));
}

TEST(Endorsement, A13_RefusesALeafAsIssuer) {
  auto leaf_ca = tpm_a().maker.intermediate_recipe();
  leaf_ca.extensions = seaworthy::testing::ek_extensions("digitalSignature");
  const auto refused = endorsement({tpm_a().ek_certificates()[0], make_der(leaf_ca)});
  EXPECT_TRUE(has(std::get<Findings>(refused), Reason::kEkIssuerMayNotIssue));
}

TEST(Endorsement, TellsAForgedCertificateFromAnUnknownOne) {
  auto forged = tpm_a().ek_recipe();
  forged.issuer_key = seaworthy::testing::new_ec_key();
  EXPECT_TRUE(has(std::get<Findings>(endorsement(
                      {make_der(forged), make_der(tpm_a().maker.intermediate_recipe())})),
                  Reason::kEkCertificateBadSignature));
}

TEST(Endorsement, RefusesACertificateForAnotherUse) {
  auto signing = tpm_a().ek_recipe();
  signing.extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,digitalSignature"}};
  EXPECT_TRUE(has(std::get<Findings>(endorsement(
                      {make_der(signing), make_der(tpm_a().maker.intermediate_recipe())})),
                  Reason::kEkCertificateWrongUsage));
}

TEST(Endorsement, A33_RefusesAChainWithSha1) {
  auto weak = tpm_a().ek_recipe();
  weak.hash = EVP_sha1();
  EXPECT_TRUE(has(std::get<Findings>(
                      endorsement({make_der(weak), make_der(tpm_a().maker.intermediate_recipe())})),
                  Reason::kEkCertificateWeak));
}

// ---- The EK ------------------------------------------------------------------------------------

struct EkLie {
  const char* name;
  void (*tell)(tpm::PublicArea&);
  Reason reason;
};
class EkLies : public ::testing::TestWithParam<EkLie> {};

TEST_P(EkLies, A06_AreRefused) {
  tpm::PublicArea ek = tpm_a().ek;
  GetParam().tell(ek);
  const auto checked =
      verify_keys({tpm_a().ek_certificates(), tpm::write_public_area(ek), tpm_a().ak_public()});
  EXPECT_EQ(refusals(checked), Reasons{GetParam().reason});
}

INSTANTIATE_TEST_SUITE_P(
    Table, EkLies,
    ::testing::Values(
        EkLie{"Sign", [](auto& ek) { ek.attributes |= tpm::kSign; }, Reason::kEkTemplateUnknown},
        EkLie{"NotFixedTpm", [](auto& ek) { ek.attributes &= ~tpm::kFixedTpm; },
              Reason::kEkTemplateUnknown},
        EkLie{"NotFixedParent", [](auto& ek) { ek.attributes &= ~tpm::kFixedParent; },
              Reason::kEkTemplateUnknown},
        EkLie{"NotMadeInTheTpm", [](auto& ek) { ek.attributes &= ~tpm::kSensitiveDataOrigin; },
              Reason::kEkTemplateUnknown},
        EkLie{"NotRestricted", [](auto& ek) { ek.attributes &= ~tpm::kRestricted; },
              Reason::kEkTemplateUnknown},
        EkLie{"UserWithAuthInTheLowRange", [](auto& ek) { ek.attributes |= tpm::kUserWithAuth; },
              Reason::kEkTemplateUnknown},
        EkLie{"NoPolicy", [](auto& ek) { ek.auth_policy.clear(); }, Reason::kEkTemplateUnknown},
        EkLie{"AnotherPolicy", [](auto& ek) { ek.auth_policy[0] ^= 1; },
              Reason::kEkTemplateUnknown},
        EkLie{"AnotherNameAlg", [](auto& ek) { ek.name_alg = HashAlg::kSha384; },
              Reason::kEkTemplateUnknown},
        EkLie{"AnotherCipher", [](auto& ek) { ek.symmetric = tpm::SymmetricDef{256}; },
              Reason::kEkTemplateUnknown},
        EkLie{"AScheme",
              [](auto& ek) {
                ek.scheme = tpm::Scheme{tpm::kAlgEcdsa, HashAlg::kSha256};
              },
              Reason::kEkTemplateUnknown},
        EkLie{"A10_APointOffTheCurve", [](auto& ek) { std::get<tpm::EccKey>(ek.key).x[0] ^= 1; },
              Reason::kEkPublicMalformed}),
    [](const auto& row) { return std::string(row.param.name); });

// E3: every template of the profile but SM2's, and none of them with the size or the hash of
// another.
struct EkTemplate {
  const char* name;
  int rsa_bits;  // 0: ECC on this curve
  const char* curve;
  std::uint32_t attributes;
  HashAlg name_alg;
  std::string_view policy;
  std::uint16_t symmetric_bits;
};
constexpr std::string_view kP256 = "P-256";
class EkTemplates : public ::testing::TestWithParam<EkTemplate> {
 protected:
  static tpm::PublicArea area() {
    const EkTemplate& row = GetParam();
    tpm::PublicArea ek = tpm_a().ek;
    ek.attributes = row.attributes;
    ek.name_alg = row.name_alg;
    ek.auth_policy = *codec::from_hex(row.policy);
    ek.symmetric = tpm::SymmetricDef{row.symmetric_bits};
    ek.key = row.rsa_bits != 0 ? rsa(row.rsa_bits) : ecc(row.curve);
    return ek;
  }
  static std::variant<tpm::RsaKey, tpm::EccKey> rsa(int bits) {  // nobody looks for its factors
    return tpm::RsaKey{static_cast<std::uint16_t>(bits), 0,
                       Bytes(static_cast<std::size_t>(bits) / 8, 0xFF)};
  }
  static std::variant<tpm::RsaKey, tpm::EccKey> ecc(const char* curve) {
    const auto key = seaworthy::testing::public_half(seaworthy::testing::new_ec_key(curve));
    return tpm::EccKey{static_cast<tpm::EccCurve>(*key.curve()), to_bytes(key.ec_x()),
                       to_bytes(key.ec_y())};
  }
  static Checked<VerifiedKeys> checked(const tpm::PublicArea& ek) {
    return verify_keys({{}, tpm::write_public_area(ek), tpm_a().ak_public()});
  }
};

TEST_P(EkTemplates, R2_E3_AreAcceptedAndGetACredential) {
  const auto keys = checked(area());
  ASSERT_TRUE(ok(keys)) << text(std::get<Findings>(keys));
  const crypto::EkParameters& ek = std::get<VerifiedKeys>(keys).ek();
  EXPECT_EQ(ek.name_alg, GetParam().name_alg);
  EXPECT_EQ(ek.symmetric_bits, GetParam().symmetric_bits);
  seaworthy::testing::FakeRandom random;
  EXPECT_TRUE(crypto::make_credential(ek, tpm::name_of(tpm_a().ak), Bytes(32, 1), random));
}

TEST_P(EkTemplates, R2_E3_AreRefusedWithTheKeyTheHashOrTheCipherOfAnother) {
  for (const HashAlg other : {HashAlg::kSha256, HashAlg::kSha384, HashAlg::kSha512}) {
    tpm::PublicArea ek = area();
    ek.name_alg = other;
    EXPECT_EQ(ok(checked(ek)), other == GetParam().name_alg);
  }
  tpm::PublicArea ek = area();
  ek.symmetric->key_bits ^= 128 ^ 256;
  EXPECT_EQ(refusals(checked(ek)), Reasons{Reason::kEkTemplateUnknown});
  ek = area();
  ek.key = GetParam().rsa_bits != 0    ? rsa(GetParam().rsa_bits == 2048 ? 3072 : 2048)
           : GetParam().curve == kP256 ? ecc("P-384")
                                       : ecc("P-256");
  EXPECT_EQ(refusals(checked(ek)), Reasons{Reason::kEkTemplateUnknown});
}

constexpr auto kSha256 = HashAlg::kSha256;
constexpr auto kSha384 = HashAlg::kSha384;
INSTANTIATE_TEST_SUITE_P(
    Table, EkTemplates,
    ::testing::Values(EkTemplate{"L1", 2048, "", 0x300B2, kSha256, tpm::kEkPolicies256.a, 128},
                      EkTemplate{"L2", 0, "P-256", 0x300B2, kSha256, tpm::kEkPolicies256.a, 128},
                      EkTemplate{"H1", 2048, "", 0x300F2, kSha256, tpm::kEkPolicies256.b, 128},
                      EkTemplate{"H2", 0, "P-256", 0x300F2, kSha256, tpm::kEkPolicies256.b, 128},
                      EkTemplate{"H3", 0, "P-384", 0x300F2, kSha384, tpm::kEkPolicies384.b, 256},
                      EkTemplate{"H4", 0, "P-521", 0x300F2, HashAlg::kSha512, tpm::kEkPolicies512.b,
                                 256},
                      EkTemplate{"H6", 3072, "", 0x300F2, kSha384, tpm::kEkPolicies384.b, 256},
                      EkTemplate{"H7", 4096, "", 0x300F2, kSha384, tpm::kEkPolicies384.b, 256}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Keys, AcceptsTheTemplatesAndPinsByTheKey) {
  const auto checked =
      verify_keys({tpm_a().ek_certificates(), tpm_a().ek_public(), tpm_a().ak_public()});
  ASSERT_TRUE(ok(checked)) << text(std::get<Findings>(checked));
  const auto& keys = std::get<VerifiedKeys>(checked);
  EXPECT_EQ(keys.ek_hash().size(), 7u + 64u);
  EXPECT_TRUE(keys.ek_hash().starts_with("sha256:"));
  EXPECT_EQ(keys.ek().symmetric_bits, 128);
  EXPECT_EQ(keys.ak_name(), tpm::name_of(tpm_a().ak));
}

TEST(Keys, A10_RefusesWeakRsaKeys) {
  tpm::PublicArea ek = tpm_a().ek;
  Bytes modulus(256, 0xFF);
  ek.key = tpm::RsaKey{2048, 3, modulus};
  const auto exponent = verify_keys({{}, tpm::write_public_area(ek), tpm_a().ak_public()});
  EXPECT_EQ(refusals(exponent), Reasons{Reason::kEkKeyWeak});
  tpm::PublicArea ak = tpm_a().ak;
  ak.scheme = tpm::Scheme{tpm::kAlgRsassa, HashAlg::kSha256};
  ak.key = tpm::RsaKey{1024, 0, Bytes(128, 0xFF)};
  EXPECT_EQ(refusals(verify_attestation_key(tpm::write_public_area(ak))),
            Reasons{Reason::kAkKeyWeak});
}

TEST(Keys, ReportsBothKeysAtOnce) {
  EXPECT_EQ(refusals(verify_keys({{}, Bytes{1}, Bytes{2}})),
            (Reasons{Reason::kEkPublicMalformed, Reason::kAkPublicMalformed}));
}

TEST(Keys, AcceptsTheEkOfARealTpm) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes ek = vector_file("keylime+keylime/test-data/files/ek.pub");
  const auto checked = verify_keys({{}, ByteSpan(ek).subspan(2), tpm_a().ak_public()});
  EXPECT_TRUE(ok(checked));
}

// ---- The AK ------------------------------------------------------------------------------------

struct AkLie {
  const char* name;
  void (*tell)(tpm::PublicArea&);
  Reason reason;
};
class AkLies : public ::testing::TestWithParam<AkLie> {};

TEST_P(AkLies, R4_AreRefused) {
  tpm::PublicArea ak = tpm_a().ak;
  GetParam().tell(ak);
  const Bytes bytes = tpm::write_public_area(ak);
  EXPECT_EQ(refusals(verify_attestation_key(bytes)), Reasons{GetParam().reason});
  EXPECT_EQ(enrolled_attestation_key(bytes).error().code(), ErrorCode::kDenied);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AkLies,
    ::testing::Values(
        AkLie{"A07_NotFixedTpm", [](auto& ak) { ak.attributes &= ~tpm::kFixedTpm; },
              Reason::kAkAttributes},
        AkLie{"A07_NotFixedParent", [](auto& ak) { ak.attributes &= ~tpm::kFixedParent; },
              Reason::kAkAttributes},
        AkLie{"A07_NotMadeInTheTpm", [](auto& ak) { ak.attributes &= ~tpm::kSensitiveDataOrigin; },
              Reason::kAkAttributes},
        AkLie{"A08_NotRestricted", [](auto& ak) { ak.attributes &= ~tpm::kRestricted; },
              Reason::kAkAttributes},
        AkLie{"NotSigning", [](auto& ak) { ak.attributes &= ~tpm::kSign; }, Reason::kAkAttributes},
        AkLie{"NotNoDa", [](auto& ak) { ak.attributes &= ~tpm::kNoDa; }, Reason::kAkAttributes},
        AkLie{"A08_Decrypting", [](auto& ak) { ak.attributes |= tpm::kDecrypt; },
              Reason::kAkAttributes},
        AkLie{"StClear", [](auto& ak) { ak.attributes |= tpm::kStClear; }, Reason::kAkAttributes},
        AkLie{"AnUnknownAttribute", [](auto& ak) { ak.attributes |= 1u << 31; },
              Reason::kAkAttributes},
        AkLie{"AnAuthorizationPolicy", [](auto& ak) { ak.auth_policy = Bytes(32, 1); },
              Reason::kAkAttributes},
        AkLie{"NoScheme", [](auto& ak) { ak.scheme.reset(); }, Reason::kAkAlgorithm},
        AkLie{"AKeyExchangeScheme",
              [](auto& ak) {
                ak.scheme = tpm::Scheme{tpm::kAlgEcdh, HashAlg::kSha256};
              },
              Reason::kAkAlgorithm},
        AkLie{"A33_Sha1", [](auto& ak) { ak.scheme->hash = HashAlg::kSha1; }, Reason::kAkAlgorithm},
        AkLie{"A33_ASha1Name", [](auto& ak) { ak.name_alg = HashAlg::kSha1; },
              Reason::kAkAlgorithm},
        AkLie{"ACipher", [](auto& ak) { ak.symmetric = tpm::SymmetricDef{128}; },
              Reason::kAkAlgorithm},
        AkLie{"ACurveThatIsNotOnTheList",
              [](auto& ak) {
                const auto key =
                    seaworthy::testing::public_half(seaworthy::testing::new_ec_key("P-521"));
                ak.key = tpm::EccKey{tpm::EccCurve::kNistP521, to_bytes(key.ec_x()),
                                     to_bytes(key.ec_y())};
              },
              Reason::kAkAlgorithm},
        AkLie{"A10_APointOffTheCurve", [](auto& ak) { std::get<tpm::EccKey>(ak.key).y[0] ^= 1; },
              Reason::kAkPublicMalformed}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(AttestationKey, R3_ItsNameIsComputed) {
  const auto ak = enrolled_attestation_key(tpm_a().ak_public());
  ASSERT_TRUE(ak);
  EXPECT_EQ(ak->name(), tpm::name_of(tpm_a().ak));
  EXPECT_EQ(ak->qualified_name(),
            tpm::primary_qualified_name(tpm_a().ak, tpm::Hierarchy::kEndorsement));
  EXPECT_EQ(ak->public_area(), tpm_a().ak_public());
}

// ---- Keys of real TPMs that are not good enough -----------------------------------------------

TEST(AttestationKey, A33_RefusesTheSha1KeyOfAWindowsMachine) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes bytes =
      vector_file("google+go-attestation/attest/testdata/windows_gcp_shielded_vm.json");
  const auto recorded = codec::parse_json(as_text(bytes), {.max_bytes = 1 << 20});
  ASSERT_TRUE(recorded);
  const auto ak = codec::from_base64((*recorded)["AK"]["Public"].get<std::string>());
  ASSERT_TRUE(ak);
  EXPECT_EQ(refusals(verify_attestation_key(*ak)),
            (Reasons{Reason::kAkAttributes, Reason::kAkAlgorithm}));  // a policy, and SHA-1
}

TEST(AttestationKey, R4_RefusesAKeyWithoutNoDa) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes ak = vector_file("keylime+keylime/test-data/files/ak.pub");
  EXPECT_EQ(refusals(verify_attestation_key(ByteSpan(ak).subspan(2))),
            Reasons{Reason::kAkAttributes});
}

}  // namespace
}  // namespace seaworthy::verify
