#include "admission/placement.h"

#include <gtest/gtest.h>

#include "admission/world.h"

namespace seaworthy::admission {
namespace {

using Kind = Placement::Kind;

struct Row {
  const char* name;
  const char* resource;
  const char* sub_resource;
  const char* operation;
  const char* object;
  Kind kind;
  Reason reason;
  const char* node;
};
class ReadsThePlacement : public ::testing::TestWithParam<Row> {};

TEST_P(ReadsThePlacement, OutOfARequest) {
  api::AdmissionRequest request;
  request.version = "v1";
  request.resource = GetParam().resource;
  request.sub_resource = GetParam().sub_resource;
  request.operation = GetParam().operation;
  request.object = seaworthy::testing::parsed(GetParam().object);
  const Placement placement = read_placement(request);
  EXPECT_EQ(placement.kind, GetParam().kind) << placement.detail;
  EXPECT_EQ(name(placement.reason), name(GetParam().reason)) << placement.detail;
  EXPECT_EQ(placement.node.str(), GetParam().node);
}

constexpr const char* kBinding =
    R"({"metadata": {"name": "p", "uid": "u"}, "target": {"kind": "Node", "name": "n1"}})";

INSTANTIATE_TEST_SUITE_P(
    Table, ReadsThePlacement,
    ::testing::Values(
        Row{"UnscheduledPod", "pods", "", "CREATE", R"({"metadata": {}, "spec": {}})", Kind::kNone,
            Reason::kNotPlaced, ""},
        Row{"PodWithEmptyNode", "pods", "", "CREATE", R"({"spec": {"nodeName": ""}})", Kind::kNone,
            Reason::kNotPlaced, ""},
        Row{"A130_PodWithNode", "pods", "", "CREATE", R"({"spec": {"nodeName": "n1"}})",
            Kind::kNode, Reason::kTrusted, "n1"},
        Row{"PodWithNodeOfAnotherType", "pods", "", "CREATE", R"({"spec": {"nodeName": ["n1"]}})",
            Kind::kRefused, Reason::kMalformedObject, ""},
        Row{"PodThatIsNone", "pods", "", "CREATE", "null", Kind::kRefused, Reason::kMalformedObject,
            ""},
        Row{"Binding", "pods", "binding", "CREATE", kBinding, Kind::kNode, Reason::kTrusted, "n1"},
        Row{"BindingWithoutKind", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u"}, "target": {"name": "n1"}})", Kind::kNode,
            Reason::kTrusted, "n1"},
        Row{"BindingToAnotherKind", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u"}, "target": {"kind": "Pod", "name": "n1"}})",
            Kind::kRefused, Reason::kBindingTarget, "n1"},
        Row{"BindingToNothing", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u"}, "target": {"kind": "Node"}})", Kind::kRefused,
            Reason::kBindingTarget, ""},
        Row{"BindingWithoutTarget", "pods", "binding", "CREATE", R"({"metadata": {"uid": "u"}})",
            Kind::kRefused, Reason::kMalformedObject, ""},
        Row{"BindingWithoutMetadata", "pods", "binding", "CREATE", R"({"target": {"name": "n1"}})",
            Kind::kRefused, Reason::kMalformedObject, ""},
        Row{"BindingWithANumberForAName", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u"}, "target": {"name": 1}})", Kind::kRefused,
            Reason::kMalformedObject, ""},
        Row{"A131_BindingWithoutUid", "pods", "binding", "CREATE",
            R"({"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}})",
            Kind::kRefused, Reason::kBindingWithoutUid, "n1"},
        Row{"A131_BindingWithEmptyUid", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": ""}, "target": {"kind": "Node", "name": "n1"}})",
            Kind::kRefused, Reason::kBindingWithoutUid, "n1"},
        Row{"BindingWithTopology", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u", "labels": {"topology.kubernetes.io/zone": "z",
                "topology.kubernetes.io/region": "r"}}, "target": {"name": "n1"}})",
            Kind::kNode, Reason::kTrusted, "n1"},
        Row{"BindingWithALabel", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u", "labels": {"app": "x"}}, "target": {"name": "n1"}})",
            Kind::kRefused, Reason::kBindingMetadata, "n1"},
        Row{"BindingWithAnotherTopologyLabel", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u", "labels": {"topology.kubernetes.io/rack": "x"}},
                "target": {"name": "n1"}})",
            Kind::kRefused, Reason::kBindingMetadata, "n1"},
        Row{"BindingWithAnAnnotation", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u", "annotations": {"a": "x"}}, "target": {"name": "n1"}})",
            Kind::kRefused, Reason::kBindingMetadata, "n1"},
        Row{"BindingWithLabelsThatAreNoMap", "pods", "binding", "CREATE",
            R"({"metadata": {"uid": "u", "labels": ["app"]}, "target": {"name": "n1"}})",
            Kind::kRefused, Reason::kBindingMetadata, "n1"},
        Row{"A131_LegacyBinding", "bindings", "", "CREATE", kBinding, Kind::kRefused,
            Reason::kLegacyBinding, "n1"},
        Row{"A127_EphemeralContainer", "pods", "ephemeralcontainers", "UPDATE",
            R"({"spec": {"nodeName": "n1"}})", Kind::kNode, Reason::kTrusted, "n1"},
        Row{"PodUpdate", "pods", "", "UPDATE", R"({"spec": {"nodeName": "n1"}})", Kind::kNone,
            Reason::kNotPlacement, ""},
        Row{"PodDelete", "pods", "", "DELETE", "null", Kind::kNone, Reason::kNotPlacement, ""},
        Row{"PodStatus", "pods", "status", "UPDATE", "{}", Kind::kNone, Reason::kNotPlacement, ""},
        Row{"Eviction", "pods", "eviction", "CREATE", "{}", Kind::kNone, Reason::kNotPlacement, ""},
        Row{"Exec", "pods", "exec", "CONNECT", "{}", Kind::kRefused, Reason::kUnexpectedRequest,
            ""},
        Row{"Deployment", "deployments", "", "CREATE", "{}", Kind::kRefused,
            Reason::kUnexpectedRequest, ""},
        Row{"BindingUpdate", "pods", "binding", "UPDATE", kBinding, Kind::kRefused,
            Reason::kUnexpectedRequest, ""}),
    [](const auto& row) { return row.param.name; });

TEST(Placement, TellsAMirrorPod) {
  api::AdmissionRequest request;
  request.version = "v1";
  request.resource = "pods";
  request.operation = "CREATE";
  request.object = seaworthy::testing::parsed(
      R"({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}},
          "spec": {"nodeName": "n1"}})");
  EXPECT_TRUE(read_placement(request).mirror);
}

TEST(Placement, OfAnotherGroupOrVersionIsUnexpected) {
  api::AdmissionRequest request;
  request.version = "v2";
  request.resource = "pods";
  request.operation = "CREATE";
  EXPECT_EQ(read_placement(request).reason, Reason::kUnexpectedRequest);
  request.version = "v1";
  request.group = "metrics.k8s.io";
  EXPECT_EQ(read_placement(request).reason, Reason::kUnexpectedRequest);
  EXPECT_EQ(read_placement(request).detail,
            "CREATE of pods.metrics.k8s.io is nothing that Seaworthy judges: remove it from the "
            "rules of the webhook");
}

}  // namespace
}  // namespace seaworthy::admission
