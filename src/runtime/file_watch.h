// Notices that files have other contents than before, however they were replaced: written over,
// renamed over, or by the swap of a symbolic link above them, as the kubelet does with Secret and
// ConfigMap volumes. By looking again: these files are small, and inotify does not see a swap
// that happens two links up.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace seaworthy::runtime {

inline constexpr std::size_t kMaxWatchedBytes = 1024 * 1024;  // the size limit of a Secret

// The whole file. kNotFound, kDenied, kUnavailable; kMalformed beyond max_bytes.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

class FileWatch {
 public:
  using Contents = std::vector<std::string>;  // in the order of the paths
  struct Options {
    std::vector<std::string> paths;
    std::function<void(const Contents&)> on_change;
    // A problem with reading, told once until it changes; what was read before stays valid.
    std::function<void(const Error&)> on_problem;
    std::chrono::milliseconds interval{5'000};
  };

  explicit FileWatch(Options options) : options_(std::move(options)) {}

  // Looks once; calls on_change if the contents are others than at the last look, and at the
  // first one. The files belong together: if they change while they are read, that look does not
  // count. Thread-safe.
  Result<void> look();

  // Looks every interval, on a thread of its own, until stop() or the end of this object.
  void start();
  void stop();

 private:
  Result<Contents> read_all() const;

  const Options options_;
  Mutex mutex_;
  Contents last_ GUARDED_BY(mutex_);
  bool seen_ GUARDED_BY(mutex_) = false;
  std::string last_problem_ GUARDED_BY(mutex_);

  Mutex sleep_mutex_;
  Condition sleep_;
  std::jthread thread_;
};

}  // namespace seaworthy::runtime
