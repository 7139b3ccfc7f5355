// Whether a policy believes what vouches for a TPM (R1).
#pragma once

#include <map>
#include <vector>

#include "verifier/context.h"

namespace seaworthy::verifier {

struct Endorsement {
  verify::Findings findings;  // empty: the chain holds under this policy
  // Claims of the certificate, if it holds.
  std::string manufacturer, model, firmware;
  std::string by;  // api::NodeIdentity::endorsed_by
};

// One asymmetric operation per certificate of the chain.
Endorsement check_endorsement(const PolicyView& policy, const verify::EkEvidence& keys, Time now);

}  // namespace seaworthy::verifier
