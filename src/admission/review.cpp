#include "admission/review.h"

#include <utility>

#include "api/admission.h"

namespace seaworthy::admission {

Result<Reviewed> review(std::string_view body, const Snapshot& snapshot, const Moment& moment) {
  const api::AdmissionRequest request = TRY(api::parse_review(body));
  Reviewed out;
  out.decision = decide(request, snapshot, moment);
  out.body = api::review_answer(out.decision.response);
  out.namespace_ = request.namespace_.str();
  out.name = request.name;
  out.resource =
      request.resource + (request.sub_resource.empty() ? "" : "/" + request.sub_resource);
  out.user = request.user;
  return out;
}

}  // namespace seaworthy::admission
