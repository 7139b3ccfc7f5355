#include "controller/serving.h"

#include <algorithm>

#include "codec/base64.h"
#include "controller/node.h"

namespace seaworthy::controller {
namespace {

using codec::Json;

constexpr std::size_t kMaxSecret = 1 << 20;
// Nothing tells us of a Secret that somebody changed or removed, so look.
constexpr std::chrono::milliseconds kLook{60'000};

std::vector<std::string> service_names(const std::string& service, const std::string& namespace_,
                                       const std::vector<std::string>& more) {
  const std::string base = service + "." + namespace_ + ".svc";
  std::vector<std::string> out = {base, base + ".cluster.local"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string text_at(const std::map<std::string, std::string>& data, const char* key) {
  const auto at = data.find(key);
  return at == data.end() ? "" : at->second;
}

}  // namespace

ServingReconciler::ServingReconciler(kube::Client& client, const Caches& caches, Metrics& metrics,
                                     ServingOptions options, const Clock& clock, Random& random)
    : client_(client),
      caches_(caches),
      metrics_(metrics),
      options_(std::move(options)),
      clock_(clock),
      random_(random) {}

Result<Requeue> ServingReconciler::reconcile(std::stop_token stop) {
  const kube::Call call = kube::call_within(clock_, 3 * kube::kUsualCallTime, std::move(stop));
  return options_.mode == ServingOptions::Mode::kManaged ? managed(call) : external(call);
}

Result<Requeue> ServingReconciler::managed(const kube::Call& call) {
  const Time now = clock_.now();
  const Secret secret = TRY(read(kCaSecret, call));
  const CaState before = parse_ca(secret.data);
  const CaState ca = TRY(advance(before, now, random_));
  if (const auto data = ca_data(ca); data != secret.data) {
    TRY(write(kCaSecret, "Opaque", secret, data, call));
  }
  // The bundle before the leaves: nothing serves with what is not published.
  const std::string trusted = bundle(ca, now);
  TRY(publish(trusted, call));
  Time due = std::min(next_due(ca), now + kLook);
  due = std::min(due, TRY(keep_leaf(kOperatorTlsSecret,
                                    service_names("seaworthy-operator", options_.namespace_,
                                                  options_.more_operator_names),
                                    *ca.current, trusted, call)));
  due = std::min(due, TRY(keep_leaf(kWebhookTlsSecret,
                                    service_names("seaworthy-webhook", options_.namespace_,
                                                  options_.more_webhook_names),
                                    *ca.current, trusted, call)));
  return Requeue::at(due);
}

Result<Time> ServingReconciler::keep_leaf(const char* name,
                                          const std::vector<std::string>& dns_names,
                                          const CertifiedKey& ca, const std::string& trusted,
                                          const kube::Call& call) {
  const Time now = clock_.now();
  const Secret secret = TRY(read(name, call));
  if (leaf_is_good(secret.data, dns_names, ca, now)) {
    return renewal_of(TRY(crypto::Certificate::parse_pem(text_at(secret.data, "tls.crt"))));
  }
  const CertifiedKey leaf = TRY(make_leaf(ca, dns_names, now, random_));
  TRY(write(name, "kubernetes.io/tls", secret, leaf_data(leaf, ca, trusted), call));
  return renewal_of(leaf.certificate);
}

Result<Requeue> ServingReconciler::external(const kube::Call& call) {
  std::string trusted;
  for (const char* name : {kOperatorTlsSecret, kWebhookTlsSecret}) {
    const std::string ca = text_at(TRY(read(name, call)).data, "ca.crt");
    if (!ca.empty() && trusted.find(ca) == std::string::npos) {
      // Checked, so that a broken Secret does not become a caBundle that the API server refuses.
      TRY(crypto::parse_pem_bundle(ca));
      trusted += ca.back() == '\n' ? ca : ca + "\n";
    }
  }
  if (!trusted.empty()) {
    TRY(publish(trusted, call));
  }
  return Requeue::at(clock_.now() + kLook);
}

Result<ServingReconciler::Secret> ServingReconciler::read(const char* name,
                                                          const kube::Call& call) {
  const auto object = client_.get(kube::kSecrets, {options_.namespace_, name}, call);
  if (!object) {
    if (object.error().code() == ErrorCode::kNotFound) {
      return Secret{};
    }
    return object.error();
  }
  Secret out;
  out.resource_version = kube::resource_version_of(*object);
  auto root = TRY(codec::Fields::of(*object, ""));
  if (auto data = TRY(root.maybe_object("data"))) {
    for (const auto& [key, unused] : data->json().items()) {
      const Bytes value = TRY(data->base64(key, kMaxSecret));
      out.data[key] = std::string(as_text(value));
    }
  }
  return out;
}

// Bound to the version that was read: two leaders in a moment of doubt do not overwrite each other.
Result<void> ServingReconciler::write(const char* name, const char* type, const Secret& before,
                                      const std::map<std::string, std::string>& data,
                                      const kube::Call& call) {
  Json object = api::object_header("v1", "Secret", name, options_.namespace_);
  object["type"] = type;
  object["data"] = Json::object();
  for (const auto& [key, value] : data) {
    object["data"][key] = codec::to_base64(as_bytes(value));
  }
  metrics_.write(kube::kSecrets.plural);
  if (before.resource_version.empty()) {
    TRY(client_.create(kube::kSecrets, object, call));
    return {};
  }
  // A merge, so that labels and annotations of others stay; keys that are gone are named.
  Json patch = {{"metadata", {{"resourceVersion", before.resource_version}}},
                {"data", object["data"]}};
  for (const auto& [key, unused] : before.data) {
    if (!data.contains(key)) {
      patch["data"][key] = nullptr;
    }
  }
  TRY(client_.patch(kube::kSecrets, {options_.namespace_, name}, kube::PatchType::kMerge, patch,
                    {.field_manager = kFieldManager}, call));
  return {};
}

Result<void> ServingReconciler::publish(const std::string& trusted, const kube::Call& call) {
  const auto live = caches_.config_maps.find(kube::ObjectKey{options_.namespace_, kCaConfigMap});
  if (live && live->value && text_at(live->value->data, kCaKey) == trusted) {
    return {};
  }
  Json object = api::object_header("v1", "ConfigMap", kCaConfigMap, options_.namespace_);
  object["data"] = {{kCaKey, trusted}};
  metrics_.write(kube::kConfigMaps.plural);
  TRY(client_.apply(kube::kConfigMaps, object, {.field_manager = kFieldManager}, call));
  return {};
}

}  // namespace seaworthy::controller
