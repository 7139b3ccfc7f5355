// The threads on which handlers block, so that I/O threads never do.
#pragma once

#include <deque>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace seaworthy::http::beast {

// Thread-safe. Whoever adds jobs bounds how many there are.
class HandlerPool {
 public:
  using Job = std::function<void(std::stop_token)>;  // the token fires in finish()

  explicit HandlerPool(unsigned threads);
  ~HandlerPool() { finish(); }
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  void add(Job job);  // after finish(): forgets it

  // Fires the jobs' tokens, forgets those that have not begun, returns when no job runs.
  void finish();

 private:
  void work(const std::stop_token& stop);

  Mutex mutex_;
  Condition changed_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool finished_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace seaworthy::http::beast
