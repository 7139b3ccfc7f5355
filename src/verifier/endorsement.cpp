#include "verifier/endorsement.h"

namespace seaworthy::verifier {

Endorsement check_endorsement(const PolicyView& policy, ByteSpan ek_public,
                              const std::vector<Bytes>& ek_certificates, Time now) {
  auto checked = verify::verify_endorsement(ek_public, ek_certificates, policy.endorsement, now);
  if (auto* findings = std::get_if<verify::Findings>(&checked)) {
    return {std::move(*findings), "", "", ""};
  }
  const auto& endorsement = std::get<verify::VerifiedEndorsement>(checked);
  return {{}, endorsement.manufacturer(), endorsement.model(), endorsement.firmware()};
}

}  // namespace seaworthy::verifier
