// One request under way: where the I/O thread leaves what arrives and the caller picks it up.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "http/message.h"

namespace seaworthy::http::cpprest {

// Thread-safe: one caller waits, the I/O thread reports. The I/O thread stops reading while more
// than kMaxPending bytes wait for the caller.
class Call {
 public:
  static constexpr std::size_t kMaxPending = 256 * 1024;

  // `max_undelivered`: how much may arrive without becoming body bytes (headers, a chunk that is
  // not complete yet); cpprestsdk itself has no limit on either.
  explicit Call(std::size_t max_undelivered) : max_undelivered_(max_undelivered) {}

  // --- The I/O thread.
  void received(std::size_t bytes);  // off the wire, before parsing
  void headers(Response head);
  // Takes a piece of the body, or swallows it if the call is over. `resume` is called exactly once,
  // at once or by wait() or abandon(), when the next piece may come; it must not block.
  void piece(std::string_view bytes, std::function<void()> resume);
  void finish();
  void fail(Error error);

  // --- The caller.
  struct Event {
    std::optional<Response> head;  // the first time it is known
    std::string bytes;             // body; only after the head
    bool finished = false;         // no more bytes will come
    std::optional<Error> failed;
  };
  // Waits until there is something, or until `until`, or a stop: then an empty event.
  Event wait(std::chrono::steady_clock::time_point until, const std::stop_token& stop);
  // Nothing more is wanted. Idempotent.
  void abandon();

 private:
  bool something() const REQUIRES(mutex_);

  const std::size_t max_undelivered_;
  std::atomic<std::size_t> undelivered_ = 0;

  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Response> head_ GUARDED_BY(mutex_);
  bool head_taken_ GUARDED_BY(mutex_) = false;
  std::string pending_ GUARDED_BY(mutex_);
  std::function<void()> resume_ GUARDED_BY(mutex_);
  bool finished_ GUARDED_BY(mutex_) = false;
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::optional<Error> failed_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::http::cpprest
