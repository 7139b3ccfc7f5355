// Which kinds of objects there are, and how they are named in URLs.
// Spec: Kubernetes API 1.36, "API Concepts", resource URIs.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "codec/json.h"

namespace seaworthy::kube {

using codec::Json;

// One kind as the API server serves it. Values with static lifetime (below, or your own constant).
struct Resource {
  std::string_view group;  // "" for the core group
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced;

  std::string api_version() const;  // "v1", "seaworthy.dev/v1alpha1"
};

// Names one object of a kind; the namespace is empty for kinds that have none.
struct ObjectKey {
  std::string namespace_;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
  std::string str() const { return namespace_.empty() ? name : namespace_ + "/" + name; }
};
inline ObjectKey cluster_key(std::string name) {
  return {"", std::move(name)};
}

// What metadata of an object says; empty strings where it does not.
ObjectKey key_of(const Json& object);
std::string uid_of(const Json& object);
std::string resource_version_of(const Json& object);

// "/apis/<group>/<version>[/namespaces/<ns>]/<plural>[/<name>[/<subresource>]]", percent-encoded.
// Without a name it is the collection; without a namespace, that of all namespaces.
std::string path_of(const Resource& resource, const ObjectKey& key,
                    std::string_view subresource = {});

inline constexpr Resource kNodes{"", "v1", "nodes", "Node", false};
inline constexpr Resource kPods{"", "v1", "pods", "Pod", true};
inline constexpr Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret", true};
inline constexpr Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap", true};
inline constexpr Resource kServiceAccounts{"", "v1", "serviceaccounts", "ServiceAccount", true};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};
inline constexpr Resource kEvents{"events.k8s.io", "v1", "events", "Event", true};
inline constexpr Resource kTokenReviews{"authentication.k8s.io", "v1", "tokenreviews",
                                        "TokenReview", false};
inline constexpr Resource kSelfSubjectAccessReviews{
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false};
inline constexpr Resource kCustomResourceDefinitions{
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false};
inline constexpr Resource kValidatingWebhookConfigurations{"admissionregistration.k8s.io", "v1",
                                                           "validatingwebhookconfigurations",
                                                           "ValidatingWebhookConfiguration", false};
inline constexpr Resource kValidatingAdmissionPolicies{"admissionregistration.k8s.io", "v1",
                                                       "validatingadmissionpolicies",
                                                       "ValidatingAdmissionPolicy", false};
inline constexpr Resource kValidatingAdmissionPolicyBindings{
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings",
    "ValidatingAdmissionPolicyBinding", false};
inline constexpr Resource kMutatingAdmissionPolicies{"admissionregistration.k8s.io", "v1",
                                                     "mutatingadmissionpolicies",
                                                     "MutatingAdmissionPolicy", false};
inline constexpr Resource kMutatingAdmissionPolicyBindings{"admissionregistration.k8s.io", "v1",
                                                           "mutatingadmissionpolicybindings",
                                                           "MutatingAdmissionPolicyBinding", false};
inline constexpr Resource kAttestationPolicies{"seaworthy.dev", "v1alpha1", "attestationpolicies",
                                               "AttestationPolicy", false};
inline constexpr Resource kReferenceValueSets{"seaworthy.dev", "v1alpha1", "referencevaluesets",
                                              "ReferenceValueSet", false};
inline constexpr Resource kNodeAttestations{"seaworthy.dev", "v1alpha1", "nodeattestations",
                                            "NodeAttestation", false};
inline constexpr Resource kAttestationClasses{"seaworthy.dev", "v1alpha1", "attestationclasses",
                                              "AttestationClass", false};

}  // namespace seaworthy::kube
