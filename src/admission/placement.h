// What a request would do: where it would bring a pod, or why that cannot be told.
#pragma once

#include <string>

#include "admission/reasons.h"
#include "api/admission.h"
#include "base/strong.h"

namespace seaworthy::admission {

struct Placement {
  enum class Kind : std::uint8_t {
    kNone,     // the request brings no pod to a node: `reason` says why not
    kNode,     // to `node`
    kRefused,  // the request itself cannot be allowed in a governed namespace: `reason`, `detail`
  };
  Kind kind = Kind::kRefused;
  NodeName node;        // also of a refused request, if it names one
  bool mirror = false;  // the pod mirrors a static pod of the node
  Reason reason = Reason::kUnexpectedRequest;
  std::string detail;
};

Placement read_placement(const api::AdmissionRequest& request);

}  // namespace seaworthy::admission
