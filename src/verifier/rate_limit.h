// A token bucket per node: one node cannot keep the verifier from the others.
#pragma once

#include <unordered_map>

#include "base/mutex.h"
#include "base/strong.h"
#include "base/time.h"

namespace seaworthy::verifier {

// Thread-safe. Memory is bounded: a full bucket is forgotten.
class RateLimit {
 public:
  struct Config {
    double per_second = 5.0;  // an agent sends at most two requests per round
    double burst = 20.0;      // enrolment, activation, a first round in parts
  };
  RateLimit(const Clock& clock, Config config) : clock_(clock), config_(config) {}

  // Takes one token of the node's; false if there is none.
  bool admit(const NodeUid& node);

 private:
  struct Bucket {
    double tokens;
    Monotonic at;
  };
  void forget_full(Monotonic now) REQUIRES(mutex_);

  const Clock& clock_;
  const Config config_;
  Mutex mutex_;
  std::unordered_map<NodeUid, Bucket> buckets_ GUARDED_BY(mutex_);
  Monotonic last_sweep_ GUARDED_BY(mutex_){};
};

}  // namespace seaworthy::verifier
