// An AK that came with the TPM and its certificate, in place of one of the EK: what clouds do.
#include <gtest/gtest.h>

#include "verify/expect.h"
#include "verify/identity.h"

namespace seaworthy::verify {
namespace {

using seaworthy::testing::CertificateRecipe;
using seaworthy::testing::make_der;
using seaworthy::testing::TestTpm;
using By = VerifiedEndorsement::By;

const Time kNow = Time::from_unix(seconds(1'800'000'000));
const std::vector<Bytes> kNone;

const TestTpm& tpm() {
  return seaworthy::testing::EvidenceBuilder::shared_tpm();
}
EndorsementRules accepting() {
  EndorsementRules out;
  out.anchors = tpm().anchors();
  out.attestation_key_certificate = true;
  return out;
}
Checked<VerifiedEndorsement> judged(const std::vector<Bytes>& ak_certificates,
                                    const EndorsementRules& rules = accepting()) {
  return verify_endorsement({kNone, tpm().ek_public(), tpm().ak_public(), ak_certificates}, rules,
                            kNow);
}
Checked<VerifiedEndorsement> judged(void (*change)(CertificateRecipe&)) {
  CertificateRecipe recipe = tpm().ak_recipe();
  change(recipe);
  return judged({make_der(recipe), tpm().ak_certificates()[1]});
}

TEST(AkEndorsement, R1_IsBelievedWhereThePolicyTakesIt) {
  const auto verified = judged(tpm().ak_certificates());
  ASSERT_TRUE(ok(verified)) << text(std::get<Findings>(verified));
  EXPECT_EQ(std::get<VerifiedEndorsement>(verified).by(), By::kAkCertificate);
  EXPECT_EQ(std::get<VerifiedEndorsement>(verified).manufacturer(), "id:49465800");

  EndorsementRules usual = accepting();
  usual.attestation_key_certificate = false;
  EXPECT_EQ(refusals(judged(tpm().ak_certificates(), usual)),
            Reasons{Reason::kEkCertificateMissing});
}

TEST(AkEndorsement, R1_ThatOfTheEkCountsFirstAndHasToHold) {
  const auto ek = tpm().ek_certificates();
  const auto ak = tpm().ak_certificates();
  const auto both =
      verify_endorsement({ek, tpm().ek_public(), tpm().ak_public(), ak}, accepting(), kNow);
  ASSERT_TRUE(ok(both));
  EXPECT_EQ(std::get<VerifiedEndorsement>(both).by(), By::kEkCertificate);
  const std::vector<Bytes> false_one{Bytes(100, 0x30)};
  EXPECT_EQ(refusals(verify_endorsement({false_one, tpm().ek_public(), tpm().ak_public(), ak},
                                        accepting(), kNow)),
            Reasons{Reason::kEkCertificateMalformed});
}

TEST(AkEndorsement, A03_ThatOfAnotherAkIsRefused) {
  const auto mixed = judged([](auto& recipe) { recipe.key = seaworthy::testing::new_ec_key(); });
  EXPECT_EQ(refusals(mixed), Reasons{Reason::kAkKeyMismatch});
}

// A certificate says what its key is for: one of a key that decrypts does not vouch for quotes.
TEST(AkEndorsement, A02_AnEkCertificateIsNoneOfAnAk) {
  EXPECT_EQ(refusals(judged([](auto& recipe) {
              recipe.extensions = seaworthy::testing::ek_extensions("keyAgreement");
            })),
            (Reasons{Reason::kEkCertificateWrongUsage, Reason::kEkCertificateWrongUsage}));
  EXPECT_EQ(refusals(judged([](auto& recipe) { recipe.extensions.pop_back(); })),
            Reasons{Reason::kEkCertificateWrongUsage});
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(),
                                        {make_der([] {
                                           CertificateRecipe recipe = tpm().ek_recipe();
                                           recipe.extensions = seaworthy::testing::ak_extensions();
                                           return recipe;
                                         }()),
                                         tpm().ek_certificates()[1]},
                                        accepting(), kNow)),
            (Reasons{Reason::kEkCertificateWrongUsage, Reason::kEkCertificateWrongUsage}));
}

TEST(AkEndorsement, A01_ChainsToAnAnchorLikeAnyOther) {
  EXPECT_EQ(refusals(judged({tpm().ak_certificates()[0]})),
            Reasons{Reason::kEkCertificateUntrusted});
  EXPECT_EQ(refusals(judged([](auto& recipe) { recipe.not_after = kNow - seconds(1); })),
            Reasons{Reason::kEkCertificateExpired});
  EXPECT_EQ(refusals(judged({Bytes(100, 0x30)})), Reasons{Reason::kEkCertificateMalformed});
}

TEST(AkEndorsement, A12_WhatIsDeniedIsDenied) {
  EndorsementRules denied = accepting();
  denied.denied_ek_hashes = {
      std::get<VerifiedKeys>(verify_keys({kNone, tpm().ek_public(), tpm().ak_public()})).ek_hash()};
  EXPECT_EQ(refusals(judged(tpm().ak_certificates(), denied)), Reasons{Reason::kTpmDenied});
  denied = accepting();
  denied.denied_firmware = {{"id:49465800", ""}};
  EXPECT_EQ(refusals(judged(tpm().ak_certificates(), denied)), Reasons{Reason::kTpmDenied});
  denied = accepting();
  denied.unusable = "a list that cannot be read";
  EXPECT_EQ(refusals(judged(tpm().ak_certificates(), denied)),
            Reasons{Reason::kEkRevocationUnknown});
}

// A cloud's key may lack noDA, and nothing else.
TEST(AkEndorsement, R4_MayLackNoDaAndNothingElse) {
  tpm::PublicArea ak = tpm().ak;
  ak.attributes &= ~tpm::kNoDa;
  const Bytes lacking = tpm::write_public_area(ak);
  EXPECT_FALSE(ok(verify_keys({kNone, tpm().ek_public(), lacking})));
  const auto certificates = tpm().ak_certificates();
  EXPECT_TRUE(ok(verify_keys({kNone, tpm().ek_public(), lacking, certificates})));
  // Certificates that nobody looks at excuse nothing.
  const auto of_ek = tpm().ek_certificates();
  EXPECT_FALSE(ok(verify_keys({of_ek, tpm().ek_public(), lacking, certificates})));
  EXPECT_TRUE(
      ok(verify_endorsement({kNone, tpm().ek_public(), lacking, certificates}, accepting(), kNow)));
  EXPECT_TRUE(enrolled_attestation_key(lacking, AkOrigin::kCertified));
  EXPECT_FALSE(enrolled_attestation_key(lacking));
  ak.attributes &= ~tpm::kRestricted;
  const Bytes unrestricted = tpm::write_public_area(ak);
  EXPECT_EQ(refusals(verify_endorsement({kNone, tpm().ek_public(), unrestricted, certificates},
                                        accepting(), kNow)),
            Reasons{Reason::kAkAttributes});
}

}  // namespace
}  // namespace seaworthy::verify
