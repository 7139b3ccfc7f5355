// POST /validate: from an HTTP request to an HTTP answer.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "admission/book.h"
#include "admission/review.h"
#include "base/time.h"
#include "http/message.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace seaworthy::program {

class Endpoint {
 public:
  struct Options {
    std::chrono::milliseconds max_snapshot_age;
    bool callers_must_show_a_certificate = false;
  };
  using SnapshotAge = std::function<std::chrono::milliseconds()>;

  // Everything outlives this.
  Endpoint(Options options, const admission::Book& book, SnapshotAge age, const Clock& clock,
           const telemetry::Log& log, telemetry::Metrics& metrics);

  // Thread-safe; waits for nothing. A denial is HTTP 200, as the API server wants it; anything
  // else than 200 is taken as a failed call, which failurePolicy Fail turns into a denial.
  http::Response handle(const http::Request& request) const;

 private:
  void count(const admission::Reviewed& reviewed) const;
  void tell(const admission::Reviewed& reviewed) const;

  const Options options_;
  const admission::Book& book_;
  const SnapshotAge age_;
  const Clock& clock_;
  const telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  mutable telemetry::Histogram seconds_;
};

}  // namespace seaworthy::program
