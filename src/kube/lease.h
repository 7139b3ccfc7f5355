// Leader election by a Lease (coordination.k8s.io/v1), the algorithm of client-go's
// tools/leaderelection (v0.36).
//
// Clocks of different machines are never compared: another's lease is over when *this* process has
// seen the record unchanged for the record's own duration. An offset between clocks does no harm.
//
// Leader election is not fencing: a process that was paused may write once more before it notices.
// Every write must also be safe by resourceVersion, UID or server-side apply.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/reflector.h"

namespace seaworthy::kube {

struct LeaseConfig {
  std::string namespace_ = {};
  std::string name = {};
  std::string identity = {};  // of this process: the pod's name and UID
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds renew_deadline{10'000};  // without a renewal for so long: not leader
  std::chrono::milliseconds retry_period{2'000};
};

// The part of a Lease that counts.
struct LeaseRecord {
  std::string holder;
  std::chrono::seconds duration{0};
  std::string acquire_time;  // MicroTime, as served
  std::string renew_time;
  std::int64_t transitions = 0;
  bool operator==(const LeaseRecord&) const = default;
};
Result<LeaseRecord> parse_lease(const Json& lease);
Json lease_json(const LeaseConfig& config, const LeaseRecord& record,
                const std::string& resource_version);

// What is known of the lease, and what to write. Pure.
class LeaseState {
 public:
  explicit LeaseState(LeaseConfig config) : config_(std::move(config)) {}

  void observed(const LeaseRecord& record, const std::string& resource_version, Monotonic now);
  void absent();
  // The record to write to become or stay leader; nullopt: somebody else holds it.
  std::optional<LeaseRecord> claim(Time now, Monotonic monotonic) const;
  LeaseRecord release(Time now) const;

  bool held_by_us() const { return record_ && record_->holder == config_.identity; }
  const std::string& resource_version() const { return resource_version_; }
  std::string holder() const { return record_ ? record_->holder : ""; }

 private:
  LeaseConfig config_;
  std::optional<LeaseRecord> record_;
  std::string resource_version_;
  Monotonic observed_{};
};

// Runs in a thread of its own between start() and stop().
class LeaderElector {
 public:
  struct Callbacks {
    std::function<void()> on_started;  // we lead from now on; must return
    // We lead no longer. Called before the lease can be taken by another if renewing fails; must
    // stop the workers and return. After it the elector ends: the program exits (another replica
    // leads by then), as with controller-runtime.
    std::function<void()> on_stopped;
  };
  LeaderElector(Client& client, LeaseConfig config, Callbacks callbacks, const Clock& clock,
                Random& random, Sleep sleep = real_sleep());
  ~LeaderElector() { stop(); }

  void start();
  // If leading: on_stopped, then gives the lease back so that another can take it at once.
  void stop();

  bool leading() const;
  std::string holder() const;  // as last seen; "" if nobody

  // The body of the thread; public for tests. Returns when `stop` is requested or leadership is
  // lost.
  void run(std::stop_token stop);

 private:
  Result<bool> try_once(std::stop_token stop, Deadline deadline);
  void release();
  void set_leading(bool leading);

  Client& client_;
  LeaseConfig config_;
  Callbacks callbacks_;
  const Clock& clock_;
  Random& random_;
  Sleep sleep_;
  LeaseState state_;
  mutable Mutex mutex_;
  bool leading_ GUARDED_BY(mutex_) = false;
  std::string holder_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace seaworthy::kube
