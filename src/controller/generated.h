// The objects that put a policy into force in the API server, as pure functions of the policy.
// Spec: admissionregistration.k8s.io/v1 (Kubernetes 1.36); DESIGN: admission, layers 1, 2 and 4.
//
// All are owned by the AttestationPolicy, so that the garbage collector removes them with it, and
// carry the labels of kManagedByLabel and kPolicyLabel. Namespaces are selected by
// kubernetes.io/metadata.name only, which nobody can edit; no pod label or annotation takes
// part.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/policy.h"
#include "codec/json.h"
#include "kube/resource.h"

namespace seaworthy::controller {

inline constexpr const char* kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr const char* kManagedBy = "seaworthy-operator";
inline const std::string kManagedBySelector = std::string(kManagedByLabel) + "=" + kManagedBy;
inline constexpr const char* kPolicyLabel = "seaworthy.dev/policy";

// What has to be known of a policy even if its specification does not parse.
struct PolicyInForce {
  PolicyName name;
  std::string uid = {};
  api::EnforcementMode mode = api::EnforcementMode::kEnforce;
  std::vector<Namespace> namespaces = {};  // governed; none: only the class is generated
};

struct WebhookAddress {
  std::string service_name = "seaworthy-webhook";
  std::string service_namespace = api::kSystemNamespace;
  std::string url = {};  // instead of the service, for control planes outside a cluster
  std::string ca_bundle_pem = {};
};

// The nodes that a policy selects: who holds its class, and why the others do not.
struct ClassMembers {
  std::map<NodeName, NodeUid> holders = {};
  std::map<NodeName, std::string> refusals = {};  // one line of text each
};

// AttestationClass, named as the policy: the parameter of the floor, and what people who are
// refused are told. Refusals are left out, in the order of names, where the object would become too
// large for etcd; the floor then only says that the node does not hold the class.
codec::Json attestation_class(const PolicyInForce& policy, const ClassMembers& members);

// ValidatingWebhookConfiguration: pods that name a node, pods/binding and bindings. Other pods are
// not sent, so that pods can be created while the webhook is away.
codec::Json webhook_configuration(const PolicyInForce& policy, const WebhookAddress& address);

// The floor: a ValidatingAdmissionPolicy that holds with no webhook running. Knows only the
// AttestationClass, not expiry: it lags behind the webhook by the time that takes to be written.
codec::Json floor_policy(const PolicyInForce& policy);
codec::Json floor_binding(const PolicyInForce& policy);

// Steering: a MutatingAdmissionPolicy that adds the class's label to nodeSelector, so that the
// scheduler picks a node that holds it and the kubelet checks again. Only in mode Enforce.
codec::Json steer_policy(const PolicyInForce& policy);
codec::Json steer_binding(const PolicyInForce& policy);

struct Generated {
  kube::Resource resource;
  codec::Json object;
};
// All that should exist for the policy but its class, in the order in which they are written. A dry
// run governs nothing and has no class either.
std::vector<Generated> generated(const PolicyInForce& policy, const WebhookAddress& address,
                                 bool steering_supported);
// Every object that could exist for a policy of that name, in the order in which they are removed:
// what refuses before what it refers to.
std::vector<std::pair<kube::Resource, kube::ObjectKey>> all_generated(const PolicyName& policy);

}  // namespace seaworthy::controller
