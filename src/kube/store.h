// What an informer knows of a kind, as immutable values.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "kube/resource.h"

namespace seaworthy::kube {

// One object as it was when the API server last told us: reading it may be stale, and the name
// says so.
template <class T>
struct Cached {
  ObjectKey key;
  std::string uid;
  std::string resource_version;
  Result<T> value;  // the error if the object does not parse: the user decides what that means
  Json raw;         // the object as served if it does not parse, or if the informer keeps it
};

// An immutable map that lives as long as this handle. Also `for (… : *store.snapshot())` is safe,
// which it would not be with a bare shared_ptr: the temporary would be gone before the first round.
template <class Map>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const Map> map) : map_(std::move(map)) {}
  const Map* operator->() const { return map_.get(); }
  const Map& operator*() const& { return *map_; }
  Snapshot operator*() && { return std::move(*this); }
  auto begin() const { return map_->begin(); }
  auto end() const { return map_->end(); }
  auto find(const ObjectKey& key) const { return map_->find(key); }
  std::size_t size() const { return map_->size(); }
  bool empty() const { return map_->empty(); }
  operator std::shared_ptr<const Map>() const { return map_; }
  friend bool operator==(const Snapshot&, const Snapshot&) = default;  // the very same

 private:
  std::shared_ptr<const Map> map_;
};

// Thread-safe. What it gives out is immutable and stays valid.
template <class T>
class Store {
 public:
  using Pointer = std::shared_ptr<const Cached<T>>;
  using Map = std::map<ObjectKey, Pointer>;

  // null if there is no such object.
  Pointer find(const ObjectKey& key) const {
    MutexLock lock(mutex_);
    const auto at = objects_.find(key);
    return at == objects_.end() ? nullptr : at->second;
  }

  // All objects at one moment. Costs a copy of the map of pointers after a change, else nothing.
  Snapshot<Map> snapshot() const {
    MutexLock lock(mutex_);
    if (!snapshot_) {
      snapshot_ = std::make_shared<const Map>(objects_);
    }
    return Snapshot<Map>(snapshot_);
  }

  std::size_t size() const {
    MutexLock lock(mutex_);
    return objects_.size();
  }

  // Gives what was there before.
  Pointer put(Pointer object) {
    MutexLock lock(mutex_);
    snapshot_.reset();
    Pointer& place = objects_[object->key];
    Pointer before = std::move(place);
    place = std::move(object);
    return before;
  }
  Pointer erase(const ObjectKey& key) {
    MutexLock lock(mutex_);
    const auto at = objects_.find(key);
    if (at == objects_.end()) {
      return nullptr;
    }
    snapshot_.reset();
    Pointer before = std::move(at->second);
    objects_.erase(at);
    return before;
  }

 private:
  mutable Mutex mutex_;
  Map objects_ GUARDED_BY(mutex_);
  mutable std::shared_ptr<const Map> snapshot_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::kube
