// Keeps the Snapshot current: takes objects as the API server serves them, verifies signed results
// once when they (or the keys) change, and publishes the next snapshot.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admission/snapshot.h"
#include "api/attestation.h"
#include "base/mutex.h"
#include "base/time.h"
#include "codec/json.h"
#include "token/jwks.h"

namespace seaworthy::admission {

// Thread-safe. Changes take as long as verifying a signature and are made one after another;
// snapshot() waits for a pointer copy at most.
class Book {
 public:
  std::shared_ptr<const Snapshot> snapshot() const;

  void put_policy(const codec::Json& object);
  void drop_policy(const std::string& name);

  void put_node(const std::string& name, const std::string& uid);
  void drop_node(const std::string& name);

  // A NodeAttestation. Results that no trusted key signed are set aside and looked at again when
  // the keys change; one that does not parse has no results.
  void put_attestation(const codec::Json& object, Time now);
  void drop_attestation(const std::string& name);

  // The data of the ConfigMap seaworthy-jwks: one JWK per entry. An entry that is no key of a
  // verifier is left out; gives how many were.
  std::size_t put_keys(const std::map<std::string, std::string>& data, Time now);

  struct Counts {
    std::size_t nodes = 0;  // with a Node, a result or both
    std::size_t policies = 0;
    std::size_t keys = 0;
    std::size_t set_aside = 0;  // nodes with results that were not believed
  };
  Counts counts() const;

 private:
  struct Believed {
    std::vector<ResultView> results;
    std::vector<api::SignedResult> others;  // well-formed, but not to be believed now
    std::string refused;
  };
  Believed believe(const NodeName& node, const std::vector<api::SignedResult>& results,
                   Time now) const REQUIRES(writing_);
  void record(const NodeName& node, Believed believed) REQUIRES(writing_);
  void publish(Snapshot next) REQUIRES(writing_);

  // What makes a change one after another, and what is needed for that alone.
  mutable Mutex writing_;
  token::KeySet keys_ GUARDED_BY(writing_);
  std::map<NodeName, std::vector<api::SignedResult>> set_aside_ GUARDED_BY(writing_);

  // Held for one pointer copy.
  mutable Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ GUARDED_BY(mutex_) = std::make_shared<const Snapshot>();
};

}  // namespace seaworthy::admission
