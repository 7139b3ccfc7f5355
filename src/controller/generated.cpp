#include "controller/generated.h"

#include "codec/base64.h"

namespace seaworthy::controller {
namespace {

using codec::Json;

constexpr const char* kNamespaceName = "kubernetes.io/metadata.name";
constexpr int kWebhookTimeoutSeconds = 3;
constexpr std::size_t kMaxClassBytes = 1'000'000;  // etcd takes 1.5 MiB in a request
constexpr std::size_t kEntryBytes = 8;             // quotes, colon, comma of an entry as JSON

std::string object_name(const char* what, const PolicyName& policy) {
  return std::string("seaworthy-") + what + policy.str();
}

Json header(const kube::Resource& resource, const std::string& name, const PolicyInForce& policy) {
  Json out = {{"apiVersion", resource.api_version()}, {"kind", std::string(resource.kind)}};
  Json& meta = out["metadata"];
  meta["name"] = name;
  meta["labels"] = {{kManagedByLabel, kManagedBy}, {kPolicyLabel, policy.name.str()}};
  meta["ownerReferences"] = Json::array({{{"apiVersion", api::kGroupVersion},
                                          {"kind", "AttestationPolicy"},
                                          {"name", policy.name.str()},
                                          {"uid", policy.uid},
                                          {"controller", true},
                                          {"blockOwnerDeletion", false}}});
  return out;
}

Json namespace_selector(const PolicyInForce& policy) {
  Json names = Json::array();
  for (const Namespace& name : policy.namespaces) {
    names.push_back(name.str());
  }
  return {{"matchExpressions",
           Json::array({{{"key", kNamespaceName}, {"operator", "In"}, {"values", names}}})}};
}

Json rule(const std::vector<std::string>& operations, const std::vector<std::string>& resources) {
  return {{"apiGroups", Json::array({""})},
          {"apiVersions", Json::array({"v1"})},
          {"operations", operations},
          {"resources", resources},
          {"scope", "Namespaced"}};
}

// Text inside a CEL string in single quotes. Names of policies are DNS labels: nothing to escape,
// but a quote would be a way out of the expression, so it is not left to chance.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + "'";
}

bool enforced(const PolicyInForce& policy) {
  return policy.mode == api::EnforcementMode::kEnforce;
}

// The requests that the rules of the floor let in: which of them is a placement, and on what node.
// `dyn` because one expression serves two kinds of object.
// A request without a subresource has no such field: has() before it is read.
constexpr const char* kIsBinding =
    "request.resource.resource == 'bindings' || "
    "(has(request.subResource) && request.subResource == 'binding')";
constexpr const char* kNodeName =
    "(request.resource.resource == 'bindings' || "
    "(has(request.subResource) && request.subResource == 'binding')) "
    "? (has(dyn(object).target) && has(dyn(object).target.name) ? dyn(object).target.name : '') "
    ": (request.operation == 'CREATE' && has(dyn(object).spec.nodeName) "
    "? dyn(object).spec.nodeName : '')";

// What the class says of the node. A holder is only refused when the Binding means another machine.
constexpr const char* kWhy =
    "variables.node in variables.holders ? 'it is another machine of that name' : "
    "(has(params.refusals) && variables.node in params.refusals ? params.refusals[variables.node] "
    ": 'no result: it is no node that the policy selects, or was never attested')";

Json validation(std::string expression, std::string message_expression, std::string message) {
  Json out = {{"expression", std::move(expression)},
              {"reason", "Forbidden"},
              {"message", std::move(message)}};
  if (!message_expression.empty()) {
    out["messageExpression"] = std::move(message_expression);
  }
  return out;
}

Json floor_validations(const PolicyInForce& policy) {
  const std::string name = policy.name.str();
  // A message of ours must not fail: variables.node is a string in every case.
  const std::string told = "'node ' + variables.node + ' does not hold the class " + name +
                           " (' + variables.why + '): pods of this namespace run only on nodes "
                           "whose attestation under that policy is Trusted. See: kubectl "
                           "seaworthy explain node ' + variables.node";
  const std::string bare =
      "the node does not hold the class " + name + ". See: kubectl seaworthy explain node NODE";
  const std::string taint = quoted(api::kTaintKey);
  const std::string tolerates = "((has(t.key) && t.key == " + taint +
                                ") || ((!has(t.key) || t.key == '') && has(t.operator) && "
                                "t.operator == 'Exists'))";
  Json out = Json::array();
  out.push_back(
      validation("variables.placing ? variables.node in variables.holders : true", told, bare));
  // The same name may have come back as another machine.
  out.push_back(validation(
      "!variables.binding || !has(dyn(object).target.uid) || dyn(object).target.uid == '' || "
      "!(variables.node in variables.holders) || "
      "variables.holders[variables.node] == dyn(object).target.uid",
      told, bare));
  // Without it the pod may have been made anew under its name in between. On the legacy
  // path the API server itself removes the UID, so there is nothing to ask for.
  out.push_back(
      validation("!has(request.subResource) || request.subResource != 'binding' || "
                 "(has(object.metadata.uid) && object.metadata.uid != '')",
                 "", "a Binding needs metadata.uid, the UID of the pod that it is for"));
  // A Binding writes its labels and annotations to the pod, past every policy for pods.
  out.push_back(validation(
      "!variables.binding || "
      "((!has(object.metadata.labels) || object.metadata.labels.all(k, "
      "k.startsWith('topology.kubernetes.io/'))) && (!has(object.metadata.annotations) || "
      "object.metadata.annotations.all(k, k.startsWith('topology.kubernetes.io/'))))",
      "", "a Binding must not carry labels or annotations other than topology.kubernetes.io/…"));
  // Our taint keeps pods away from untrusted nodes; so nobody tolerates it. What an old pod
  // tolerates already it may keep.
  out.push_back(validation(
      "variables.binding || !has(dyn(object).spec.tolerations) || "
      "dyn(object).spec.tolerations.all(t, !" +
          tolerates +
          " || (request.operation == 'UPDATE' && has(dyn(oldObject).spec.tolerations) && "
          "t in dyn(oldObject).spec.tolerations))",
      "",
      "pods of this namespace must not tolerate the taint " + std::string(api::kTaintKey) +
          ", by its key or by an `operator: Exists` without key"));
  return out;
}

Json actions(const PolicyInForce& policy) {
  switch (policy.mode) {
    case api::EnforcementMode::kEnforce:
      return Json::array({"Deny"});
    case api::EnforcementMode::kWarn:
      return Json::array({"Warn"});
    case api::EnforcementMode::kAudit:
    case api::EnforcementMode::kDryRun:  // governs no namespace, so there is no floor
      return Json::array({"Audit"});
  }
  return Json::array({"Deny"});
}

}  // namespace

Json attestation_class(const PolicyInForce& policy, const ClassMembers& members) {
  Json out = header(kube::kAttestationClasses, policy.name.str(), policy);
  std::size_t bytes = 0;
  Json& holders = out["holders"] = Json::object();
  for (const auto& [node, uid] : members.holders) {
    holders[node.str()] = uid.str();
    bytes += node.str().size() + uid.str().size() + kEntryBytes;
  }
  Json& refusals = out["refusals"] = Json::object();
  for (const auto& [node, why] : members.refusals) {
    bytes += node.str().size() + why.size() + kEntryBytes;
    if (bytes > kMaxClassBytes) {
      break;
    }
    refusals[node.str()] = why;
  }
  return out;
}

Json webhook_configuration(const PolicyInForce& policy, const WebhookAddress& address) {
  Json client = {{"caBundle", codec::to_base64(as_bytes(address.ca_bundle_pem))}};
  if (address.url.empty()) {
    client["service"] = {{"name", address.service_name},
                         {"namespace", address.service_namespace},
                         {"port", 443},
                         {"path", "/validate"}};
  } else {
    client["url"] = address.url;
  }
  Json out = header(kube::kValidatingWebhookConfigurations, object_name("", policy.name), policy);
  out["webhooks"] = Json::array(
      {{{"name", policy.name.str() + ".placement.seaworthy.dev"},
        {"clientConfig", std::move(client)},
        {"rules", Json::array({rule({"CREATE"}, {"pods", "pods/binding", "bindings"})})},
        {"namespaceSelector", namespace_selector(policy)},
        {"matchPolicy", "Equivalent"},
        {"matchConditions",
         Json::array({{{"name", "places-a-pod"},
                       {"expression", std::string(kIsBinding) + " || (has(object.spec.nodeName) && "
                                                                "object.spec.nodeName != '')"}}})},
        {"failurePolicy", enforced(policy) ? "Fail" : "Ignore"},
        {"sideEffects", "None"},
        {"timeoutSeconds", kWebhookTimeoutSeconds},
        {"admissionReviewVersions", Json::array({"v1"})}}});
  return out;
}

Json floor_policy(const PolicyInForce& policy) {
  Json out = header(kube::kValidatingAdmissionPolicies, object_name("floor-", policy.name), policy);
  out["spec"] = {
      {"failurePolicy", enforced(policy) ? "Fail" : "Ignore"},
      {"paramKind",
       {{"apiVersion", api::kGroupVersion}, {"kind", std::string(kube::kAttestationClasses.kind)}}},
      {"matchConstraints",
       {{"resourceRules", Json::array({rule({"CREATE", "UPDATE"}, {"pods"}),
                                       rule({"CREATE"}, {"pods/binding", "bindings"})})},
        {"matchPolicy", "Equivalent"}}},
      {"variables",
       Json::array(
           {{{"name", "binding"}, {"expression", kIsBinding}},
            {{"name", "node"}, {"expression", "string(" + std::string(kNodeName) + ")"}},
            {{"name", "placing"}, {"expression", "variables.binding || variables.node != ''"}},
            {{"name", "holders"}, {"expression", "has(params.holders) ? params.holders : {}"}},
            {{"name", "why"}, {"expression", kWhy}}})},
      {"validations", floor_validations(policy)}};
  return out;
}

Json floor_binding(const PolicyInForce& policy) {
  const std::string name = object_name("floor-", policy.name);
  Json out = header(kube::kValidatingAdmissionPolicyBindings, name, policy);
  out["spec"] = {{"policyName", name},
                 {"paramRef",
                  {{"name", policy.name.str()},
                   {"parameterNotFoundAction", enforced(policy) ? "Deny" : "Allow"}}},
                 {"matchResources", {{"namespaceSelector", namespace_selector(policy)}}},
                 {"validationActions", actions(policy)}};
  return out;
}

Json steer_policy(const PolicyInForce& policy) {
  const std::string label = quoted(api::class_label(policy.name));
  const std::string value = quoted(api::kLabelTrusted);
  Json out = header(kube::kMutatingAdmissionPolicies, object_name("steer-", policy.name), policy);
  out["spec"] = {
      {"failurePolicy", "Fail"},
      {"reinvocationPolicy", "IfNeeded"},
      {"matchConstraints",
       {{"resourceRules", Json::array({rule({"CREATE"}, {"pods"})})},
        {"matchPolicy", "Equivalent"}}},
      {"mutations",
       Json::array(
           {{{"patchType", "JSONPatch"},
             {"jsonPatch",
              {{"expression",
                "has(object.spec.nodeSelector) "
                "? [JSONPatch{op: 'add', path: '/spec/nodeSelector/' + jsonpatch.escapeKey(" +
                    label + "), value: " + value +
                    "}] : [JSONPatch{op: 'add', path: '/spec/nodeSelector', value: {" + label +
                    ": " + value + "}}]"}}}}})}};
  return out;
}

Json steer_binding(const PolicyInForce& policy) {
  const std::string name = object_name("steer-", policy.name);
  Json out = header(kube::kMutatingAdmissionPolicyBindings, name, policy);
  out["spec"] = {{"policyName", name},
                 {"matchResources", {{"namespaceSelector", namespace_selector(policy)}}}};
  return out;
}

std::vector<Generated> generated(const PolicyInForce& policy, const WebhookAddress& address,
                                 bool steering_supported) {
  std::vector<Generated> out;
  if (policy.namespaces.empty()) {
    return out;  // a selector over no names would not be valid, and there is nothing to guard
  }
  if (steering_supported && enforced(policy)) {
    out.push_back({kube::kMutatingAdmissionPolicies, steer_policy(policy)});
    out.push_back({kube::kMutatingAdmissionPolicyBindings, steer_binding(policy)});
  }
  out.push_back({kube::kValidatingAdmissionPolicies, floor_policy(policy)});
  out.push_back({kube::kValidatingAdmissionPolicyBindings, floor_binding(policy)});
  if (!address.ca_bundle_pem.empty()) {
    out.push_back({kube::kValidatingWebhookConfigurations, webhook_configuration(policy, address)});
  }
  return out;
}

std::vector<std::pair<kube::Resource, kube::ObjectKey>> all_generated(const PolicyName& policy) {
  const std::string floor = object_name("floor-", policy);
  const std::string steer = object_name("steer-", policy);
  return {{kube::kValidatingWebhookConfigurations, kube::cluster_key(object_name("", policy))},
          {kube::kValidatingAdmissionPolicyBindings, kube::cluster_key(floor)},
          {kube::kValidatingAdmissionPolicies, kube::cluster_key(floor)},
          {kube::kMutatingAdmissionPolicyBindings, kube::cluster_key(steer)},
          {kube::kMutatingAdmissionPolicies, kube::cluster_key(steer)},
          {kube::kAttestationClasses, kube::cluster_key(policy.str())}};
}

}  // namespace seaworthy::controller
