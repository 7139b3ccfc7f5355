#include "verifier/endorsement.h"

namespace seaworthy::verifier {
namespace {

const char* name_of(verify::VerifiedEndorsement::By by) {
  using By = verify::VerifiedEndorsement::By;
  switch (by) {
    case By::kEkCertificate:
      return "EndorsementKeyCertificate";
    case By::kAkCertificate:
      return "AttestationKeyCertificate";
    case By::kPin:
      return "Pin";
  }
  return "";
}

}  // namespace

Endorsement check_endorsement(const PolicyView& policy, const verify::EkEvidence& keys, Time now) {
  auto checked = verify::verify_endorsement(keys, policy.endorsement, now);
  if (auto* findings = std::get_if<verify::Findings>(&checked)) {
    return {std::move(*findings), "", "", "", ""};
  }
  const auto& endorsement = std::get<verify::VerifiedEndorsement>(checked);
  return {{},
          endorsement.manufacturer(),
          endorsement.model(),
          endorsement.firmware(),
          name_of(endorsement.by())};
}

}  // namespace seaworthy::verifier
