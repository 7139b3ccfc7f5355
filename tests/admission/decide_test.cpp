#include "admission/decide.h"

#include <gtest/gtest.h>

#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using namespace seaworthy::testing;
using api::Verdict;

api::AdmissionRequest request_of(const char* resource, const char* sub_resource, Json object,
                                 const char* ns = "payments") {
  api::AdmissionRequest request;
  request.uid = "review-1";
  request.version = "v1";
  request.resource = resource;
  request.sub_resource = sub_resource;
  request.operation = "CREATE";
  request.namespace_ = Namespace(ns);
  request.object = std::move(object);
  return request;
}

api::AdmissionRequest binding(const char* node = "n1", const char* ns = "payments") {
  Json object = parsed(R"({"metadata": {"name": "p", "uid": "u"}, "target": {"kind": "Node"}})");
  object["target"]["name"] = node;
  return request_of("pods", "binding", std::move(object), ns);
}

api::AdmissionRequest pod_on(const char* node) {
  Json object = parsed(R"({"metadata": {"name": "p"}, "spec": {}})");
  object["spec"]["nodeName"] = node;
  return request_of("pods", "", std::move(object));
}

api::AdmissionRequest without_uid() {
  api::AdmissionRequest request = binding();
  request.object["metadata"].erase("uid");
  return request;
}

Decision decided(const World& world, const api::AdmissionRequest& request,
                 milliseconds age = milliseconds(0)) {
  const auto snapshot = world.book.snapshot();
  return decide(request, *snapshot, {.now = kNow, .snapshot_age = age});
}

TEST(Decide, ATrustedNodeTakesPods) {
  World world;
  for (const auto& request : {binding(), pod_on("n1")}) {
    const Decision decision = decided(world, request);
    EXPECT_TRUE(decision.response.allowed);
    EXPECT_EQ(decision.response.uid, "review-1");
    EXPECT_EQ(decision.outcome, Outcome::kAllowed);
    EXPECT_EQ(decision.reason, Reason::kTrusted);
    EXPECT_EQ(decision.node, NodeName("n1"));
    EXPECT_TRUE(decision.response.message.empty());
    EXPECT_TRUE(decision.response.warnings.empty());
  }
}

TEST(Decide, A130_A131_AnUntrustedNodeTakesNone) {
  World world(Verdict::kViolated);
  for (const auto& request : {binding(), pod_on("n1")}) {
    const Decision decision = decided(world, request);
    EXPECT_FALSE(decision.response.allowed);
    EXPECT_EQ(decision.response.uid, "review-1");
    EXPECT_EQ(decision.response.code, 403);
    EXPECT_EQ(decision.response.reason, "Forbidden");
    EXPECT_EQ(decision.outcome, Outcome::kDenied);
    EXPECT_EQ(decision.reason, Reason::kViolated);
  }
}

TEST(Decide, A131_AnUnknownNodeTakesNone) {
  World world;
  EXPECT_EQ(decided(world, binding("ghost")).reason, Reason::kNodeUnknown);
  EXPECT_FALSE(decided(world, binding("ghost")).response.allowed);
}

TEST(Decide, ADenialSaysNodePolicyFindingAndCommand) {
  World world;
  auto result = result_of("production", Verdict::kViolated);
  result.findings = {{"UnknownFile", "/usr/bin/nc", "is in no reference value set"},
                     {"SecureBootOff", "", "turn it on"}};
  world.attest({result});
  EXPECT_EQ(decided(world, binding()).response.message,
            "Violated: node n1 does not hold class production, which namespace payments needs: "
            "UnknownFile /usr/bin/nc\n"
            "  policy production: Violated: its evidence contradicts the policy\n"
            "    UnknownFile /usr/bin/nc: is in no reference value set\n"
            "    SecureBootOff: turn it on\n"
            "  more: kubectl seaworthy explain node n1");
}

TEST(Decide, AllPoliciesOfTheNamespaceMustAgree) {
  World world;
  world.book.put_policy(policy_object("pci", {"payments"}));
  world.attest({result_of("production", Verdict::kTrusted)});
  Decision decision = decided(world, binding());
  EXPECT_EQ(decision.reason, Reason::kNeverAppraised);
  EXPECT_NE(decision.response.message.find("policy pci: NeverAppraised"), std::string::npos);
  world.attest({result_of("production", Verdict::kTrusted), result_of("pci", Verdict::kTrusted)});
  EXPECT_TRUE(decided(world, binding()).response.allowed);
}

TEST(Decide, ABrokenPolicyGovernsAndDenies) {
  World world;
  auto object = policy_object("production", {"payments"}, "Audit");
  object["spec"]["x"] = 1;
  world.book.put_policy(object);
  const Decision decision = decided(world, binding());
  EXPECT_FALSE(decision.response.allowed);
  EXPECT_EQ(decision.reason, Reason::kPolicyInvalid);
}

TEST(Decide, ANamespaceThatNoPolicyNamesIsFree) {
  World world(Verdict::kViolated);
  const Decision decision = decided(world, binding("n1", "web"));
  EXPECT_TRUE(decision.response.allowed);
  EXPECT_EQ(decision.reason, Reason::kNotGoverned);
}

TEST(Decide, APodWithoutANodeIsAskedAboutLater) {
  World world(Verdict::kViolated);
  const Decision decision =
      decided(world, request_of("pods", "", parsed(R"({"metadata": {}, "spec": {}})")));
  EXPECT_TRUE(decision.response.allowed);
  EXPECT_EQ(decision.reason, Reason::kNotPlaced);
}

TEST(Decide, AMirrorPodIsDeniedWithTheTruthAboutIt) {
  World world(Verdict::kViolated);
  api::AdmissionRequest request = pod_on("n1");
  request.object["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x";
  const Decision decision = decided(world, request);
  EXPECT_FALSE(decision.response.allowed);
  EXPECT_NE(decision.response.message.find("mirror of a static pod: denying it hides the pod and "
                                           "does not stop it"),
            std::string::npos);
  EXPECT_TRUE(decided(World(), request).response.allowed);
}

TEST(Decide, A131_WrongRequestsAreDeniedOnTrustedNodesToo) {
  World world;
  EXPECT_EQ(decided(world, without_uid()).reason, Reason::kBindingWithoutUid);
  api::AdmissionRequest legacy = binding();
  legacy.resource = "bindings";
  legacy.sub_resource = "";
  const Decision decision = decided(world, legacy);
  EXPECT_FALSE(decision.response.allowed);
  EXPECT_EQ(decision.response.message,
            "LegacyBinding: in namespace payments, which policy production governs: the API server "
            "drops the pod's UID on this path, so another pod of the same name could be bound: use "
            "pods/binding with metadata.uid");
  api::AdmissionRequest labelled = binding();
  labelled.object["metadata"]["labels"]["app"] = "x";
  EXPECT_EQ(decided(world, labelled).reason, Reason::kBindingMetadata);
  EXPECT_EQ(decided(world, request_of("secrets", "", Json())).reason, Reason::kUnexpectedRequest);
  // They are nobody's business where nothing is governed.
  legacy.namespace_ = Namespace("web");
  EXPECT_TRUE(decided(world, legacy).response.allowed);
}

TEST(Decide, WarnAllowsAndWarnsInOneLine) {
  World world(Verdict::kViolated, "Warn");
  for (const auto& request : {binding(), without_uid()}) {
    const Decision decision = decided(world, request);
    EXPECT_TRUE(decision.response.allowed);
    EXPECT_EQ(decision.outcome, Outcome::kWarned);
    ASSERT_EQ(decision.response.warnings.size(), 1u);
    EXPECT_TRUE(decision.response.warnings[0].starts_with("seaworthy would deny this: "));
    EXPECT_EQ(decision.response.warnings[0].find('\n'), std::string::npos);
    EXPECT_EQ(decision.response.audit_annotations.count("would-deny"), 1u);
  }
}

TEST(Decide, AuditAllowsAndLeavesAnAnnotation) {
  World world(Verdict::kViolated, "Audit");
  const Decision decision = decided(world, binding());
  EXPECT_TRUE(decision.response.allowed);
  EXPECT_EQ(decision.outcome, Outcome::kAudited);
  EXPECT_EQ(decision.reason, Reason::kViolated);
  EXPECT_TRUE(decision.response.warnings.empty());
  EXPECT_TRUE(
      decision.response.audit_annotations.at("would-deny").starts_with("Violated: node n1"));
}

TEST(Decide, TheStrictestPolicyThatObjectsDecides) {
  World world(Verdict::kViolated, "Audit");
  world.book.put_policy(policy_object("pci", {"payments"}));  // Enforce
  auto fine = result_of("pci", Verdict::kTrusted);
  world.attest({result_of("production", Verdict::kViolated), fine});
  EXPECT_EQ(decided(world, binding()).outcome, Outcome::kAudited);
  world.attest({result_of("production", Verdict::kTrusted), result_of("pci", Verdict::kViolated)});
  EXPECT_EQ(decided(world, binding()).outcome, Outcome::kDenied);
  world.attest({result_of("production", Verdict::kViolated), result_of("pci", Verdict::kViolated)});
  EXPECT_EQ(decided(world, binding()).outcome, Outcome::kDenied);
}

TEST(Decide, A125_AnOldSnapshotDenies) {
  World world;
  EXPECT_TRUE(decided(world, binding(), milliseconds(30'000)).response.allowed);
  const Decision decision = decided(world, binding(), milliseconds(30'001));
  EXPECT_FALSE(decision.response.allowed);
  EXPECT_EQ(decision.reason, Reason::kSnapshotTooOld);
  EXPECT_EQ(decision.response.code, 503);
  EXPECT_EQ(decision.response.reason, "ServiceUnavailable");
  // Of a namespace that is new since then, nothing is known but that somebody asks.
  EXPECT_FALSE(decided(world, binding("n1", "web"), milliseconds(30'001)).response.allowed);
  // A pod that goes nowhere yet does no harm.
  EXPECT_TRUE(
      decided(world, request_of("pods", "", parsed(R"({"spec": {}})")), milliseconds(30'001))
          .response.allowed);
  // Audit never denies.
  World audit(Verdict::kTrusted, "Audit");
  EXPECT_EQ(decided(audit, binding(), milliseconds(30'001)).outcome, Outcome::kAudited);
}

TEST(Decide, A129_ADryRunIsJudgedAlike) {
  World world(Verdict::kViolated);
  api::AdmissionRequest request = binding();
  request.dry_run = true;
  EXPECT_FALSE(decided(world, request).response.allowed);
}

// Whatever one member of a good binding becomes: never a crash, and never allowed on a node that is
// not trusted.
TEST(Decide, NoShapeOfARequestIsAllowedOnAnUntrustedNode) {
  World world(Verdict::kViolated);
  const std::vector<Json> values = {Json(),
                                    Json(1),
                                    Json(true),
                                    Json(""),
                                    Json("x"),
                                    Json::array(),
                                    Json::object(),
                                    parsed(R"(["n1"])"),
                                    parsed(R"({"name": "n1"})")};
  for (const char* pointer : {"/metadata", "/target", "/target/name", "/target/kind",
                              "/metadata/uid", "/metadata/labels", "/metadata/annotations"}) {
    for (const Json& value : values) {
      api::AdmissionRequest request = binding();
      request.object[Json::json_pointer(pointer)] = value;
      EXPECT_FALSE(decided(world, request).response.allowed) << pointer << " = " << value;
    }
  }
}

}  // namespace
}  // namespace seaworthy::admission
