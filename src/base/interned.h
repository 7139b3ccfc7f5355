// Immutable values of which many holders have equal ones, each kept once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>

#include "base/mutex.h"

namespace seaworthy {

// T is ordered by <, in whatever way. Thread-safe. Besides what somebody holds, it keeps for a
// while up to as much again that nobody holds any more.
template <class T>
class Interned {
 public:
  using Pointer = std::shared_ptr<const T>;

  // The first that was equal to this one, or this one.
  Pointer one_of(const Pointer& value) {
    MutexLock lock(mutex_);
    if (known_.size() >= sweep_at_) {
      drop_unused();
    }
    return *known_.insert(value).first;
  }
  std::size_t size() const {
    MutexLock lock(mutex_);
    return known_.size();
  }

 private:
  struct ByContent {
    bool operator()(const Pointer& a, const Pointer& b) const { return *a < *b; }
  };

  // What nobody else holds, nobody can begin to hold meanwhile: they get it from here.
  void drop_unused() REQUIRES(mutex_) {
    std::erase_if(known_, [](const Pointer& value) { return value.use_count() == 1; });
    sweep_at_ = std::max(kFirstSweep, 2 * known_.size());
  }

  static constexpr std::size_t kFirstSweep = 64;
  mutable Mutex mutex_;
  std::set<Pointer, ByContent> known_ GUARDED_BY(mutex_);
  std::size_t sweep_at_ GUARDED_BY(mutex_) = kFirstSweep;
};

}  // namespace seaworthy
