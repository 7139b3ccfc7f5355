// What the attester does, as log lines, metrics and readiness.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "attester/observer.h"
#include "attester/pulse.h"
#include "base/time.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace seaworthy::agent {

// The Observer's methods and tpm_operation() run on the attester's thread; ready(), live() and
// update() may run on any.
class Reporter final : public attester::Observer {
 public:
  // All outlive it.
  Reporter(const telemetry::Log& log, telemetry::Metrics& metrics, const Clock& clock);

  void enrolled() override;
  void attested(const api::AttestResponse& response, bool triggered) override;
  void held_up(std::string_view doing, const Error& why, std::chrono::milliseconds delay) override;
  void stepped() override;
  void ima_entries(std::uint64_t entries) override;
  void ima_not_kept(const Error& why) override;

  void tpm_operation(std::string_view operation, std::chrono::nanoseconds held, bool succeeded);

  // Ready: the verifier has appraised evidence of ours within the last three intervals (at least 90
  // s). Whether it liked what it saw is no matter of readiness.
  Result<void> ready() const;
  // Live: the attester's loop goes round.
  Result<void> live() const;
  // Brings figures that depend on the time up to date.
  void update();

 private:
  const telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  const Clock& clock_;
  telemetry::Gauge ima_entries_;
  telemetry::Gauge last_success_;
  telemetry::Gauge last_success_age_;
  telemetry::Counter tpm_errors_;
  const Monotonic started_;
  attester::Pulse pulse_;
  std::string last_summary_;  // of verdicts, to log changes only
  std::string last_trouble_;
  std::string not_kept_;                          // why the IMA list is not
  std::atomic<std::int64_t> success_millis_{-1};  // monotonic; -1: never
  std::atomic<std::int64_t> interval_seconds_{30};
};

}  // namespace seaworthy::agent
