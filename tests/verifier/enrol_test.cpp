#include "verifier/enrol.h"

#include <gtest/gtest.h>

#include "support/listening_port.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

// Enrolment and a round with a certificate that names addresses at which somebody listens; once
// with its issuer beside it, once so that only asking there could find it.
TEST(Enrol, A17_NobodyCallsTheAddressesInACertificate) {
  VerifierRig rig;
  testing::ListeningPort port;
  port.call();
  ASSERT_TRUE(port.called()) << "it would notice";
  auto recipe = rig.tpm_.ek_recipe();
  recipe.extensions.push_back({NID_info_access, "caIssuers;URI:" + port.url("/issuer")});
  recipe.extensions.push_back({NID_crl_distribution_points, "URI:" + port.url("/crl")});
  const api::EnrolRequest honest = rig.keys(rig.tpm_);
  api::EnrolRequest& keys = rig.keys_.at(&rig.tpm_);

  keys.ek_certificates = {make_der(recipe)};
  EXPECT_EQ(rig.enrol(rig.tpm_, "token-n1").code(), "EnrolmentRefused");
  EXPECT_FALSE(port.called());

  keys.ek_certificates.push_back(honest.ek_certificates.at(1));
  rig.expect_enrolled(rig.tpm_, "n1");
  testing::EvidenceBuilder machine(rig.tpm_);
  EXPECT_EQ(rig.attest(machine, "token-n1").body.at("verdicts").at(0).at("verdict"), "Trusted");
  EXPECT_FALSE(port.called());
}

}  // namespace
}  // namespace seaworthy::verifier
