// A typed, always current copy of a collection, and word of every change.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/reflector.h"
#include "kube/store.h"

namespace seaworthy::kube {

// What does not depend on the type: the thread, the time of last contact, having synced.
class InformerBase : private ReflectorSink {
 public:
  ~InformerBase() override = default;
  InformerBase(const InformerBase&) = delete;
  InformerBase& operator=(const InformerBase&) = delete;

  void start();
  void stop();  // returns when the thread has ended; called by destructors of what is derived

  // The first complete list is in the store, and handlers were told of all of it.
  bool has_synced() const { return synced_.load(); }
  // Blocks until then; false if `deadline` (on the real clock) or `stop` came first.
  bool wait_for_sync(std::chrono::milliseconds deadline, std::stop_token stop);

  // When the server last confirmed that this copy is current (a list, an event, a bookmark, or the
  // orderly end of a watch). nullopt: never. The age of a snapshot is now minus this.
  std::optional<Monotonic> last_contact() const;
  // The last failure since the last contact; for logs and readiness messages.
  std::optional<std::string> last_error() const;

  const Resource& resource() const { return resource_; }

 protected:
  InformerBase(Client& client, const Resource& resource, ReflectorConfig config, const Clock& clock,
               Random& random, Sleep sleep);

  virtual void store_all(std::vector<Json> all) = 0;
  virtual void store_one(Json object) = 0;
  virtual void forget_one(const ObjectKey& key) = 0;

 private:
  void replace(std::vector<Json> all) final;
  void upsert(Json object) final;
  void remove(Json last_state) final;
  void contact() final;
  void failed(const Error& error) final;

  Resource resource_;
  const Clock& clock_;
  Reflector reflector_;
  std::atomic<bool> synced_{false};
  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Monotonic> contact_ GUARDED_BY(mutex_);
  std::optional<std::string> error_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

// `T` is what the parser makes of an object, for example api::AttestationPolicy.
template <class T>
class Informer final : public InformerBase {
 public:
  using Pointer = typename Store<T>::Pointer;
  using Parse = std::function<Result<T>(const Json&)>;
  // Called after the store was updated, on the informer's thread, in order. Null: was not / is not
  // there. Must be quick: add a key to a WorkQueue.
  using Handler = std::function<void(const ObjectKey&, const Pointer& before, const Pointer& now)>;

  enum class Raw : std::uint8_t { kDrop, kKeep };  // keep every object's JSON in Cached::raw?

  Informer(Client& client, const Resource& resource, ReflectorConfig config, Parse parse,
           const Clock& clock, Random& random, Raw raw = Raw::kDrop, Sleep sleep = real_sleep())
      : InformerBase(client, resource, std::move(config), clock, random, std::move(sleep)),
        parse_(std::move(parse)),
        raw_(raw) {}
  ~Informer() override { stop(); }

  // Before start().
  void add_handler(Handler handler) { handlers_.push_back(std::move(handler)); }

  Pointer find(const ObjectKey& key) const { return store_.find(key); }
  Pointer find(const std::string& name) const { return store_.find(ObjectKey{"", name}); }
  Snapshot<typename Store<T>::Map> snapshot() const { return store_.snapshot(); }
  std::size_t size() const { return store_.size(); }

 private:
  void store_one(Json object) override {
    ObjectKey key = key_of(object);
    auto value = parse_(object);
    const bool keep = raw_ == Raw::kKeep || !value;
    auto now = std::make_shared<const Cached<T>>(
        Cached<T>{key, uid_of(object), resource_version_of(object), std::move(value),
                  keep ? std::move(object) : Json()});
    const Pointer before = store_.put(now);
    tell(key, before, now);
  }
  void forget_one(const ObjectKey& key) override {
    if (const Pointer before = store_.erase(key)) {
      tell(key, before, nullptr);
    }
  }
  void store_all(std::vector<Json> all) override {
    std::set<ObjectKey> there;
    for (Json& object : all) {
      const ObjectKey key = key_of(object);
      there.insert(key);
      const Pointer known = store_.find(key);
      if (!known || known->resource_version != resource_version_of(object) ||
          known->uid != uid_of(object)) {
        store_one(std::move(object));
      }
    }
    const auto before = store_.snapshot();
    for (const auto& [key, object] : *before) {
      if (!there.contains(key)) {
        forget_one(key);
      }
    }
  }
  void tell(const ObjectKey& key, const Pointer& before, const Pointer& now) {
    for (const Handler& handler : handlers_) {
      handler(key, before, now);
    }
  }

  Store<T> store_;
  Parse parse_;
  Raw raw_;
  std::vector<Handler> handlers_;
};

}  // namespace seaworthy::kube
