#include "admission/snapshot.h"

#include <algorithm>
#include <utility>

namespace seaworthy::admission {
namespace {

constexpr std::size_t kFindingsKept = 3;

std::string text_at(const codec::Json& object, const char* outer, const char* inner) {
  if (!object.is_object()) {
    return {};
  }
  const auto found = object.find(outer);
  if (found == object.end() || !found->is_object()) {
    return {};
  }
  const auto value = found->find(inner);
  return value != found->end() && value->is_string() ? value->get<std::string>() : std::string();
}

std::size_t shard_of(const NodeName& name) {
  return std::hash<NodeName>{}(name) % 256;
}

}  // namespace

PolicyView PolicyView::of(const codec::Json& object) {
  PolicyView out;
  auto policy = api::parse_policy(object);
  if (!policy) {
    out.name = PolicyName(text_at(object, "metadata", "name"));
    out.uid = text_at(object, "metadata", "uid");
    out.namespaces = api::governed_namespaces(object);
    out.broken = policy.error().message();
    return out;
  }
  out.name = policy->name();
  out.uid = policy->meta.uid;
  out.namespaces = std::move(policy->namespaces);
  out.mode = policy->mode;
  return out;
}

ResultView ResultView::of(const token::VerifiedEar& ear) {
  const token::EarClaims& claims = ear.claims();
  ResultView out;
  out.verifier = claims.verifier;
  out.key_id = ear.key_id();
  out.node_uid = claims.node_uid;
  out.expires = claims.expires;
  out.verdicts.reserve(claims.policies.size());
  for (const token::PolicyResult& result : claims.policies) {
    VerdictView view{.policy = result.policy,
                     .policy_uid = result.policy_uid,
                     .verdict = result.verdict,
                     .expires = result.expires.value_or(claims.expires),
                     .findings = {}};
    const std::size_t kept = std::min(result.findings.size(), kFindingsKept);
    view.findings.assign(result.findings.begin(),
                         result.findings.begin() + static_cast<std::ptrdiff_t>(kept));
    out.verdicts.push_back(std::move(view));
  }
  return out;
}

Snapshot::Snapshot()
    : index_(std::make_shared<const PolicyIndex>()), keys_(std::make_shared<const Keys>()) {
  shards_.fill(std::make_shared<const Shard>());
}

const Snapshot::Policies& Snapshot::governing(const Namespace& name) const {
  static const Policies kNone;
  const auto found = index_->governing.find(name);
  return found == index_->governing.end() ? kNone : found->second;
}

const NodeView* Snapshot::find_node(const NodeName& name) const {
  const Shard& shard = *shards_.at(shard_of(name));
  const auto found = shard.find(name);
  return found == shard.end() ? nullptr : found->second.get();
}

const KeyView* Snapshot::find_key(std::string_view key_id) const {
  const auto found = keys_->find(key_id);
  return found == keys_->end() ? nullptr : &found->second;
}

std::size_t Snapshot::node_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) {
    count += shard->size();
  }
  return count;
}

std::shared_ptr<const Snapshot::PolicyIndex> Snapshot::index_of(
    std::map<PolicyName, std::shared_ptr<const PolicyView>> policies) {
  PolicyIndex index;
  for (const auto& [name, policy] : policies) {
    for (const Namespace& governed : policy->namespaces) {
      Policies& list = index.governing[governed];
      if (list.empty() || list.back() != policy) {  // named twice, still one policy
        list.push_back(policy);
      }
    }
  }
  index.policies = std::move(policies);
  return std::make_shared<const PolicyIndex>(std::move(index));
}

Snapshot Snapshot::with_policy(PolicyView policy) const {
  Snapshot out = *this;
  auto policies = index_->policies;
  PolicyName name = policy.name;
  policies[std::move(name)] = std::make_shared<const PolicyView>(std::move(policy));
  out.index_ = index_of(std::move(policies));
  return out;
}

Snapshot Snapshot::without_policy(const PolicyName& name) const {
  Snapshot out = *this;
  auto policies = index_->policies;
  policies.erase(name);
  out.index_ = index_of(std::move(policies));
  return out;
}

Snapshot Snapshot::with_node_changed(const NodeName& name,
                                     const std::function<void(NodeView&)>& change) const {
  Snapshot out = *this;
  auto& place = out.shards_.at(shard_of(name));
  Shard shard = *place;
  const auto found = shard.find(name);
  NodeView view = found == shard.end() ? NodeView{} : *found->second;
  change(view);
  if (view.uid.empty() && view.results.empty() && view.refused.empty()) {
    shard.erase(name);
  } else {
    shard[name] = std::make_shared<const NodeView>(std::move(view));
  }
  place = std::make_shared<const Shard>(std::move(shard));
  return out;
}

Snapshot Snapshot::with_node(const NodeName& name, NodeUid uid) const {
  return with_node_changed(name, [&uid](NodeView& view) { view.uid = std::move(uid); });
}

Snapshot Snapshot::with_results(const NodeName& name, std::vector<ResultView> results,
                                std::string refused) const {
  return with_node_changed(name, [&](NodeView& view) {
    view.results = std::move(results);
    view.refused = std::move(refused);
  });
}

Snapshot Snapshot::with_keys(Keys keys) const {
  Snapshot out = *this;
  out.keys_ = std::make_shared<const Keys>(std::move(keys));
  return out;
}

}  // namespace seaworthy::admission
