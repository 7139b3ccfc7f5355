// An AdmissionReview as bytes → its answer as bytes. The whole of what happens to a request between
// its body and the body of the answer.
#pragma once

#include <string>
#include <string_view>

#include "admission/decide.h"
#include "admission/snapshot.h"
#include "base/result.h"

namespace seaworthy::admission {

struct Reviewed {
  std::string body;  // to answer with, HTTP 200
  Decision decision;
  // For logs; what the caller says.
  std::string namespace_;
  std::string name;
  std::string resource;  // "pods", "pods/binding"
  std::string user;
};

// kMalformed if the body is no review: to be answered with HTTP 400, which the API server takes as
// a failed call, and denies under failurePolicy Fail.
Result<Reviewed> review(std::string_view body, const Snapshot& snapshot, const Moment& moment);

}  // namespace seaworthy::admission
