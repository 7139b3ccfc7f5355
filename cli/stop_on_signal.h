// SIGINT and SIGTERM as a stop token, for a command that has to put something back before it ends.
#pragma once

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace seaworthy::cli {

class StopOnSignal {
 public:
  // Blocks both signals in this thread and so in all that are started later: construct it first.
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  // Fires with the first signal. The second one ends the process at once.
  std::stop_token token() const { return stop_.get_token(); }

 private:
  void wait();

  sigset_t signals_{};
  sigset_t before_{};  // the mask, to be put back
  std::stop_source stop_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace seaworthy::cli
