// Which policies' anchors an EK certificate chains to (R1), with the answers kept.
#pragma once

#include <map>
#include <vector>

#include "verifier/context.h"

namespace seaworthy::verifier {

struct Endorsement {
  verify::Findings findings;  // empty: the chain holds under this policy
  // Claims of the certificate, if it holds.
  std::string manufacturer, model, firmware;
};

// One asymmetric operation per certificate of the chain.
Endorsement check_endorsement(const PolicyView& policy, ByteSpan ek_public,
                              const std::vector<Bytes>& ek_certificates, Time now);

}  // namespace seaworthy::verifier
