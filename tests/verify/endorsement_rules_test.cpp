// What a policy says about whose TPMs are believed: EndorsementRules.
#include <gtest/gtest.h>

#include "verify/expect.h"
#include "verify/identity.h"

namespace seaworthy::verify {
namespace {

using seaworthy::testing::make_certificate;
using seaworthy::testing::make_revocation_list;
using seaworthy::testing::TestTpm;
using Certificate = EndorsementRules::Certificate;

const Time kNow = Time::from_unix(seconds(1'800'000'000));

const TestTpm& tpm() {
  return seaworthy::testing::EvidenceBuilder::shared_tpm();
}

EndorsementRules rules() {
  EndorsementRules out;
  out.anchors = tpm().anchors();
  return out;
}

std::string hash_of_ek() {
  const auto keys = verify_keys({{}, tpm().ek_public(), tpm().ak_public()});
  return std::get<VerifiedKeys>(keys).ek_hash();
}

Checked<VerifiedEndorsement> judged(const EndorsementRules& rules) {
  return verify_endorsement(tpm().ek_public(), tpm().ek_certificates(), rules, kNow);
}

TEST(EndorsementRules, R1_AnUncertifiedKeyNeedsARuleThatSaysSo) {
  EndorsementRules by_pin = rules();
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), {}, by_pin, kNow)),
            Reasons{Reason::kEkCertificateMissing});
  by_pin.certificate = Certificate::kIfPinned;
  const auto pinned = verify_endorsement(tpm().ek_public(), {}, by_pin, kNow);
  ASSERT_TRUE(ok(pinned)) << text(std::get<Findings>(pinned));
  EXPECT_EQ(std::get<VerifiedEndorsement>(pinned).by(), VerifiedEndorsement::By::kPin);
  EXPECT_EQ(std::get<VerifiedEndorsement>(pinned).manufacturer(), "");
  by_pin.anchors.clear();
  EXPECT_TRUE(ok(verify_endorsement(tpm().ek_public(), {}, by_pin, kNow)));
}

TEST(EndorsementRules, A01_ACertificateThatIsThereHasToHoldAlsoIfNoneIsNeeded) {
  EndorsementRules by_pin;
  by_pin.certificate = Certificate::kIfPinned;
  EXPECT_EQ(refusals(judged(by_pin)), Reasons{Reason::kEkCertificateUntrusted});
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), {Bytes(100, 0x30)}, by_pin, kNow)),
            Reasons{Reason::kEkCertificateMalformed});
}

TEST(EndorsementRules, R2_AnUncertifiedKeyIsOfATemplateToo) {
  EndorsementRules by_pin;
  by_pin.certificate = Certificate::kIfPinned;
  tpm::PublicArea signing = tpm().ek;
  signing.attributes |= tpm::kSign;
  EXPECT_EQ(refusals(verify_endorsement(tpm::write_public_area(signing), {}, by_pin, kNow)),
            Reasons{Reason::kEkTemplateUnknown});
}

TEST(EndorsementRules, A12_ADeniedKeyIsRefusedWithAndWithoutCertificate) {
  EndorsementRules denied = rules();
  denied.denied_ek_hashes = {"sha256:" + std::string(64, '0'), hash_of_ek()};
  EXPECT_EQ(refusals(judged(denied)), Reasons{Reason::kTpmDenied});
  denied.certificate = Certificate::kIfPinned;
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), {}, denied, kNow)),
            Reasons{Reason::kTpmDenied});
  denied.denied_ek_hashes.pop_back();
  EXPECT_TRUE(ok(judged(denied)));
}

TEST(EndorsementRules, A12_ADeniedIssuerTakesWhatItIssuedWithIt) {
  EndorsementRules denied = rules();
  const auto certificates = tpm().ek_certificates();
  const auto issuer = crypto::Certificate::parse(certificates[1]);
  denied.denied_certificates = {issuer->fingerprint()};
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), certificates, denied, kNow)),
            Reasons{Reason::kTpmDenied});
}

TEST(EndorsementRules, A11_DeniedFirmwareIsRefusedByWhatTheCertificateSays) {
  EndorsementRules denied = rules();
  denied.denied_firmware = {{"id:49465800", "id:00070054"}, {"id:11111111", ""}};
  EXPECT_TRUE(ok(judged(denied)));
  denied.denied_firmware = {{"id:49465800", "id:00070055"}};
  EXPECT_EQ(refusals(judged(denied)), Reasons{Reason::kTpmDenied});
  denied.denied_firmware = {{"id:49465800", ""}};
  EXPECT_EQ(refusals(judged(denied)), Reasons{Reason::kTpmDenied});
  denied.certificate = Certificate::kIfPinned;
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), {}, denied, kNow)),
            Reasons{Reason::kTpmDenied})
      << "nobody says which firmware it is";
}

TEST(EndorsementRules, A12_RevocationListsAreAsked) {
  EndorsementRules listed = rules();
  const auto list = [&](std::vector<long> serials, std::int64_t until) {
    return *crypto::parse_revocation_lists(make_revocation_list(
        {"Test Intermediate", tpm().maker.intermediate_key, std::move(serials),
         Time::from_unix(seconds(1'700'000'000)), Time::from_unix(seconds(until))}));
  };
  listed.revocation_lists = list({1}, 1'900'000'000);
  EXPECT_TRUE(ok(judged(listed)));
  listed.revocation_lists = list({0x1234}, 1'900'000'000);
  EXPECT_EQ(refusals(judged(listed)), Reasons{Reason::kEkCertificateRevoked});
  listed.revocation_lists = list({1}, 1'799'999'999);
  EXPECT_EQ(refusals(judged(listed)), Reasons{Reason::kEkRevocationUnknown});
}

TEST(EndorsementRules, A26_RulesThatCannotBeReadBelieveNobody) {
  EndorsementRules broken = rules();
  broken.unusable = "revocationLists: crls, a: PEM block 1 does not decode";
  EXPECT_EQ(refusals(judged(broken)), Reasons{Reason::kEkRevocationUnknown});
}

TEST(EndorsementRules, A15_FindsTheIntermediateInTheMiddleOfTheMakersIndexes) {
  const auto certificates = tpm().ek_certificates();
  Bytes first = make_der(seaworthy::testing::TestTpmMaker().root_recipe());
  append(first, ByteSpan(certificates[1]).first(100));
  const Bytes second = to_bytes(ByteSpan(certificates[1]).subspan(100));
  const std::vector<Bytes> areas{certificates[0], first, second};
  EXPECT_TRUE(ok(verify_endorsement(tpm().ek_public(), areas, rules(), kNow)));
}

// The certificate names places to ask for its issuer and for revocation; nothing here can: pure
// layers have no sockets (purity.*), and the answer does not depend on what stands there.
TEST(EndorsementRules, A17_AddressesInACertificateChangeNothing) {
  auto recipe = tpm().ek_recipe();
  recipe.extensions.push_back({NID_info_access, "caIssuers;URI:http://169.254.169.254/latest"});
  recipe.extensions.push_back({NID_crl_distribution_points, "URI:http://127.0.0.1:1/crl"});
  const std::vector<Bytes> with_addresses{make_der(recipe), tpm().ek_certificates()[1]};
  EXPECT_TRUE(ok(verify_endorsement(tpm().ek_public(), with_addresses, rules(), kNow)));
  EXPECT_EQ(refusals(verify_endorsement(tpm().ek_public(), {with_addresses[0]}, rules(), kNow)),
            Reasons{Reason::kEkCertificateUntrusted})
      << "the issuer that it names an address of is not looked for";
}

TEST(EndorsementRules, A02_TheAuthorityOfAnotherClassIsNone) {
  EndorsementRules development = rules();
  EndorsementRules production;
  production.anchors = TestTpm(5).anchors();
  EXPECT_TRUE(ok(judged(development)));
  EXPECT_EQ(refusals(judged(production)), Reasons{Reason::kEkCertificateBadSignature})
      << "an authority of the same name, which did not sign it";
}

}  // namespace
}  // namespace seaworthy::verify
