#include "kube/clock_check.h"

#include <string>
#include <utility>

namespace seaworthy::kube {
namespace {

bool too_much(milliseconds difference) {
  return std::chrono::abs(difference) > kMaxClockDifference;
}

Result<void> judged(milliseconds difference) {
  if (!too_much(difference)) {
    return {};
  }
  return unavailable(
      "this replica's clock is at least " + std::to_string(std::chrono::abs(difference).count()) +
      " ms " + (difference > milliseconds(0) ? "ahead of" : "behind") +
      " the API server's: synchronise both (NTP); until they agree nobody is judged");
}

}  // namespace

milliseconds clock_difference(Time before, Time date, Time after) {
  const Time date_end = date + seconds(1);  // the fraction was cut off
  if (before > date_end) {
    return before - date_end;
  }
  return after < date ? after - date : milliseconds(0);
}

Result<http::Response> ClockCheck::send(const http::Request& request, Deadline deadline,
                                        std::stop_token stop) {
  const Time before = clock_.now();
  auto response = inner_->send(request, deadline, std::move(stop));
  const Time after = clock_.now();
  if (response && response->status < 500) {
    if (const auto date = http::parse_date(response->headers.get("Date").value_or(""))) {
      note(clock_difference(before, *date, after));
    }
  }
  return response;
}

Result<http::Response> ClockCheck::stream(const http::Request& request, Deadline deadline,
                                          std::stop_token stop, const http::ChunkSink& sink) {
  return inner_->stream(request, deadline, std::move(stop), sink);
}

void ClockCheck::note(milliseconds difference) {
  bool changed = false;
  {
    MutexLock lock(mutex_);
    changed = too_much(difference) != too_much(difference_);
    difference_ = difference;
  }
  if (changed && on_change_) {
    on_change_(judged(difference));
  }
}

milliseconds ClockCheck::difference() const {
  MutexLock lock(mutex_);
  return difference_;
}

Result<void> ClockCheck::agrees() const {
  return judged(difference());
}

}  // namespace seaworthy::kube
