#include "controller/keys.h"

#include "controller/node.h"
#include "token/jwks.h"

namespace seaworthy::controller {
namespace {

// Kept a little longer than it counts, so that a replica whose renewal is late is not removed and
// published in turn.
constexpr std::chrono::milliseconds kGrace{60'000};

}  // namespace

KeysDecision decide(const ConfigMap& jwks, Time now) {
  KeysDecision out;
  for (const auto& [name, text] : jwks.data) {
    const auto key = token::parse_jwk(text);
    if (!key || !key->not_after) {
      continue;
    }
    if (*key->not_after + kGrace <= now) {
      out.expired.push_back(name);
    } else {
      out.next_check = earlier(out.next_check, *key->not_after + kGrace);
    }
  }
  return out;
}

Result<Requeue> KeysReconciler::reconcile(std::stop_token stop) {
  const auto map = caches_.config_maps.find(kube::ObjectKey{api::kSystemNamespace, kJwksConfigMap});
  if (!map || !map->value) {
    return Requeue::never();
  }
  const KeysDecision decision = decide(*map->value, clock_.now());
  if (!decision.expired.empty()) {
    // Bound to the version that was judged: a key renewed since is not removed.
    codec::Json patch = {{"metadata", {{"resourceVersion", map->resource_version}}}};
    for (const std::string& name : decision.expired) {
      patch["data"][name] = nullptr;
    }
    metrics_.write(kube::kConfigMaps.plural);
    TRY(client_.patch(kube::kConfigMaps, map->key, kube::PatchType::kMerge, patch,
                      {.field_manager = kFieldManager},
                      kube::call_within(clock_, kube::kUsualCallTime, std::move(stop))));
  }
  return Requeue::at(decision.next_check);
}

}  // namespace seaworthy::controller
