// What the controller knows of the cluster: informers over everything that a decision rests on.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/node.h"
#include "api/policy.h"
#include "api/reference_values.h"
#include "base/mutex.h"
#include "controller/judgement.h"
#include "kube/client.h"
#include "kube/informer.h"

namespace seaworthy::controller {

// A ConfigMap's data; binaryData is ignored.
struct ConfigMap {
  api::ObjectMeta meta;
  std::map<std::string, std::string> data;
};
Result<ConfigMap> parse_config_map(const codec::Json& object);

inline constexpr const char* kCaConfigMap = "seaworthy-ca";  // key ca.crt: bundle
inline constexpr const char* kCaKey = "ca.crt";
inline constexpr const char* kJwksConfigMap = "seaworthy-jwks";  // <kid> → JWK

// Any object as served: for those whose content is compared, not read.
using Raw = codec::Json;

struct Caches {
  template <class T>
  using Informer = kube::Informer<T>;

  // Nothing is asked before start(). `steering`: the API server has MutatingAdmissionPolicy.
  Caches(kube::Client& client, const std::string& system_namespace, bool steering,
         const Clock& clock, Random& random, kube::Sleep sleep);

  Informer<api::AttestationPolicy> policies;  // raw kept: status is compared with it
  Informer<api::Node> nodes;
  Informer<api::NodeAttestation> attestations;
  Informer<api::ReferenceValueSet> reference_values;
  Informer<ConfigMap> config_maps;  // of the system namespace; raw kept
  // Objects that the controller generates. The last two are null without steering.
  std::unique_ptr<Informer<Raw>> classes, webhooks, floors, floor_bindings, steers, steer_bindings;
  // The system namespace and our policy CRD as metadata: their deletion is our uninstallation.
  Informer<api::ObjectMeta> own_namespace, own_definition;

  std::vector<kube::InformerBase*> all();
  void start();
  void stop();
  bool wait_for_sync(std::chrono::milliseconds time, std::stop_token stop);

  // The informers of the generated kinds, without null.
  std::vector<Informer<Raw>*> generated() const;
  // An object of a generated kind as served; null if there is none.
  std::shared_ptr<const Raw> live(const kube::Resource& resource, const kube::ObjectKey& key) const;

  // The verifiers' keys as they are now; parsed anew only when the ConfigMap changed. A key that
  // does not parse is left out: it makes nothing trusted.
  std::shared_ptr<const VerifierKeys> keys() const;

 private:
  mutable Mutex mutex_;
  mutable std::string keys_version_ GUARDED_BY(mutex_);
  mutable std::shared_ptr<const VerifierKeys> keys_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::controller
