// Whether our clock is that of the API server, which says the time with every answer. Verdicts
// count from this replica's clock and are read by others with theirs: one that is behind would sign
// results that outlive what they were signed for. Attack A-60. Spec: RFC 9110 §6.6.1 Date.
//
// Establishes that two clocks agree, not which of them is right.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "http/client.h"

namespace seaworthy::kube {

// How far two clocks may differ before we do not judge any more: what is also allowed between
// replicas (verifier/nonce.h).
inline constexpr std::chrono::seconds kMaxClockDifference{5};

// By how much our clock is ahead (positive) or behind (negative) at least, if the other one read
// `date`, in whole seconds, at some moment between `before` and `after` on ours. Zero: it may be
// right. A slow network widens the interval and so makes no clock look wrong.
std::chrono::milliseconds clock_difference(Time before, Time date, Time after);

// Passes on what `inner` does and looks at the Date of whole answers; those of streams are as old
// as the stream, and those of errors may be somebody else's. Thread-safe.
class ClockCheck final : public http::Client {
 public:
  // Told of each change between right and wrong, with what agrees() says then. May be empty.
  using OnChange = std::function<void(const Result<void>&)>;

  ClockCheck(std::shared_ptr<http::Client> inner, const Clock& clock, OnChange on_change)
      : inner_(std::move(inner)), clock_(clock), on_change_(std::move(on_change)) {}

  Result<http::Response> send(const http::Request& request, Deadline deadline,
                              std::stop_token stop) override;
  Result<http::Response> stream(const http::Request& request, Deadline deadline,
                                std::stop_token stop, const http::ChunkSink& sink) override;

  // By the last answer that said the time; before the first one, zero.
  std::chrono::milliseconds difference() const;
  // kUnavailable, with by how much, while it is more than kMaxClockDifference.
  Result<void> agrees() const;

 private:
  void note(std::chrono::milliseconds difference);

  const std::shared_ptr<http::Client> inner_;
  const Clock& clock_;
  const OnChange on_change_;
  mutable Mutex mutex_;
  std::chrono::milliseconds difference_ GUARDED_BY(mutex_){0};
};

}  // namespace seaworthy::kube
