#include "api/admission.h"

#include <array>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr const char* kApiVersion = "admission.k8s.io/v1";
constexpr std::size_t kMaxWarningBytes = 256;      // the API server cuts there
constexpr std::size_t kMaxAllWarningBytes = 4096;  // and drops beyond

Result<void> expect_exactly(Fields& fields, std::string_view name, std::string_view value) {
  const std::string got = TRY(fields.text(name, 253));
  if (got != value) {
    return fields.malformed_at(
        name, "expected \"" + std::string(value) + "\", got \"" + cut(got, 80) + "\"");
  }
  return {};
}

Result<AdmissionRequest> parse_request(Fields& fields) {
  AdmissionRequest out;
  out.uid = TRY(fields.text("uid", 128));
  if (out.uid.empty()) {
    return fields.malformed_at("uid", "must not be empty");
  }
  Fields resource = TRY(fields.object("resource"));
  out.group = TRY(resource.text("group", 253));
  out.version = TRY(resource.text("version", 63));
  out.resource = TRY(resource.text("resource", 253));
  out.sub_resource = TRY(fields.maybe_text("subResource", 253)).value_or("");
  out.operation = TRY(fields.text("operation", 16));
  if (out.operation != "CREATE" && out.operation != "UPDATE" && out.operation != "DELETE" &&
      out.operation != "CONNECT") {
    return fields.malformed_at(
        "operation", "expected CREATE, UPDATE, DELETE or CONNECT, got \"" + out.operation + "\"");
  }
  out.name = TRY(fields.maybe_text("name", 1024)).value_or("");
  out.namespace_ = Namespace(TRY(fields.maybe_text("namespace", 253)).value_or(""));
  Fields user = TRY(object_or_empty(fields, "userInfo"));
  out.user = TRY(user.maybe_text("username", 1024)).value_or("");
  out.dry_run = TRY(fields.maybe_boolean("dryRun")).value_or(false);
  return out;
}

// Moves the member out of the object it is in; null if absent.
Json take(Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? Json() : std::move(*found);
}

}  // namespace

Result<AdmissionRequest> parse_review(std::string_view body) {
  // A whole Pod with managedFields is nested about 20 deep in a review; 64 leaves room.
  Json review = TRY(codec::parse_json(body, {.max_bytes = kMaxReviewBytes, .max_depth = 64}));
  Fields root = TRY(Fields::of(review, ""));
  TRY(expect_exactly(root, "apiVersion", kApiVersion));
  TRY(expect_exactly(root, "kind", "AdmissionReview"));
  Fields request = TRY(root.object("request"));
  AdmissionRequest out = TRY(parse_request(request));
  Json& from = review["request"];
  out.object = take(from, "object");
  out.old_object = take(from, "oldObject");
  return out;
}

std::string review_answer(const AdmissionResponse& response) {
  Json answer = Json::object();
  answer["uid"] = response.uid;
  answer["allowed"] = response.allowed;
  if (!response.allowed) {
    Json status = Json::object();
    status["code"] = response.code;
    status["reason"] = response.reason;
    status["message"] = response.message;
    answer["status"] = std::move(status);
  }
  std::size_t bytes = 0;
  for (const std::string& warning : response.warnings) {
    std::string text = cut(warning, kMaxWarningBytes);
    bytes += text.size();
    if (bytes > kMaxAllWarningBytes) {
      break;
    }
    answer["warnings"].push_back(std::move(text));
  }
  if (!response.audit_annotations.empty()) {
    answer["auditAnnotations"] = response.audit_annotations;
  }
  Json review = Json::object();
  review["apiVersion"] = kApiVersion;
  review["kind"] = "AdmissionReview";
  review["response"] = std::move(answer);
  return codec::to_json_text(review);
}

}  // namespace seaworthy::api
