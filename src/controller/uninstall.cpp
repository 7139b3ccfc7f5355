#include "controller/uninstall.h"

#include <optional>

#include "controller/generated.h"
#include "controller/node.h"

namespace seaworthy::controller {
namespace {

constexpr int kTries = 3;  // of a node's patch: its resourceVersion may have moved on

bool going(const kube::Informer<api::ObjectMeta>& informer) {
  if (!informer.has_synced()) {
    return false;
  }
  const auto all = informer.snapshot();
  return all->empty() || (all->begin()->second->value && all->begin()->second->value->deleting);
}

bool going(kube::Client& client, const kube::Resource& resource, const std::string& name,
           const kube::Call& call) {
  const auto object = client.get(resource, kube::cluster_key(name), call);
  if (!object) {
    return object.error().code() == ErrorCode::kNotFound;
  }
  return (*object)["metadata"].contains("deletionTimestamp");
}

Result<void> clean_node(kube::Client& client, Metrics& metrics, api::Node node, const Clock& clock,
                        const std::stop_token& stop) {
  for (int i = 0; i < kTries; ++i) {
    const auto patch = node_patch(node, decide_nothing(node));
    if (!patch) {
      return {};
    }
    const kube::ObjectKey key = kube::cluster_key(node.meta.name);
    metrics.write(kube::kNodes.plural);
    const auto done = client.patch(kube::kNodes, key, kube::PatchType::kMerge, *patch,
                                   {.field_manager = kFieldManager},
                                   kube::call_within(clock, kube::kUsualCallTime, stop));
    if (done || done.error().code() == ErrorCode::kNotFound) {
      return {};
    }
    if (done.error().code() != ErrorCode::kConflict) {
      return done.error();
    }
    const codec::Json now =
        TRY(client.get(kube::kNodes, key, kube::call_within(clock, kube::kUsualCallTime, stop)));
    node = TRY(api::parse_node(now));
  }
  return unavailable("node " + node.meta.name + ": changed again and again");
}

}  // namespace

bool being_uninstalled(const Caches& caches) {
  return going(caches.own_namespace) || going(caches.own_definition);
}

bool ask_whether_uninstalled(kube::Client& client, const std::string& system_namespace,
                             const kube::Call& call) {
  return going(client, kube::kNamespaces, system_namespace, call) ||
         going(client, kube::kCustomResourceDefinitions, "attestationpolicies.seaworthy.dev", call);
}

Result<void> uninstall(kube::Client& client, const Caches& caches, Metrics& metrics,
                       const Clock& clock, std::stop_token stop) {
  std::optional<Error> first;
  const auto keep_first = [&](Error error) {
    if (!first) {
      first = std::move(error);
    }
  };
  // As the API server has it: a cache may not know yet what was written just now.
  const auto list = [&](const kube::Resource& resource, kube::ListOptions which) {
    auto all = kube::list_all(client, resource, std::move(which),
                              kube::call_within(clock, kube::kUsualCallTime, stop));
    if (!all) {
      keep_first(all.error());
    }
    return all ? *std::move(all) : std::vector<codec::Json>();
  };
  // What refuses goes first, and bindings before the policies that they bind.
  for (const auto* informer :
       {caches.webhooks.get(), caches.floor_bindings.get(), caches.floors.get(),
        caches.steer_bindings.get(), caches.steers.get()}) {
    if (informer == nullptr) {
      continue;
    }
    const kube::Resource& resource = informer->resource();
    for (const codec::Json& object : list(resource, {.label_selector = kManagedBySelector,
                                                    .content = kube::Content::kMetadataOnly})) {
      metrics.write(resource.plural);
      auto gone = client.delete_(resource, kube::cluster_key(object["metadata"].value("name", "")),
                                 {}, kube::call_within(clock, kube::kUsualCallTime, stop));
      if (!gone && gone.error().code() != ErrorCode::kNotFound) {
        keep_first(std::move(gone).error());
      }
    }
  }
  for (const codec::Json& object : list(kube::kNodes, {})) {
    const auto node = api::parse_node(object);
    if (!node) {
      keep_first(node.error());
      continue;
    }
    if (auto done = clean_node(client, metrics, *node, clock, stop); !done) {
      keep_first(std::move(done).error());
    }
  }
  return first ? Result<void>(*std::move(first)) : Result<void>();
}

}  // namespace seaworthy::controller
