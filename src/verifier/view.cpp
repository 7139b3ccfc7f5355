#include "verifier/view.h"

#include "codec/fields.h"
#include "codec/hex.h"
#include "crypto/digest.h"

namespace seaworthy::verifier {

Result<ConfigMapData> parse_config_map(const codec::Json& object) {
  codec::Fields fields = TRY(codec::Fields::of(object, ""));
  ConfigMapData data;
  const auto found = object.find("data");
  if (found == object.end() || found->is_null()) {
    return data;
  }
  if (!found->is_object()) {
    return fields.malformed_at("data", "expected an object");
  }
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) {
      return fields.malformed_at("data." + key, "expected a string");
    }
    data.emplace(key, value.get<std::string>());
  }
  return data;
}

void ClusterView::invalidate() {
  MutexLock lock(mutex_);
  current_.reset();
}

std::shared_ptr<const PolicyViews> ClusterView::current() {
  MutexLock lock(mutex_);
  if (!current_) {
    compile_sets();
    auto views = std::make_shared<PolicyViews>();
    for (const auto& [key, cached] : *policies_.snapshot()) {
      // One that does not parse appraises nobody: no node can hold its class, and the webhook, for
      // which it governs all the same, denies.
      if (cached->value && !cached->value->meta.deleting) {
        views->push_back(view_of(*cached->value));
      }
    }
    current_ = std::move(views);
  }
  return current_;
}

PolicyViews ClusterView::selecting(const std::map<std::string, std::string>& labels) {
  PolicyViews selected;
  for (const auto& view : *current()) {
    if (view->policy.nodes.matches(labels)) {
      selected.push_back(view);
    }
  }
  return selected;
}

void ClusterView::compile_sets() {
  std::map<std::string, CachedSet> next;
  for (const auto& [key, cached] : *sets_.snapshot()) {
    if (!cached->value) {
      continue;  // as if it were not there: a policy that names it trusts nobody by it
    }
    const auto known = compiled_.find(key.name);
    if (known != compiled_.end() && known->second.resource_version == cached->resource_version) {
      next.insert(*known);
    } else {
      next.emplace(key.name, CachedSet{cached->resource_version, policy::compile(*cached->value)});
    }
  }
  compiled_ = std::move(next);
}

std::shared_ptr<const PolicyView> ClusterView::view_of(const api::AttestationPolicy& policy) const {
  auto view = std::make_shared<PolicyView>();
  view->policy = policy;
  std::map<std::string, std::shared_ptr<const policy::CompiledSet>> sets;
  for (const auto& [name, cached] : compiled_) {
    sets.emplace(name, cached.compiled);
  }
  view->compiled = std::make_shared<const policy::CompiledPolicy>(policy::compile(policy, sets));

  crypto::Hasher digest(crypto::HashAlg::kSha256);
  for (const api::ConfigMapKey& source : policy.identity.trust_anchors) {
    const std::string where = "ConfigMap " + namespace_ + "/" + source.name;
    const auto map = config_maps_.find(kube::ObjectKey{namespace_, source.name});
    if (!map || !map->value) {
      view->problems.push_back(where + " does not exist");
      continue;
    }
    const auto pem = map->value->find(source.key);
    if (pem == map->value->end()) {
      view->problems.push_back(where + " has no key '" + source.key + "'");
      continue;
    }
    auto bundle = crypto::parse_pem_bundle(pem->second);
    if (!bundle) {
      view->problems.push_back(where + ", key '" + source.key + "': " + bundle.error().message());
      continue;
    }
    for (crypto::Certificate& certificate : *bundle) {
      digest.update(certificate.fingerprint().bytes());
      view->anchors.push_back({.certificate = std::move(certificate)});
    }
  }
  view->anchors_digest = codec::to_hex(digest.finish().bytes());
  return view;
}

}  // namespace seaworthy::verifier
