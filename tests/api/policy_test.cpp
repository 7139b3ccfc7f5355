#include "api/policy.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

Json smallest() {
  return json_of(R"({
    "apiVersion": "seaworthy.dev/v1alpha1", "kind": "AttestationPolicy",
    "metadata": {"name": "production", "generation": 4},
    "spec": {
      "identity": {"trustAnchors": [{"configMap": {"name": "roots", "key": "roots.pem"}}]},
      "evidence": {"referenceValues": ["debian-12"], "runtime": {"referenceValues": ["files"]}}}})");
}

TEST(Policy, TheDefaultsAreTheStrictest) {
  const auto policy = parse_policy(smallest());
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->name(), PolicyName("production"));
  EXPECT_TRUE(policy->nodes.matches({}));
  EXPECT_TRUE(policy->namespaces.empty());
  EXPECT_EQ(policy->identity.enrolment, EnrolmentRule::kInventory);
  EXPECT_EQ(policy->identity.ek_certificate, Requirement::kRequired);
  EXPECT_EQ(policy->identity.trust_anchors,
            (std::vector<TrustAnchorSource>{{{"roots", "roots.pem"}, false, false, false}}));
  EXPECT_EQ(policy->evidence.secure_boot, Requirement::kRequired);
  EXPECT_EQ(policy->evidence.boot, BootRule::kReferenceValues);
  EXPECT_EQ(policy->evidence.runtime.ima, ImaRule::kRequired);
  EXPECT_EQ(policy->evidence.runtime.unknown_files, UnknownFilesRule::kViolated);
  EXPECT_EQ(policy->interval, seconds(30));
  EXPECT_EQ(policy->max_age, seconds(120));
  EXPECT_EQ(policy->mode, EnforcementMode::kEnforce);
}

TEST(Policy, ReadsEverythingThatCanBeSaid) {
  Json json = smallest();
  json["spec"] = json_of(R"({
    "nodes": {"selector": {"matchLabels": {"pool": "prod"},
                           "matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}},
    "workloads": {"namespaces": ["payments", "ledger"]},
    "identity": {"enrolment": "CertifiedTPM",
                 "trustAnchors": [{"configMap": {"name": "roots", "key": "roots.pem"}}]},
    "evidence": {"secureBoot": "Optional", "boot": "Any",
                 "runtime": {"ima": "Required", "unknownFiles": "Report"}},
    "freshness": {"intervalSeconds": 5, "maxAgeSeconds": 10},
    "enforcement": {"mode": "Audit"}})");
  json["status"] = json_of(R"({"observedGeneration": 3, "nodes": {"matched": 1}, "conditions": [
      {"type": "Ready", "status": "True", "reason": "InForce", "message": "",
       "lastTransitionTime": "2026-11-24T13:34:00Z"}]})");
  const auto policy = parse_policy(json);
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->namespaces,
            (std::vector<Namespace>{Namespace("payments"), Namespace("ledger")}));
  EXPECT_TRUE(policy->nodes.matches({{"pool", "prod"}}));
  EXPECT_FALSE(policy->nodes.matches({{"pool", "prod"}, {"old", ""}}));
  EXPECT_EQ(policy->identity.enrolment, EnrolmentRule::kCertifiedTpm);
  EXPECT_EQ(policy->evidence.boot, BootRule::kAny);
  EXPECT_EQ(policy->evidence.secure_boot, Requirement::kOptional);
  EXPECT_EQ(policy->evidence.runtime.unknown_files, UnknownFilesRule::kReport);
  EXPECT_EQ(policy->max_age, seconds(10));
  EXPECT_EQ(policy->mode, EnforcementMode::kAudit);
  ASSERT_EQ(policy->conditions.size(), 1u);
  EXPECT_EQ(policy->conditions[0].reason, "InForce");
}

struct Bad {
  const char* name;
  const char* pointer;  // what is replaced (RFC 6901)
  const char* value;
  const char* message;
};
class RefusesAPolicy : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusesAPolicy, AndSaysWhy) {
  Json json = smallest();
  json[Json::json_pointer(GetParam().pointer)] = json_of(GetParam().value);
  const auto policy = parse_policy(json);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(policy.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesAPolicy,
    ::testing::Values(
        Bad{"ADottedName", "/metadata/name", R"("a.b")",
            "metadata.name: the name of a policy is a DNS label of at most 50 characters"},
        Bad{"NameOf51", "/metadata/name",
            R"("ppppppppppppppppppppppppppppppppppppppppppppppppppp")",
            "metadata.name: the name of a policy is a DNS label of at most 50 characters"},
        Bad{"NoSpec", "/spec", "null", "spec: missing; expected an object"},
        Bad{"A123_GovernsKubeSystem", "/spec/workloads", R"({"namespaces": ["a", "kube-system"]})",
            "spec.workloads.namespaces[1]: kube-system cannot be governed: the cluster or "
            "Seaworthy "
            "itself needs it to start"},
        Bad{"A123_GovernsItself", "/spec/workloads", R"({"namespaces": ["seaworthy-system"]})",
            "spec.workloads.namespaces[0]: seaworthy-system cannot be governed: the cluster or "
            "Seaworthy itself needs it to start"},
        Bad{"NoNamespace", "/spec/workloads", R"({"namespaces": ["*"]})",
            "spec.workloads.namespaces[0]: expected the name of a namespace"},
        Bad{"SelectorOfANewerVersion", "/spec/workloads", R"({"namespaceSelector": {}})",
            "spec.workloads.namespaceSelector: unknown field"},
        Bad{"DemandOfANewerVersion", "/spec/isolation", R"("Exclusive")",
            "spec.isolation: unknown field"},
        Bad{"Enrolment", "/spec/identity/enrolment", R"("Anyone")",
            "spec.identity.enrolment: expected Inventory, Manual or CertifiedTPM, got \"Anyone\""},
        Bad{"NoAnchors", "/spec/identity/trustAnchors", "[]",
            "spec.identity.trustAnchors: must not be empty: without a root of the TPM vendors no "
            "certificate of a TPM can be believed"},
        Bad{"AnchorWithoutKey", "/spec/identity/trustAnchors/0/configMap", R"({"name": "a"})",
            "spec.identity.trustAnchors[0].configMap.key: missing; expected a string"},
        Bad{"AnchorOfAnotherKind", "/spec/identity/trustAnchors/0/secret", "{}",
            "spec.identity.trustAnchors[0].secret: unknown field"},
        Bad{"BootWithoutSets", "/spec/evidence/referenceValues", "[]",
            "spec.evidence.referenceValues: must not be empty when boot is ReferenceValues (the "
            "default); boot: Any compares the boot with nothing"},
        Bad{"AnyBootWithSets", "/spec/evidence/boot", R"("Any")",
            "spec.evidence.referenceValues: must be empty when boot is Any"},
        Bad{"SetOfAnImpossibleName", "/spec/evidence/referenceValues/0", R"("A")",
            "spec.evidence.referenceValues[0]: expected the name of a ReferenceValueSet"},
        Bad{"MinimumWithoutSecureBoot", "/spec/evidence",
            R"({"secureBoot": "Optional", "secureBootMinimum": {}})",
            "spec.evidence.secureBootMinimum: needs secureBoot: Required"},
        Bad{"A56_KexecWithoutSecureBoot", "/spec/evidence",
            R"({"secureBoot": "Optional", "boot": "Any",
                "runtime": {"unknownFiles": "Report", "kexec": "Measured"}})",
            "spec.evidence.runtime.kexec: Measured needs secureBoot: Required"},
        Bad{"MinimumOfANewerVersion", "/spec/evidence/secureBootMinimum", R"({"dbt": {}})",
            "spec.evidence.secureBootMinimum.dbt: unknown field"},
        Bad{"SbatWithoutGeneration", "/spec/evidence/secureBootMinimum",
            R"({"sbat": [{"component": "shim"}]})",
            "spec.evidence.secureBootMinimum.sbat[0].generation: missing; expected an integer from "
            "1 to "
            "1000000"},
        Bad{"SbatTwice", "/spec/evidence/secureBootMinimum",
            R"({"sbat": [{"component": "shim", "generation": 1}, {"component": "shim", "generation": 2}]})",
            "spec.evidence.secureBootMinimum.sbat[1].component: expected a name that does not "
            "stand "
            "twice"},
        Bad{"KeysOfNone", "/spec/evidence/secureBootMinimum", R"({"db": {"sha256": []}})",
            "spec.evidence.secureBootMinimum.db.sha256: must not be empty"},
        Bad{"KeysOfAnotherMatch", "/spec/evidence/secureBootMinimum",
            R"({"pk": {"sha256": ["00000000000000000000000000000000000000000000000000000000000000a7"], "match": "Any"}})",
            "spec.evidence.secureBootMinimum.pk.match: expected Subset or Equal, got \"Any\""},
        Bad{"A81_AQuirkThatIsNone", "/spec/evidence/allowedQuirks", R"(["DuplicateSeparator"])",
            "spec.evidence.allowedQuirks: 'DuplicateSeparator' is no quirk that is known"},
        Bad{"RuntimeNotSaid", "/spec/evidence/runtime", "null",
            "spec.evidence.runtime: missing; expected an object"},
        Bad{"ImaIgnoredWithSets", "/spec/evidence/runtime/ima", R"("Ignored")",
            "spec.evidence.runtime.referenceValues: must be empty when ima is Ignored"},
        Bad{"ImaWithoutSets", "/spec/evidence/runtime/referenceValues", "[]",
            "spec.evidence.runtime.referenceValues: must not be empty when ima is Required and "
            "unknownFiles is Violated: every file would be unknown"},
        Bad{"IntervalAsText", "/spec/freshness", R"({"intervalSeconds": "soon"})",
            "spec.freshness.intervalSeconds: expected an integer from 5 to 3600, got \"soon\""},
        Bad{"IntervalOf4", "/spec/freshness", R"({"intervalSeconds": 4})",
            "spec.freshness.intervalSeconds: expected an integer from 5 to 3600, got 4"},
        Bad{"AgeBelowTwoIntervals", "/spec/freshness", R"({"maxAgeSeconds": 59})",
            "spec.freshness.maxAgeSeconds: must be at least twice intervalSeconds (60): one late "
            "quote would make the node Stale"},
        Bad{"Mode", "/spec/enforcement", R"({"mode": "Off"})",
            "spec.enforcement.mode: expected Enforce, Warn, Audit or DryRun, got \"Off\""}),
    [](const auto& row) { return row.param.name; });

TEST(Policy, ReadsTheMinimumOfSecureBootAndQuirks) {
  Json json = smallest();
  const std::string digest = std::string(62, '0') + "a7";
  json["spec"]["evidence"]["secureBootMinimum"] =
      json_of(R"({"sbat": [{"component": "shim", "generation": 4}], "revoked": [")" + digest +
              R"("], "pk": {"sha256": [")" + digest +
              R"("], "match": "Equal"}, "db": {"sha256": [")" + digest + R"("]}})");
  json["spec"]["evidence"]["allowedQuirks"] = json_of(R"(["ExitBootServicesNotLogged"])");
  const auto policy = parse_policy(json);
  ASSERT_TRUE(policy) << policy.error().message();
  const auto& minimum = policy->evidence.secure_boot_minimum;
  EXPECT_EQ(minimum.sbat,
            (std::vector<AttestationPolicy::SecureBootMinimum::Component>{{"shim", 4}}));
  EXPECT_EQ(minimum.revoked.size(), 1u);
  EXPECT_TRUE(minimum.pk->equal);
  EXPECT_FALSE(minimum.db->equal);
  EXPECT_FALSE(minimum.kek);
  EXPECT_EQ(policy->evidence.allowed_quirks, std::vector<std::string>{"ExitBootServicesNotLogged"});
}

TEST(Policy, RefusesMoreNamespacesThanTheLimit) {
  Json json = smallest();
  for (int i = 0; i < 257; ++i) {
    json["spec"]["workloads"]["namespaces"].push_back("ns" + std::to_string(i));
  }
  EXPECT_EQ(parse_policy(json).error().message(),
            "spec.workloads.namespaces: list of 257 items; the limit is 256");
}

TEST(GovernedNamespaces, DoNotShrinkBecauseTheRestIsBroken) {
  Json json = smallest();
  json["spec"]["workloads"] =
      json_of(R"({"namespaces": ["payments", 7, "kube-system", "*", "ledger"],
                                          "namespaceSelector": {}})");
  json["spec"]["evidence"] = "broken";
  ASSERT_FALSE(parse_policy(json));
  EXPECT_EQ(governed_namespaces(json),
            (std::vector<Namespace>{Namespace("payments"), Namespace("ledger")}));
}

TEST(Policy, ADryRunGovernsNothingWhateverItNames) {
  Json json = smallest();
  json["spec"]["workloads"] = json_of(R"({"namespaces": ["payments"]})");
  json["spec"]["enforcement"] = json_of(R"({"mode": "DryRun"})");
  const auto policy = parse_policy(json);
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_TRUE(policy->dry_run());
  EXPECT_TRUE(policy->namespaces.empty());
  EXPECT_TRUE(governed_namespaces(json).empty());
  json["spec"]["evidence"] = "broken";
  ASSERT_FALSE(parse_policy(json));
  EXPECT_TRUE(governed_namespaces(json).empty());
}

TEST(ReadableMode, WhatCannotBeUnderstoodEnforces) {
  EXPECT_EQ(readable_mode(json_of(R"({"spec": {"enforcement": {"mode": "Audit"}}})")),
            EnforcementMode::kAudit);
  EXPECT_EQ(readable_mode(json_of(R"({"spec": {"enforcement": {"mode": "DryRun"}}})")),
            EnforcementMode::kDryRun);
  for (const char* text : {"null", "{}", R"({"spec": {"enforcement": {"mode": "dryrun"}}})",
                           R"({"spec": {"enforcement": {"mode": 3}}})"}) {
    EXPECT_EQ(readable_mode(json_of(text)), EnforcementMode::kEnforce) << text;
  }
}

TEST(GovernedNamespaces, OfAnythingElseAreNone) {
  for (const char* text :
       {"null", "[]", "7", "{}", R"({"spec": 1})", R"({"spec": {"workloads": []}})",
        R"({"spec": {"workloads": {"namespaces": "payments"}}})"}) {
    EXPECT_TRUE(governed_namespaces(json_of(text)).empty()) << text;
  }
}

TEST(Policy, StatusPatchHasWhatTheControllerOwnsAndNothingElse) {
  const auto policy = parse_policy(smallest());
  Condition ready{.type = "Ready",
                  .status = ConditionStatus::kTrue,
                  .reason = "InForce",
                  .message = "",
                  .last_transition = *Time::parse_rfc3339("2026-11-24T13:34:00Z"),
                  .observed_generation = 4};
  EXPECT_EQ(
      policy_status_patch(
          *policy, {.matched = 3, .trusted = 1, .violated = 1, .stale = 1, .unknown = 0}, {ready}),
      json_of(R"({"apiVersion": "seaworthy.dev/v1alpha1", "kind": "AttestationPolicy",
                "metadata": {"name": "production"},
                "status": {"observedGeneration": 4,
                  "nodes": {"matched": 3, "trusted": 1, "violated": 1, "stale": 1, "unknown": 0},
                  "conditions": [{"type": "Ready", "status": "True", "reason": "InForce",
                    "message": "", "lastTransitionTime": "2026-11-24T13:34:00Z",
                    "observedGeneration": 4}]}})"));
}

TEST(Policy, NamesTheLabelOfItsClass) {
  EXPECT_EQ(class_label(PolicyName("production")),
            "seaworthy.node-restriction.kubernetes.io/production");
  EXPECT_EQ(name(EnforcementMode::kWarn), "Warn");
  EXPECT_EQ(name(EnrolmentRule::kCertifiedTpm), "CertifiedTPM");
}

}  // namespace
}  // namespace seaworthy::api
