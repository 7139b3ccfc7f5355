// AdmissionReview (admission.k8s.io/v1) as kube-apiserver sends and takes it (Kubernetes 1.36).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/meta.h"
#include "base/result.h"

namespace seaworthy::api {

inline constexpr std::size_t kMaxReviewBytes = 7 << 20;  // two objects of ≤ 3 MiB, and overhead

// What Seaworthy decides on, out of a request. Everything else is ignored.
struct AdmissionRequest {
  std::string uid;
  std::string group, version, resource, sub_resource;  // of `resource`: what was asked for
  std::string operation;                               // CREATE, UPDATE, DELETE, CONNECT
  std::string name;
  Namespace namespace_;
  std::string user;
  bool dry_run = false;
  Json object;      // null if absent
  Json old_object;  // null if absent
};

struct AdmissionResponse {
  std::string uid;
  bool allowed = false;
  std::int32_t code = 403;            // of a denial
  std::string reason;                 // metav1.StatusReason of a denial: "Forbidden"
  std::string message;                // of a denial, for people
  std::vector<std::string> warnings;  // each ≤ 256 bytes: cut when written
  std::map<std::string, std::string> audit_annotations;
};

// kMalformed for anything that is not one admission.k8s.io/v1 AdmissionReview with a request.
Result<AdmissionRequest> parse_review(std::string_view body);
// The whole AdmissionReview to answer with.
std::string review_answer(const AdmissionResponse& response);

}  // namespace seaworthy::api
