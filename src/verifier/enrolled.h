// A node whose enrolment stands: sealed by us, for this Node UID, and confirmed by the pin.
#pragma once

#include <memory>

#include "verifier/context.h"
#include "verifier/enrolment_secrets.h"

namespace seaworthy::verifier {

struct Enrolled {
  std::shared_ptr<const kube::Cached<api::NodeAttestation>> cached;
  EnrolmentStatement statement;
  PolicyViews policies;  // that select the node; never empty

  const api::NodeAttestation& record() const { return *cached->value; }
};

// 503 NodeUnknown, 409 NoPolicy, 404 NotEnrolled.
Answer<Enrolled> find_enrolled(Context& context, const NodeName& node, const NodeUid& uid);

}  // namespace seaworthy::verifier
