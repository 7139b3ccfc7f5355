// What the connections of one server share.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "http/beast/handler_pool.h"
#include "http/server.h"

namespace seaworthy::http::beast {

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start() = 0;
  // From any thread: the server is draining, so end now if nothing is under way.
  virtual void notice_drain() = 0;
  // From any thread: end now.
  virtual void cut() = 0;
};

struct Counters {
  std::atomic<std::uint64_t> in_flight_now{0}, body_bytes_now{0}, connections{0},
      connections_refused{0}, handshakes_failed{0}, requests{0}, requests_shed{0},
      requests_malformed{0}, timeouts{0}, key_pair_failures{0};
};

// Thread-safe. Outlives all connections.
class Core {
 public:
  Core(const ServerConfig& config, Handler handler)
      : config_(config), handler_(std::move(handler)), pool_(config.handler_threads) {}

  const ServerLimits& limits() const { return config_.limits; }
  Counters& counters() { return counters_; }
  HandlerPool& pool() { return pool_; }
  bool draining() const { return draining_; }
  bool handles_inline() const { return config_.handler_threads == 0; }
  std::stop_token stop_token() const { return stop_.get_token(); }  // for inline handlers

  // What the handler says, or a 500 without details; never anything that cannot be sent.
  Response handle(const Request& request, const std::stop_token& stop);

  // For the log, at most kProblemsPerSecond.
  void problem(std::string_view text);

  // --- The list of open connections.
  bool admit(const std::shared_ptr<Connection>& connection);  // false: too many
  void forget(const Connection* connection);
  std::size_t open() const;
  // Nothing is admitted any more; everybody is told. True when all are gone within `patience`.
  bool drain(std::chrono::milliseconds patience);
  void cut_all();

 private:
  static constexpr int kProblemsPerSecond = 5;

  const ServerConfig& config_;
  const Handler handler_;
  Counters counters_;
  std::atomic<bool> draining_ = false;
  std::stop_source stop_;

  mutable Mutex mutex_;
  Condition changed_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> open_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point problems_since_ GUARDED_BY(mutex_);
  int problems_ GUARDED_BY(mutex_) = 0;

  HandlerPool pool_;  // last: its threads use the others
};

}  // namespace seaworthy::http::beast
