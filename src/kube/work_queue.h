// A queue of keys that need work, with the properties of client-go's util/workqueue (v0.36):
//   fair       keys are worked on in the order they were added;
//   stingy     one key is never worked on by two at once; a key added several times before it is
//              worked on is worked on once; added while being worked on, it is worked on again;
//   many       producers and consumers;
//   shutdown   shut_down() lets what is in work be finished and gives out nothing more.
// Also delayed adds (the earliest time of a key wins) and adds with a rate limit after failures
// (5 ms × 2ⁿ up to 1000 s per key, and 10 per second in bursts of 100 over all).
#pragma once

#include <chrono>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>

#include "base/mutex.h"
#include "base/time.h"

namespace seaworthy::kube {

// The delays of one key's failures in a row, and of all failures together. Not thread-safe.
struct RateLimitConfig {
  std::chrono::milliseconds base{5};
  std::chrono::milliseconds cap{1'000'000};
  double per_second = 10;
  double burst = 100;
};
template <class Key>
class RateLimiter {
 public:
  using Config = RateLimitConfig;
  RateLimiter(Config config, Monotonic now)
      : config_(config), tokens_(config.burst), filled_(now) {}

  std::chrono::milliseconds when(const Key& key, Monotonic now) {
    const int failures = failures_[key]++;
    auto own = config_.cap;
    if (failures < 30 && config_.base * (1LL << failures) < config_.cap) {
      own = config_.base * (1LL << failures);
    }
    return std::max(own, shared(now));
  }
  void forget(const Key& key) { failures_.erase(key); }
  int failures(const Key& key) const {
    const auto at = failures_.find(key);
    return at == failures_.end() ? 0 : at->second;
  }

 private:
  std::chrono::milliseconds shared(Monotonic now) {
    const double passed = std::chrono::duration<double>(now - filled_).count();
    tokens_ = std::min(config_.burst, tokens_ + passed * config_.per_second);
    filled_ = now;
    tokens_ -= 1;  // below zero: reserved from the future
    if (tokens_ >= 0) {
      return std::chrono::milliseconds(0);
    }
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::ceil(-tokens_ / config_.per_second * 1000)));
  }

  Config config_;
  std::map<Key, int> failures_;
  double tokens_;
  Monotonic filled_;
};

// Thread-safe.
template <class Key>
class WorkQueue {
 public:
  explicit WorkQueue(const Clock& clock, typename RateLimiter<Key>::Config limits = {})
      : clock_(clock), limiter_(limits, clock.monotonic()) {}

  void add(const Key& key) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    add_locked(key);
  }
  void add_at(const Key& key, Monotonic when) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    add_at_locked(key, when);
  }
  void add_after(const Key& key, std::chrono::milliseconds delay) EXCLUDES(mutex_) {
    add_at(key, clock_.monotonic() + delay);
  }
  // After a failure; forget() after a success.
  void add_rate_limited(const Key& key) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const Monotonic now = clock_.monotonic();
    add_at_locked(key, now + limiter_.when(key, now));
  }
  void forget(const Key& key) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    limiter_.forget(key);
  }
  int failures(const Key& key) const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return limiter_.failures(key);
  }

  // Waits for a key and gives it out; done() must follow. nullopt: shut down, or `stop`.
  std::optional<Key> get(std::stop_token stop) EXCLUDES(mutex_) {
    const std::stop_callback wake(stop, [this] {
      MutexLock lock(mutex_);
      changed_.notify_all();
    });
    MutexLock lock(mutex_);
    while (!shut_down_ && !stop.stop_requested()) {
      const Monotonic now = clock_.monotonic();
      if (std::optional<Key> key = take_locked(now)) {
        return key;
      }
      if (delayed_.empty()) {
        changed_.wait(mutex_);
      } else {
        changed_.wait_for(mutex_, std::max(std::chrono::milliseconds(1), next_due() - now));
      }
    }
    return std::nullopt;
  }
  // The same without waiting.
  std::optional<Key> try_get() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return shut_down_ ? std::nullopt : take_locked(clock_.monotonic());
  }
  void done(const Key& key) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    processing_.erase(key);
    if (dirty_.contains(key)) {
      ready_.push_back(key);
      changed_.notify_one();
    }
    if (processing_.empty()) {
      changed_.notify_all();
    }
  }

  void shut_down() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    shut_down_ = true;
    changed_.notify_all();
  }
  // Keys ready to be given out now; what is delayed is not counted.
  std::size_t size() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return ready_.size();
  }
  // When the next delayed key is due, for a caller that does other things in between.
  std::optional<Monotonic> next_delayed() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return delayed_.empty() ? std::nullopt : std::optional(next_due());
  }

 private:
  void add_locked(const Key& key) REQUIRES(mutex_) {
    if (shut_down_ || !dirty_.insert(key).second) {
      return;
    }
    if (!processing_.contains(key)) {
      ready_.push_back(key);
      changed_.notify_one();
    }
  }
  void add_at_locked(const Key& key, Monotonic when) REQUIRES(mutex_) {
    if (shut_down_) {
      return;
    }
    if (when <= clock_.monotonic()) {
      add_locked(key);
      return;
    }
    const auto at = delayed_keys_.find(key);
    if (at != delayed_keys_.end()) {
      if (at->second <= when) {
        return;
      }
      delayed_.erase({at->second, key});
    }
    delayed_keys_[key] = when;
    delayed_.insert({when, key});
    changed_.notify_one();
  }
  std::optional<Key> take_locked(Monotonic now) REQUIRES(mutex_) {
    while (!delayed_.empty() && next_due() <= now) {
      const Key key = delayed_.begin()->second;
      delayed_.erase(delayed_.begin());
      delayed_keys_.erase(key);
      add_locked(key);
    }
    if (ready_.empty()) {
      return std::nullopt;
    }
    Key key = std::move(ready_.front());
    ready_.pop_front();
    dirty_.erase(key);
    processing_.insert(key);
    return key;
  }
  Monotonic next_due() const REQUIRES(mutex_) { return delayed_.begin()->first; }

  const Clock& clock_;
  mutable Mutex mutex_;
  Condition changed_;
  bool shut_down_ GUARDED_BY(mutex_) = false;
  std::deque<Key> ready_ GUARDED_BY(mutex_);
  std::set<Key> dirty_ GUARDED_BY(mutex_);
  std::set<Key> processing_ GUARDED_BY(mutex_);
  std::set<std::pair<Monotonic, Key>> delayed_ GUARDED_BY(mutex_);
  std::map<Key, Monotonic> delayed_keys_ GUARDED_BY(mutex_);
  RateLimiter<Key> limiter_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::kube
