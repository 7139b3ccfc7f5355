// Keeps objects of ours as they should be: written once, compared ever after, put back if somebody
// else changed or removed them.
//
// Written whole by PUT, not by server-side apply: apply leaves alone what others added, and one
// more matchCondition is enough to switch a webhook off.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"
#include "controller/caches.h"
#include "controller/metrics.h"
#include "kube/client.h"

namespace seaworthy::controller {

// What of an object is ours to compare: the content, our labels, the owners. Not status, not what
// the server keeps in metadata.
codec::Json comparable(const codec::Json& object);

// Whether resourceVersion `a` is older than `b` of the same kind: decimal numbers of any length
// (KEP-5504); not older if either is no number.
bool older(const std::string& a, const std::string& b);

// Thread-safe for different objects; one object is worked on by one thread at a time (the queue
// sees to that).
class OwnedObjects {
 public:
  OwnedObjects(kube::Client& client, const Caches& caches, Metrics& metrics)
      : client_(client), caches_(caches), metrics_(metrics) {}

  enum class Done : std::uint8_t { kNothing, kWritten, kRepaired };

  // Makes the live object equal `desired`. No write if it is. kConflict: try again, the cache will
  // have caught up.
  Result<Done> ensure(const kube::Resource& resource, const codec::Json& desired,
                      const kube::Call& call) EXCLUDES(mutex_);
  // Removes the object if the cache has it. One that is gone already is fine.
  Result<Done> remove(const kube::Resource& resource, const kube::ObjectKey& key,
                      const kube::Call& call) EXCLUDES(mutex_);

 private:
  struct Written {
    codec::Json desired;
    codec::Json comparable;  // as the server answered, with its defaults
    std::string resource_version;
  };
  using Key = std::pair<std::string, kube::ObjectKey>;

  Result<codec::Json> put(const kube::Resource& resource, const codec::Json& desired,
                          const codec::Json* live, const kube::Call& call);

  kube::Client& client_;
  const Caches& caches_;
  Metrics& metrics_;
  Mutex mutex_;
  std::map<Key, Written> written_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::controller
