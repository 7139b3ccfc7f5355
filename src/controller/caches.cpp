#include "controller/caches.h"

#include <algorithm>

#include "controller/generated.h"

namespace seaworthy::controller {
namespace {

constexpr std::size_t kMaxConfigMap = 1 << 20;  // the API server's limit

Result<Raw> as_served(const codec::Json& object) {
  return object;
}

Result<api::ObjectMeta> metadata_of(const codec::Json& object) {
  auto root = TRY(codec::Fields::of(object, ""));
  return api::parse_meta(root);
}

kube::ReflectorConfig only(const std::string& name) {
  return {.field_selector = "metadata.name=" + name, .content = kube::Content::kMetadataOnly};
}

}  // namespace

Result<ConfigMap> parse_config_map(const codec::Json& object) {
  auto root = TRY(codec::Fields::of(object, ""));
  ConfigMap out;
  out.meta = TRY(api::parse_meta(root));
  if (auto data = TRY(root.maybe_object("data"))) {
    for (const auto& [key, unused] : data->json().items()) {
      out.data[key] = TRY(data->text(key, kMaxConfigMap));
    }
  }
  return out;
}

Caches::Caches(kube::Client& client, const std::string& system_namespace, bool steering,
               const Clock& clock, Random& random, kube::Sleep sleep)
    : policies(client, kube::kAttestationPolicies, {}, api::parse_policy, clock, random,
               Informer<api::AttestationPolicy>::Raw::kKeep, sleep),
      nodes(client, kube::kNodes, {}, api::parse_node, clock, random,
            Informer<api::Node>::Raw::kDrop, sleep),
      attestations(client, kube::kNodeAttestations, {}, api::parse_node_attestation, clock, random,
                   Informer<api::NodeAttestation>::Raw::kDrop, sleep),
      reference_values(client, kube::kReferenceValueSets, {}, api::parse_reference_values, clock,
                       random, Informer<api::ReferenceValueSet>::Raw::kDrop, sleep),
      config_maps(client, kube::kConfigMaps, {.namespace_ = system_namespace}, parse_config_map,
                  clock, random, Informer<ConfigMap>::Raw::kKeep, sleep),
      own_namespace(client, kube::kNamespaces, only(system_namespace), metadata_of, clock, random,
                    Informer<api::ObjectMeta>::Raw::kDrop, sleep),
      own_definition(client, kube::kCustomResourceDefinitions,
                     only("attestationpolicies.seaworthy.dev"), metadata_of, clock, random,
                     Informer<api::ObjectMeta>::Raw::kDrop, sleep) {
  const auto generated_kind = [&](const kube::Resource& resource) {
    return std::make_unique<Informer<Raw>>(
        client, resource, kube::ReflectorConfig{.label_selector = kManagedBySelector}, as_served,
        clock, random, Informer<Raw>::Raw::kDrop, sleep);
  };
  classes = generated_kind(kube::kAttestationClasses);
  webhooks = generated_kind(kube::kValidatingWebhookConfigurations);
  floors = generated_kind(kube::kValidatingAdmissionPolicies);
  floor_bindings = generated_kind(kube::kValidatingAdmissionPolicyBindings);
  if (steering) {
    steers = generated_kind(kube::kMutatingAdmissionPolicies);
    steer_bindings = generated_kind(kube::kMutatingAdmissionPolicyBindings);
  }
}

std::vector<kube::InformerBase*> Caches::all() {
  std::vector<kube::InformerBase*> out = {&policies,         &nodes,       &attestations,
                                          &reference_values, &config_maps, &own_namespace,
                                          &own_definition};
  for (auto* informer : generated()) {
    out.push_back(informer);
  }
  return out;
}

void Caches::start() {
  for (kube::InformerBase* informer : all()) {
    informer->start();
  }
}

void Caches::stop() {
  for (kube::InformerBase* informer : all()) {
    informer->stop();
  }
}

bool Caches::wait_for_sync(std::chrono::milliseconds time, std::stop_token stop) {
  const auto until = std::chrono::steady_clock::now() + time;
  for (kube::InformerBase* informer : all()) {
    // Nothing is decided by these two but uninstalling: without the right to watch them we work on.
    if (informer == &own_namespace || informer == &own_definition) {
      continue;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (!informer->wait_for_sync(std::max(left, std::chrono::milliseconds(0)), stop)) {
      return false;
    }
  }
  return true;
}

std::vector<Caches::Informer<Raw>*> Caches::generated() const {
  std::vector<Informer<Raw>*> out = {classes.get(), webhooks.get(), floors.get(),
                                     floor_bindings.get()};
  if (steers) {
    out.push_back(steers.get());
    out.push_back(steer_bindings.get());
  }
  return out;
}

std::shared_ptr<const Raw> Caches::live(const kube::Resource& resource,
                                        const kube::ObjectKey& key) const {
  for (const Informer<Raw>* informer : generated()) {
    if (informer->resource().plural == resource.plural) {
      const auto there = informer->find(key);
      return there && there->value ? std::shared_ptr<const Raw>(there, &*there->value) : nullptr;
    }
  }
  return nullptr;
}

std::shared_ptr<const VerifierKeys> Caches::keys() const {
  const auto map = config_maps.find(kube::ObjectKey{api::kSystemNamespace, kJwksConfigMap});
  const std::string version = map ? map->uid + "/" + map->resource_version : "";
  MutexLock lock(mutex_);
  if (keys_ && keys_version_ == version) {
    return keys_;
  }
  auto out = std::make_shared<VerifierKeys>();
  out->generation = keys_ ? keys_->generation + 1 : 1;
  if (map && map->value) {
    for (const auto& [unused, text] : map->value->data) {
      if (auto key = token::parse_jwk(text)) {
        (void)out->keys.add(*std::move(key));  // beyond the limit: the keys module prunes
      }
    }
  }
  keys_ = out;
  keys_version_ = version;
  return keys_;
}

}  // namespace seaworthy::controller
