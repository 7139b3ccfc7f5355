// std::mutex with the annotations of clang's -Wthread-safety: what a mutex guards is checked by
// the compiler.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SEAWORTHY_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define SEAWORTHY_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) SEAWORTHY_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY SEAWORTHY_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) SEAWORTHY_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) SEAWORTHY_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) SEAWORTHY_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) SEAWORTHY_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) SEAWORTHY_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS SEAWORTHY_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace seaworthy {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex for its own lifetime.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a Mutex that the caller holds: `while (!ready_) { condition_.wait(mutex_); }`.
using Condition = std::condition_variable_any;

}  // namespace seaworthy
