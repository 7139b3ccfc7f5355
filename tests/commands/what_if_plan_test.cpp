#include "commands/what_if_plan.h"

#include <gtest/gtest.h>

#include "api/what_if.h"

namespace seaworthy::commands {
namespace {

using codec::Json;

constexpr const char* kPolicy = R"(
apiVersion: seaworthy.dev/v1alpha1
kind: AttestationPolicy
metadata: { name: production, uid: u, resourceVersion: "7", labels: { a: b } }
spec:
  nodes: { selector: { matchLabels: { pool: prod } } }
  workloads: { namespaces: [payments] }
  identity: { trustAnchors: [ { configMap: { name: roots, key: roots.pem } } ] }
  evidence:
    referenceValues: [boot-a, boot-b]
    runtime: { referenceValues: [files] }
status: { observedGeneration: 3 }
)";
constexpr const char* kSet = R"(
apiVersion: seaworthy.dev/v1alpha1
kind: ReferenceValueSet
metadata: { name: files }
spec: { files: [ { sha256: aa } ] }
)";

Candidate candidate(const std::string& text) {
  const auto manifests = read_manifests({{"p.yaml", text}});
  SEAWORTHY_CHECK(manifests && manifests->policies.size() == 1);
  const Json& object = manifests->policies[0].object;
  return {*api::parse_policy(object), object};
}

TEST(WhatIfPlan, ReadsDocumentsAndLists) {
  const std::string list = R"({"apiVersion": "v1", "kind": "List", "items": [
      {"apiVersion": "seaworthy.dev/v1alpha1", "kind": "AttestationPolicy", "metadata": {"name": "a"}},
      {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "roots"}}]})";
  const auto out = read_manifests(
      {{"new.yaml", std::string("---\n---") + kPolicy + "---" + kSet}, {"list.json", list}});
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_EQ(out->policies.size(), 2u);
  EXPECT_EQ(out->policies[0].name(), "production");
  EXPECT_EQ(out->policies[1].where, "list.json.items[0]");
  ASSERT_EQ(out->sets.size(), 1u);
  EXPECT_EQ(out->others, std::vector<std::string>{"list.json.items[1]: ConfigMap roots"});
}

TEST(WhatIfPlan, RefusesWhatItCannotRead) {
  const auto error = [](const std::string& text) {
    const auto out = read_manifests({{"f.yaml", text}});
    return out ? "" : out.error().message();
  };
  EXPECT_TRUE(error("a: [").starts_with("f.yaml: ")) << error("a: [");
  EXPECT_EQ(error("7"), "f.yaml: expected an object");
  EXPECT_EQ(error(std::string(kSet) + "---" + kSet),
            "f.yaml, document 2: ReferenceValueSet files stands in f.yaml, document 1 too");
  EXPECT_EQ(error("apiVersion: seaworthy.dev/v1alpha1\nkind: ReferenceValueSet\nmetadata: {}"),
            "f.yaml: metadata.name: missing; expected a name");
}

TEST(WhatIfPlan, ADryRunIsThePolicyWithTheChangedSetsAndSelectsNobodyYet) {
  const Json files = (*read_manifests({{"s", kSet}})).sets[0].object;
  const Plan plan = make_plan("xyz", {candidate(kPolicy)}, {{"files", files}, {"unused", files}});
  ASSERT_EQ(plan.trials.size(), 1u);
  const Trial& trial = plan.trials[0];
  EXPECT_EQ(trial.policy, "production");
  EXPECT_EQ(trial.name(), "whatif-xyz-production");
  EXPECT_EQ(trial.nodes, (Json{{"selector", {{"matchLabels", {{"pool", "prod"}}}}}}));
  EXPECT_TRUE(trial.selects.matches({{"pool", "prod"}}));

  const Json& dry_run = trial.dry_run;
  EXPECT_EQ(dry_run["metadata"],
            (Json{{"name", "whatif-xyz-production"}, {"labels", {{api::kWhatIfLabel, "xyz"}}}}));
  EXPECT_FALSE(dry_run.contains("status"));
  const auto parsed = api::parse_policy(dry_run);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_TRUE(parsed->dry_run());
  EXPECT_FALSE(parsed->nodes.matches({{"pool", "prod"}}));
  EXPECT_FALSE(dry_run["spec"].contains("workloads")) << "an old webhook would enforce them";
  EXPECT_EQ(parsed->evidence.reference_values, (std::vector<std::string>{"boot-a", "boot-b"}));
  EXPECT_EQ(parsed->evidence.runtime.reference_values,
            std::vector<std::string>{"whatif-xyz-files"});

  ASSERT_EQ(plan.sets.size(), 1u) << "nobody names the other";
  const Json& set = plan.sets.at("whatif-xyz-files");
  EXPECT_EQ(set["spec"], files["spec"]);
  EXPECT_EQ(set["metadata"]["labels"], (Json{{api::kWhatIfLabel, "xyz"}}));
  EXPECT_EQ(plan.names.at("whatif-xyz-files"), "files");
}

TEST(WhatIfPlan, NamesThatWouldBeTooLongAreCutAndKeptApart) {
  const std::string name = std::string(36, 'a') + "-" + std::string(13, 'b');
  EXPECT_EQ(trial_name("xyz12", "short", 50, 0), "whatif-xyz12-short");
  const std::string one = trial_name("xyz12", name, 50, 1);
  const std::string two = trial_name("xyz12", name, 50, 12);
  EXPECT_NE(one, two);
  for (const std::string& cut : {one, two}) {
    EXPECT_LE(cut.size(), 50u);
    EXPECT_TRUE(api::is_dns_label(cut)) << cut;
  }
}

TEST(WhatIfPlan, KnowsWhichSetsAPolicyNames) {
  EXPECT_EQ(sets_of(candidate(kPolicy).object),
            (std::vector<std::string>{"boot-a", "boot-b", "files"}));
  EXPECT_TRUE(sets_of({{"spec", 7}}).empty());
}

}  // namespace
}  // namespace seaworthy::commands
