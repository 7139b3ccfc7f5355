#include "api/admission.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

Json binding() {
  return json_of(R"({
    "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
    "request": {
      "uid": "7e61", "kind": {"group": "", "version": "v1", "kind": "Binding"},
      "resource": {"group": "", "version": "v1", "resource": "pods"}, "subResource": "binding",
      "name": "p1", "namespace": "payments", "operation": "CREATE",
      "userInfo": {"username": "system:kube-scheduler", "groups": ["system:authenticated"]},
      "object": {"kind": "Binding", "apiVersion": "v1", "metadata": {"name": "p1", "uid": "u"},
                 "target": {"kind": "Node", "name": "n1"}},
      "oldObject": null, "dryRun": false, "options": {}}})");
}

TEST(Review, ReadsARequest) {
  const auto request = parse_review(codec::to_json_text(binding()));
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->uid, "7e61");
  EXPECT_EQ(request->group, "");
  EXPECT_EQ(request->version, "v1");
  EXPECT_EQ(request->resource, "pods");
  EXPECT_EQ(request->sub_resource, "binding");
  EXPECT_EQ(request->operation, "CREATE");
  EXPECT_EQ(request->name, "p1");
  EXPECT_EQ(request->namespace_, Namespace("payments"));
  EXPECT_EQ(request->user, "system:kube-scheduler");
  EXPECT_FALSE(request->dry_run);
  EXPECT_EQ(request->object["target"]["name"], "n1");
  EXPECT_TRUE(request->old_object.is_null());
}

struct Bad {
  const char* name;
  const char* pointer;
  const char* value;
  const char* message;
};
class RefusesAReview : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusesAReview, AndSaysWhy) {
  Json json = binding();
  json[Json::json_pointer(GetParam().pointer)] = json_of(GetParam().value);
  const auto request = parse_review(codec::to_json_text(json));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(request.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesAReview,
    ::testing::Values(
        Bad{"A129_OfV1beta1", "/apiVersion", R"("admission.k8s.io/v1beta1")",
            "apiVersion: expected \"admission.k8s.io/v1\", got \"admission.k8s.io/v1beta1\""},
        Bad{"OfAnotherKind", "/kind", R"("ConversionReview")",
            "kind: expected \"AdmissionReview\", got \"ConversionReview\""},
        Bad{"WithoutRequest", "/request", "null", "request: missing; expected an object"},
        Bad{"A129_WithoutUid", "/request/uid", R"("")", "request.uid: must not be empty"},
        Bad{"WithoutResource", "/request/resource", "null",
            "request.resource: missing; expected an object"},
        Bad{"OfAnOperationThatThereIsNot", "/request/operation", R"("READ")",
            "request.operation: expected CREATE, UPDATE, DELETE or CONNECT, got \"READ\""},
        Bad{"WithADryRunThatIsText", "/request/dryRun", R"("yes")",
            "request.dryRun: expected true or false, got \"yes\""}),
    [](const auto& row) { return row.param.name; });

TEST(Review, A178_RefusesDuplicateKeys) {
  std::string text = codec::to_json_text(binding());
  text.replace(text.find("\"name\":\"n1\""), 11, "\"name\":\"n1\",\"name\":\"n2\"");
  EXPECT_NE(parse_review(text).error().message().find("duplicate key 'name'"), std::string::npos);
}

TEST(Review, A179_RefusesDeepNesting) {
  Json json = binding();
  std::string text = codec::to_json_text(json);
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  text.replace(text.find("\"oldObject\":null"), 16, "\"oldObject\":" + deep);
  EXPECT_NE(parse_review(text).error().message().find("nested deeper than 64"), std::string::npos);
}

TEST(Review, A181_RefusesABodyAboveTheLimitAndEveryTruncation) {
  const std::string text = codec::to_json_text(binding());
  EXPECT_NE(
      parse_review(text + std::string(kMaxReviewBytes, ' ')).error().message().find("the limit is"),
      std::string::npos);
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(parse_review(std::string_view(text).substr(0, n))) << n;
  }
}

TEST(Review, A129_AnswersWithTheUidOfTheRequest) {
  AdmissionResponse denied{.uid = "7e61",
                           .allowed = false,
                           .code = 403,
                           .reason = "Forbidden",
                           .message = "no",
                           .warnings = {},
                           .audit_annotations = {}};
  EXPECT_EQ(json_of(review_answer(denied)),
            json_of(R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                "response": {"uid": "7e61", "allowed": false,
                             "status": {"code": 403, "reason": "Forbidden", "message": "no"}}})"));
  AdmissionResponse allowed{.uid = "7e61",
                            .allowed = true,
                            .code = 200,
                            .reason = {},
                            .message = {},
                            .warnings = {"w"},
                            .audit_annotations = {{"k", "v"}}};
  EXPECT_EQ(json_of(review_answer(allowed)),
            json_of(R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                "response": {"uid": "7e61", "allowed": true, "warnings": ["w"],
                             "auditAnnotations": {"k": "v"}}})"));
}

TEST(Review, CutsWarningsToWhatTheApiServerShows) {
  AdmissionResponse response{.uid = "u",
                             .allowed = true,
                             .code = 200,
                             .reason = {},
                             .message = {},
                             .warnings = std::vector<std::string>(40, std::string(300, 'w')),
                             .audit_annotations = {}};
  const Json warnings = json_of(review_answer(response))["response"]["warnings"];
  EXPECT_EQ(warnings.size(), 16u);
  EXPECT_EQ(warnings[0].get<std::string>().size(), 256u);
}

TEST(Review, ReadsEveryRequestThatARealApiServerSent) {
  const std::filesystem::path captured =
      std::filesystem::path(SEAWORTHY_VECTORS).parent_path() / "kind" / "admission-reviews";
  if (!std::filesystem::is_directory(captured)) {
    GTEST_SKIP() << "captured requests are not here: " << captured;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(captured)) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    std::ifstream in(entry.path());
    const std::string body{std::istreambuf_iterator<char>(in), {}};
    const auto request = parse_review(body);
    ASSERT_TRUE(request) << entry.path() << ": " << request.error().message();
    EXPECT_FALSE(request->uid.empty());
    EXPECT_FALSE(request->user.empty());
    ++files;
  }
  EXPECT_GE(files, 42);
}

}  // namespace
}  // namespace seaworthy::api
