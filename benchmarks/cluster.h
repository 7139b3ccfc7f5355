// A cluster as the webhook sees it, and what an API server asks about it.
#pragma once

#include <fstream>
#include <string>

#include "admission/review.h"
#include "admission/world.h"
#include "api/admission.h"

namespace seaworthy::testing {

inline std::string node_name(int i) {
  return "worker-" + std::to_string(i) + ".example.internal";
}

inline std::string node_uid(int i) {
  std::string digits = std::to_string(i);
  return "5d1f0000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

inline std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * 4096;
}

// Nodes, each with a signed result under two policies; every hundredth is Violated.
struct Cluster {
  explicit Cluster(int nodes) {
    const TestSigner signer;
    book.put_keys(jwks_of({&signer}), kNow);
    book.put_policy(policy_object("production", {"web", "payments"}));
    book.put_policy(policy_object("pci", {"payments"}));
    const std::size_t before = resident_bytes();
    for (int i = 0; i < nodes; ++i) {
      auto production =
          result_of("production", i % 100 == 1 ? api::Verdict::kViolated : api::Verdict::kTrusted);
      if (i % 100 == 1) {
        production.findings = {{"UnknownFile", "/usr/bin/nc", "is in no reference value set"}};
      }
      token::EarClaims claims =
          claims_of(signer, {production, result_of("pci", api::Verdict::kTrusted)});
      claims.node = NodeName(node_name(i));
      claims.node_uid = NodeUid(node_uid(i));
      book.put_node(node_name(i), node_uid(i));
      book.put_attestation(
          attestation_object(node_name(i), {{"seaworthy-operator", ear_of(claims, signer)}}), kNow);
    }
    bytes_per_node = static_cast<double>(resident_bytes() - before) / nodes;
  }
  admission::Book book;
  double bytes_per_node = 0;
};

inline Json binding_review(int node) {
  Json json =
      parsed(R"({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
      "uid": "3f0c9d8e-0000-4000-8000-000000000001",
      "kind": {"group": "", "version": "v1", "kind": "Binding"},
      "resource": {"group": "", "version": "v1", "resource": "pods"}, "subResource": "binding",
      "requestKind": {"group": "", "version": "v1", "kind": "Binding"},
      "requestResource": {"group": "", "version": "v1", "resource": "pods"},
      "requestSubResource": "binding", "name": "p1", "namespace": "payments",
      "operation": "CREATE",
      "userInfo": {"username": "system:kube-scheduler", "groups": ["system:authenticated"]},
      "object": {"kind": "Binding", "apiVersion": "v1",
        "metadata": {"name": "p1", "namespace": "payments",
                     "uid": "5d1f0000-0000-4000-8000-000000000001"},
        "target": {"kind": "Node"}},
      "oldObject": null, "dryRun": false,
      "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}}})");
  json["request"]["object"]["target"]["name"] = node_name(node);
  return json;
}

// A Pod as the API server sends it: about 3 KiB, most of it defaults and managedFields.
inline Json pod_review(int node) {
  Json json = binding_review(node);
  Json& request = json["request"];
  request.erase("subResource");
  request.erase("requestSubResource");
  request["object"] = parsed(R"({"kind": "Pod", "apiVersion": "v1",
      "metadata": {"name": "p1", "namespace": "payments", "uid": "5d1f-01", "labels": {"app": "p"},
        "creationTimestamp": "2026-11-24T13:34:00Z"},
      "spec": {"volumes": [{"name": "kube-api-access-x", "projected": {"defaultMode": 420,
          "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                      {"configMap": {"name": "kube-root-ca.crt",
                                     "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default", "securityContext": {}, "schedulerName": "default-scheduler",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                         "effect": "NoExecute", "tolerationSeconds": 300}]},
      "status": {"phase": "Pending", "qosClass": "BestEffort"}})");
  request["object"]["spec"]["nodeName"] = node_name(node);
  for (const char* name : {"app", "sidecar"}) {
    Json container =
        parsed(R"({"image": "registry.example.com/payments/app@sha256:0a", "resources": {
        "limits": {"cpu": "1", "memory": "1Gi"}}, "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "volumeMounts": [{"name": "kube-api-access-x", "readOnly": true, "mountPath": "/var/run"}]})");
    container["name"] = name;
    request["object"]["spec"]["containers"].push_back(container);
    Json& fields = request["object"]["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]
                          ["f:containers"][std::string("k:{\"name\":\"") + name + "\"}"];
    for (const auto& [key, value] : container.items()) {
      fields["f:" + key] = Json::object();
    }
  }
  return json;
}

}  // namespace seaworthy::testing
