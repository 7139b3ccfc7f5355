#include "http/cpprest/call.h"

#include <functional>

namespace seaworthy::http::cpprest {

void Call::received(std::size_t bytes) {
  if (undelivered_.fetch_add(bytes) + bytes > max_undelivered_) {
    fail(malformed("the response has a header or a chunk beyond " +
                   std::to_string(max_undelivered_) + " bytes"));
  }
}

void Call::headers(Response head) {
  undelivered_ = 0;
  MutexLock lock(mutex_);
  head_ = std::move(head);
  changed_.notify_all();
}

void Call::piece(std::string_view bytes, std::function<void()> resume) {
  undelivered_ = 0;
  {
    MutexLock lock(mutex_);
    if (!abandoned_ && !failed_) {
      pending_.append(bytes);
      changed_.notify_all();
      if (pending_.size() > kMaxPending) {
        resume_ = std::move(resume);
        return;
      }
    }
  }
  resume();
}

void Call::finish() {
  MutexLock lock(mutex_);
  finished_ = !failed_;
  changed_.notify_all();
}

void Call::fail(Error error) {
  MutexLock lock(mutex_);
  if (!failed_ && !finished_) {
    failed_ = std::move(error);
    changed_.notify_all();
  }
}

bool Call::something() const {
  return (head_ && (!head_taken_ || !pending_.empty() || finished_)) || failed_;
}

Call::Event Call::wait(std::chrono::steady_clock::time_point until, const std::stop_token& stop) {
  Event out;
  std::function<void()> resume;
  {
    MutexLock lock(mutex_);
    changed_.wait_until(mutex_, stop, until,
                        [this]() NO_THREAD_SAFETY_ANALYSIS { return something(); });
    // What had arrived before a failure is given first: an event that was whole is an event.
    if (failed_ && (!head_ || (head_taken_ && pending_.empty()))) {
      out.failed = failed_;
      return out;
    }
    if (!head_) {
      return out;
    }
    if (!head_taken_) {
      out.head = *head_;
      head_taken_ = true;
    }
    out.bytes = std::exchange(pending_, {});
    out.finished = finished_;
    resume = std::exchange(resume_, nullptr);
  }
  if (resume) {
    resume();
  }
  return out;
}

void Call::abandon() {
  std::function<void()> resume;
  {
    MutexLock lock(mutex_);
    abandoned_ = true;
    resume = std::exchange(resume_, nullptr);
  }
  if (resume) {
    resume();
  }
}

}  // namespace seaworthy::http::cpprest
