// A small cluster for controller tests: policies, nodes and signed results on the fake API server.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/policy.h"
#include "codec/hex.h"
#include "controller/caches.h"
#include "crypto/digest.h"
#include "kube/client.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"
#include "token/ear.h"
#include "token/test_signer.h"

namespace seaworthy::testing {

using codec::Json;

inline Json policy_json(const std::string& name, const std::string& mode = "Enforce") {
  return {{"metadata", {{"name", name}}},
          {"spec",
           {{"nodes", {{"selector", {{"matchLabels", {{"pool", "prod"}}}}}}},
            {"workloads", {{"namespaces", Json::array({"payments"})}}},
            {"identity",
             {{"trustAnchors",
               Json::array({{{"configMap", {{"name", "roots"}, {"key", "roots.pem"}}}}})}}},
            {"evidence", {{"boot", "Any"}, {"runtime", {{"ima", "Ignored"}}}}},
            {"enforcement", {{"mode", mode}}}}}};
}

inline Json node_json(const std::string& name, const std::string& pool = "prod") {
  return {{"metadata", {{"name", name}, {"labels", {{"pool", pool}}}}}};
}

// What one verifier says of one node under one policy; `ear()` signs it.
struct Says {
  std::string node;
  std::string node_uid;
  std::string policy;
  std::string policy_uid;
  std::int64_t generation = 1;
  api::Verdict verdict = api::Verdict::kTrusted;
  Time issued;
  std::chrono::seconds life{120};
  std::string boot_set = {};
};
inline std::string ear(const token::Signer& signer, const Says& says) {
  token::EarClaims claims;
  claims.verifier = "seaworthy-operator";
  claims.build = "seaworthy test";
  claims.id = "id-" + std::to_string(says.issued.unix_millis().count()) + says.policy;
  claims.issued = says.issued;
  claims.expires = says.issued + says.life;
  claims.node = NodeName(says.node);
  claims.node_uid = NodeUid(says.node_uid);
  claims.ak_name = "000b" + codec::to_hex(crypto::sha256(as_bytes("ak")).bytes());
  claims.ak_spki = Bytes(91, 1);
  token::PolicyResult result;
  result.policy = PolicyName(says.policy);
  result.policy_uid = says.policy_uid;
  result.policy_generation = says.generation;
  result.verdict = says.verdict;
  if (says.verdict == api::Verdict::kTrusted || says.verdict == api::Verdict::kViolated) {
    result.expires = claims.expires;
  }
  if (says.verdict == api::Verdict::kViolated) {
    result.findings = {{"PcrMismatch", "PCR 4", "PCR 4 is not as in the reference values"}};
  }
  result.boot_set = says.boot_set;
  claims.policies = {result};
  auto text = token::sign_ear(claims, signer);
  SEAWORTHY_CHECK(text.has_value());
  return *text;
}

inline api::AttestationPolicy parsed_policy(Json object, const std::string& uid,
                                            std::int64_t generation = 1) {
  object["metadata"]["uid"] = uid;
  object["metadata"]["generation"] = generation;
  auto policy = api::parse_policy(object);
  SEAWORTHY_CHECK(policy.has_value());
  return *policy;
}

// A cluster on the fake API server with one verifier whose key is published.
class World {
 public:
  World() {
    server.put(kube::kNamespaces, {{"metadata", {{"name", "seaworthy-system"}}}});
    server.put(kube::kCustomResourceDefinitions,
               {{"metadata", {{"name", "attestationpolicies.seaworthy.dev"}}}});
    put_config_map("roots", {{"roots.pem", "PEM"}});
    put_config_map(controller::kJwksConfigMap,
                   {{signer.key_id(), token::to_jwk_text(signer.jwk())}});
    put_config_map(controller::kCaConfigMap, {{"ca.crt", "CA"}});
  }

  void put_config_map(const std::string& name, const Json& data) {
    server.put(kube::kConfigMaps,
               {{"metadata", {{"name", name}, {"namespace", "seaworthy-system"}}}, {"data", data}});
  }
  // Publishes a result as the verifier would, making the NodeAttestation if there is none.
  void say(const std::string& node, const std::string& policy, api::Verdict verdict,
           std::chrono::seconds life = std::chrono::seconds(120),
           const std::string& boot_set = "") {
    const Json n = *server.find(kube::kNodes, kube::cluster_key(node));
    const Json p = *server.find(kube::kAttestationPolicies, kube::cluster_key(policy));
    Json object = server.find(kube::kNodeAttestations, kube::cluster_key(node))
                      .value_or(Json{{"metadata", {{"name", node}}}, {"spec", Json::object()}});
    api::VerifierStatus status;
    status.identity.emplace();
    status.identity->node_uid = NodeUid(kube::uid_of(n));
    status.identity->ek_hash = "sha256:" + std::string(64, 'a');
    status.identity->ak_name = "000b" + std::string(64, 'b');
    status.identity->enrolled = clock.now();
    status.identity->statement = "c3RhdGVtZW50";
    status.results = {{"seaworthy-operator", ear(signer, {.node = node,
                                                          .node_uid = kube::uid_of(n),
                                                          .policy = policy,
                                                          .policy_uid = kube::uid_of(p),
                                                          .generation = p["metadata"]["generation"],
                                                          .verdict = verdict,
                                                          .issued = clock.now(),
                                                          .life = life,
                                                          .boot_set = boot_set})}};
    const Json patch = api::verifier_status_patch(NodeName(node), status);
    object["status"].merge_patch(patch["status"]);
    server.put(kube::kNodeAttestations, object);
  }

  Json node(const std::string& name) { return *server.find(kube::kNodes, kube::cluster_key(name)); }
  std::string label(const std::string& name, const std::string& policy) {
    const Json labels = node(name)["metadata"].value("labels", Json::object());
    return labels.value("seaworthy.node-restriction.kubernetes.io/" + policy, "");
  }
  bool tainted(const std::string& name) {
    for (const Json& taint :
         node(name).value("spec", Json::object()).value("taints", Json::array())) {
      if (taint["key"] == "seaworthy.dev/untrusted") {
        return true;
      }
    }
    return false;
  }
  Json holders(const std::string& policy) {
    const auto object = server.find(kube::kAttestationClasses, kube::cluster_key(policy));
    return object ? object->at("holders") : Json();
  }

  FakeClock clock;
  FakeRandom random;
  TestSigner signer;
  FakeApiServer server{clock};
  std::unique_ptr<kube::Client> client = server.client();
};

}  // namespace seaworthy::testing
