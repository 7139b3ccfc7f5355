#include "kube/resource.h"

#include <gtest/gtest.h>

namespace seaworthy::kube {
namespace {

TEST(Resource, PathsFollowTheApiConventions) {
  EXPECT_EQ(path_of(kNodes, cluster_key("n1")), "/api/v1/nodes/n1");
  EXPECT_EQ(path_of(kNodes, {}), "/api/v1/nodes");
  EXPECT_EQ(path_of(kPods, {"payments", "p"}, "binding"),
            "/api/v1/namespaces/payments/pods/p/binding");
  EXPECT_EQ(path_of(kPods, {"", ""}), "/api/v1/pods");
  EXPECT_EQ(path_of(kLeases, {"kube-system", "l"}),
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l");
  EXPECT_EQ(path_of(kNodeAttestations, cluster_key("n1"), "status"),
            "/apis/seaworthy.dev/v1alpha1/nodeattestations/n1/status");
}

TEST(Resource, ANameCannotEscapeItsPathSegment) {
  EXPECT_EQ(path_of(kNodes, cluster_key("../secrets?x=1")), "/api/v1/nodes/..%2Fsecrets%3Fx%3D1");
}

TEST(Resource, ReadsWhatIdentifiesAnObjectAndSurvivesWhatIsNotOne) {
  const Json object = {
      {"metadata", {{"name", "a"}, {"namespace", "b"}, {"uid", "u"}, {"resourceVersion", "7"}}}};
  EXPECT_EQ(key_of(object), (ObjectKey{"b", "a"}));
  EXPECT_EQ(uid_of(object), "u");
  EXPECT_EQ(resource_version_of(object), "7");
  for (const Json& broken :
       {Json(), Json::array(), Json({{"metadata", 3}}), Json({{"metadata", {{"name", 3}}}})}) {
    EXPECT_EQ(key_of(broken), ObjectKey{}) << broken;
  }
}

}  // namespace
}  // namespace seaworthy::kube
