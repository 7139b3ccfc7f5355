#include "admission/review.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using namespace seaworthy::testing;
using api::Verdict;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Namespace "web" is governed; n1 is Trusted, n2 Violated, n3 and ghost unknown to us.
struct Governed {
  Governed() {
    world.book.put_policy(policy_object("production", {"web"}));
    world.book.put_node("n2", "uid-n2");
    token::EarClaims claims =
        claims_of(world.signer, {result_of("production", Verdict::kViolated)});
    claims.node = NodeName("n2");
    claims.node_uid = NodeUid("uid-n2");
    world.book.put_attestation(
        attestation_object("n2", {{"seaworthy-operator", ear_of(claims, world.signer)}}), kNow);
  }
  Reviewed of(const std::string& body) const {
    const auto snapshot = world.book.snapshot();
    auto reviewed = review(body, *snapshot, {.now = kNow});
    SEAWORTHY_CHECK(reviewed.has_value());
    return *std::move(reviewed);
  }
  World world;
};

struct Row {
  const char* name;  // of the file, '-' as '_'
  bool allowed;
  Reason reason;
};

std::string file_of(const Row& row) {
  std::string out = row.name;
  std::replace(out.begin(), out.end(), '_', '-');
  return out + ".json";
}

void expect(const Row& row, const std::string& body) {
  const Reviewed reviewed = Governed().of(body);
  EXPECT_EQ(reviewed.decision.response.allowed, row.allowed);
  EXPECT_EQ(name(reviewed.decision.reason), name(row.reason));
  const Json answer = parsed(reviewed.body);
  EXPECT_EQ(answer["apiVersion"], "admission.k8s.io/v1");
  EXPECT_EQ(answer["kind"], "AdmissionReview");
  EXPECT_EQ(answer["response"]["uid"], parsed(body)["request"]["uid"]);
  EXPECT_EQ(answer["response"]["allowed"], row.allowed);
  EXPECT_FALSE(answer["response"].contains("patch"));
}

class DecidesOnOurSample : public ::testing::TestWithParam<Row> {};
TEST_P(DecidesOnOurSample, AsExpected) {
  const std::filesystem::path directory = SEAWORTHY_TEST_DATA "/api/admission-reviews";
  expect(GetParam(), read(directory / file_of(GetParam())));
}
INSTANTIATE_TEST_SUITE_P(Table, DecidesOnOurSample,
                         ::testing::Values(Row{"binding_trusted", true, Reason::kTrusted},
                                           Row{"binding_violated", false, Reason::kViolated},
                                           Row{"binding_no_uid", false, Reason::kBindingWithoutUid},
                                           Row{"binding_topology", true, Reason::kTrusted},
                                           Row{"binding_labels", false, Reason::kBindingMetadata},
                                           Row{"legacy_binding", false, Reason::kLegacyBinding},
                                           Row{"pod_scheduled", true, Reason::kNotPlaced},
                                           Row{"pod_on_node", false, Reason::kViolated},
                                           Row{"pod_mirror", true, Reason::kTrusted}),
                         [](const auto& row) { return row.param.name; });

class DecidesOnACapturedReview : public ::testing::TestWithParam<Row> {};
TEST_P(DecidesOnACapturedReview, AsExpected) {
  const std::filesystem::path captured =
      std::filesystem::path(SEAWORTHY_VECTORS).parent_path() / "kind" / "admission-reviews";
  if (!std::filesystem::is_directory(captured)) {
    GTEST_SKIP() << "captured requests are not here: " << captured;
  }
  expect(GetParam(), read(captured / file_of(GetParam())));
}
INSTANTIATE_TEST_SUITE_P(
    Table, DecidesOnACapturedReview,
    ::testing::Values(Row{"binding_hand_already_bound", false, Reason::kViolated},
                      Row{"binding_hand_dry_run", true, Reason::kTrusted},
                      Row{"binding_hand_kind_empty", false, Reason::kBindingWithoutUid},
                      Row{"binding_hand_labels_annotations", false, Reason::kBindingMetadata},
                      Row{"binding_hand_no_uid", false, Reason::kBindingWithoutUid},
                      Row{"binding_hand_pod_absent", false, Reason::kBindingWithoutUid},
                      Row{"binding_hand_target_extra_fields", false, Reason::kBindingWithoutUid},
                      Row{"binding_hand_uid", true, Reason::kTrusted},
                      Row{"binding_hand_unknown_node", false, Reason::kNodeUnknown},
                      Row{"binding_hand_wrong_uid", true,
                          Reason::kTrusted},  // the API server's precondition
                      Row{"deployment_create", false, Reason::kUnexpectedRequest},
                      Row{"legacy_binding_labels", false, Reason::kLegacyBinding},
                      Row{"legacy_binding_no_uid", false, Reason::kLegacyBinding},
                      Row{"legacy_binding_uid", false, Reason::kLegacyBinding},
                      Row{"legacy_binding_wrong_uid", false, Reason::kLegacyBinding},
                      Row{"namespace_label_changed", true, Reason::kNotGoverned},
                      Row{"node_create_by_node", true, Reason::kNotGoverned},
                      Row{"pod_binding_daemonset", false, Reason::kViolated},
                      Row{"pod_binding_deployment", false, Reason::kNodeUnknown},
                      Row{"pod_binding_scheduler", false, Reason::kViolated},
                      Row{"pod_binding_scheduler_topology", false, Reason::kViolated},
                      Row{"pod_create_by_pod_bound_sa", true, Reason::kNotPlaced},
                      Row{"pod_create_daemonset", true, Reason::kNotPlaced},
                      Row{"pod_create_deployment", true, Reason::kNotPlaced},
                      Row{"pod_create_gated", true, Reason::kNotPlaced},
                      Row{"pod_create_mirror", true, Reason::kTrusted},
                      Row{"pod_create_nodename", false, Reason::kViolated},
                      Row{"pod_create_scheduled", true, Reason::kNotPlaced},
                      Row{"pod_ephemeral_container", false, Reason::kViolated},
                      Row{"pod_eviction", true, Reason::kNotPlacement},
                      Row{"pod_gate_removed", true, Reason::kNotPlacement},
                      Row{"pod_toleration_added", true, Reason::kNotPlacement},
                      Row{"token_request_by_kubelet", false, Reason::kUnexpectedRequest}),
    [](const auto& row) { return row.param.name; });

TEST(Review, ABodyThatIsNoneIsAnErrorAndNoDecision) {
  World world;
  const auto snapshot = world.book.snapshot();
  for (const char* body : {"", "{", "null", "[]", "{}"}) {
    const auto reviewed = review(body, *snapshot, {.now = kNow});
    ASSERT_FALSE(reviewed) << body;
    EXPECT_EQ(reviewed.error().code(), ErrorCode::kMalformed);
  }
}

TEST(Review, TellsForTheLogWhoAskedWhat) {
  const Reviewed reviewed =
      Governed().of(read(SEAWORTHY_TEST_DATA "/api/admission-reviews/binding-violated.json"));
  EXPECT_EQ(reviewed.resource, "pods/binding");
  EXPECT_EQ(reviewed.namespace_, "web");
  EXPECT_EQ(reviewed.user, "system:kube-scheduler");
}

}  // namespace
}  // namespace seaworthy::admission
