#include "controller/uninstall.h"

#include <gtest/gtest.h>

#include <array>

#include "controller/generated.h"
#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using codec::Json;

// Found by a slow run under sanitizers: what another worker wrote a moment before was not in the
// caches yet, and stayed.
TEST(Uninstall, A123_RemovesWhatNoCacheKnowsYet) {
  testing::World world;
  testing::FakeRandom random;
  const auto client = world.server.client();
  telemetry::Metrics registry;
  Metrics metrics(registry);
  const Caches caches(*client, "seaworthy-system", true, world.clock, random, kube::real_sleep());
  const std::array<const kube::Resource*, 5> kinds = {
      &kube::kValidatingWebhookConfigurations, &kube::kValidatingAdmissionPolicies,
      &kube::kValidatingAdmissionPolicyBindings, &kube::kMutatingAdmissionPolicies,
      &kube::kMutatingAdmissionPolicyBindings};
  const Json ours = {{kManagedByLabel, kManagedBy}};
  for (const kube::Resource* kind : kinds) {
    world.server.put(*kind, {{"metadata", {{"name", "seaworthy-p"}, {"labels", ours}}}});
    world.server.put(*kind, {{"metadata", {{"name", "of-somebody-else"}}}});
  }
  Json node = testing::node_json("n1");
  node["metadata"]["labels"]["seaworthy.node-restriction.kubernetes.io/p"] = "trusted";
  world.server.put(kube::kNodes, node);

  ASSERT_TRUE(uninstall(*client, caches, metrics, world.clock, {}));

  for (const kube::Resource* kind : kinds) {
    EXPECT_FALSE(world.server.find(*kind, kube::cluster_key("seaworthy-p"))) << kind->plural;
    EXPECT_TRUE(world.server.find(*kind, kube::cluster_key("of-somebody-else"))) << kind->plural;
  }
  EXPECT_EQ(world.label("n1", "p"), "");
}

}  // namespace
}  // namespace seaworthy::controller
