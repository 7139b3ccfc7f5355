#include "controller/owned.h"

#include <algorithm>
#include <optional>

namespace seaworthy::controller {
namespace {

using codec::Json;

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool older(const std::string& a, const std::string& b) {
  if (!is_number(a) || !is_number(b)) {
    return false;
  }
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

Json comparable(const Json& object) {
  Json out = Json::object();
  for (const auto& [key, value] : object.items()) {
    if (key != "metadata" && key != "status" && key != "apiVersion" && key != "kind") {
      out[key] = value;
    }
  }
  const auto meta = object.find("metadata");
  if (meta != object.end()) {
    for (const char* field : {"labels", "ownerReferences"}) {
      if (const auto value = meta->find(field); value != meta->end()) {
        out["metadata"][field] = *value;
      }
    }
  }
  return out;
}

Result<Json> OwnedObjects::put(const kube::Resource& resource, const Json& desired,
                               const Json* live, const kube::Call& call) {
  Json body = desired;
  if (live != nullptr) {
    body["metadata"]["resourceVersion"] = kube::resource_version_of(*live);
    body["metadata"]["uid"] = kube::uid_of(*live);
    return client_.replace(resource, body, call);
  }
  auto made = client_.create(resource, body, call);
  if (made || made.error().code() != ErrorCode::kConflict) {
    return made;
  }
  // It exists, but the cache does not show it: it lags, or somebody took our label off.
  const Json there = TRY(client_.get(resource, kube::key_of(desired), call));
  return put(resource, desired, &there, call);
}

Result<OwnedObjects::Done> OwnedObjects::ensure(const kube::Resource& resource, const Json& desired,
                                                const kube::Call& call) {
  const kube::ObjectKey object_key = kube::key_of(desired);
  const Key key{std::string(resource.plural), object_key};
  std::optional<Written> before;
  {
    MutexLock lock(mutex_);
    if (const auto at = written_.find(key); at != written_.end()) {
      before = at->second;
    }
  }
  const auto live = caches_.live(resource, object_key);
  const bool unchanged = before && before->desired == desired;
  if (unchanged && live) {
    if (older(kube::resource_version_of(*live), before->resource_version) ||
        comparable(*live) == before->comparable) {
      return Done::kNothing;  // as it should be, or our own write is still on its way to the cache
    }
  }
  if (unchanged && !live) {  // removed, or our own write is on its way to the cache: look
    const auto there = client_.get(resource, object_key, call);
    if (there && comparable(*there) == before->comparable) {
      return Done::kNothing;
    }
  }
  auto answer = put(resource, desired, live.get(), call);
  if (!answer) {
    return std::move(answer).error();
  }
  metrics_.write(resource.plural);
  const bool repaired = unchanged;
  if (repaired) {
    metrics_.drift(resource.plural);
  }
  MutexLock lock(mutex_);
  written_[key] = {desired, comparable(*answer), kube::resource_version_of(*answer)};
  return repaired ? Done::kRepaired : Done::kWritten;
}

Result<OwnedObjects::Done> OwnedObjects::remove(const kube::Resource& resource,
                                                const kube::ObjectKey& key,
                                                const kube::Call& call) {
  {
    MutexLock lock(mutex_);
    written_.erase({std::string(resource.plural), key});
  }
  const auto live = caches_.live(resource, key);
  if (!live) {
    return Done::kNothing;
  }
  auto gone = client_.delete_(resource, key, {.uid = kube::uid_of(*live)}, call);
  if (!gone && gone.error().code() != ErrorCode::kNotFound) {
    return std::move(gone).error();
  }
  metrics_.write(resource.plural);
  return Done::kWritten;
}

}  // namespace seaworthy::controller
