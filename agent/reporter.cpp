#include "reporter.h"

#include <algorithm>

#include "telemetry/names.h"

namespace seaworthy::agent {
namespace {

namespace field = telemetry::field;
namespace metric = telemetry::metric;

constexpr std::string_view kLastSuccessAge = "seaworthy_agent_last_success_age_seconds";
constexpr std::string_view kTpmSeconds = "seaworthy_agent_tpm_operation_duration_seconds";

std::string_view name(api::AttestOutcome outcome) {
  switch (outcome) {
    case api::AttestOutcome::kAppraised:
      return "Appraised";
    case api::AttestOutcome::kRefused:
      return "Refused";
    case api::AttestOutcome::kNeedMore:
      return "NeedMore";
  }
  return "Unknown";
}

// "production=Trusted staging=Violated(UnknownFile)".
std::string summary(const api::AttestResponse& response) {
  std::string out;
  for (const auto& verdict : response.verdicts) {
    out += (out.empty() ? "" : " ") + verdict.policy.str() + "=";
    out += api::name(verdict.verdict);
    if (!verdict.reasons.empty()) {
      out += "(" + verdict.reasons.front() + ")";
    }
  }
  return out;
}

}  // namespace

Reporter::Reporter(const telemetry::Log& log, telemetry::Metrics& metrics, const Clock& clock)
    : log_(log),
      metrics_(metrics),
      clock_(clock),
      ima_entries_(metrics.gauge(metric::kImaEntries, "Entries of the kernel's IMA list.")),
      last_success_(
          metrics.gauge(metric::kLastSuccess, "When evidence was appraised last; 0 if never.")),
      last_success_age_(metrics.gauge(
          kLastSuccessAge, "Time since evidence was appraised last, or since the start.")),
      tpm_errors_(metrics.counter(metric::kTpmErrors, "TPM operations that failed.")),
      started_(clock.monotonic()),
      pulse_(started_) {}

void Reporter::enrolled() {
  log_.info("enrolled");
}

void Reporter::attested(const api::AttestResponse& response, bool triggered) {
  const std::string_view outcome = name(response.outcome);
  metrics_
      .counter(metric::kAttestations, "Evidence sent and answered.",
               {{"outcome", std::string(outcome)}, {"trigger", triggered ? "change" : "interval"}})
      .add();
  interval_seconds_ = response.challenge.interval_seconds;
  if (response.outcome == api::AttestOutcome::kAppraised) {
    success_millis_ = clock_.monotonic().time_since_epoch().count();
    last_success_.set(static_cast<double>(clock_.now().unix_seconds().count()));
    const std::string now = summary(response);
    if (now != last_summary_ || !last_trouble_.empty()) {
      log_.info("appraised", {{field::kVerdict, now}});
    }
    last_summary_ = now;
    last_trouble_.clear();
  }
  for (const api::FindingView& finding : response.findings) {
    log_.warning("finding", {{field::kOutcome, outcome},
                             {field::kReason, finding.reason},
                             {field::kAbout, finding.about},
                             {field::kError, finding.message}});
  }
}

// Said once, until it is something else or over: an outage lasts hours.
void Reporter::held_up(std::string_view doing, const Error& why, std::chrono::milliseconds delay) {
  std::string trouble = std::string(doing) + ": " + why.message();
  const bool again = trouble == last_trouble_;
  log_.write(again ? telemetry::Level::kDebug : telemetry::Level::kWarning, "held up",
             {{field::kOutcome, doing}, {field::kError, why}, {field::kMillis, delay.count()}});
  last_trouble_ = std::move(trouble);
}

void Reporter::stepped() {
  pulse_.beat(clock_.monotonic());
}

void Reporter::ima_entries(std::uint64_t entries) {
  ima_entries_.set(static_cast<double>(entries));
}

// Said once, like that.
void Reporter::ima_not_kept(const Error& why) {
  if (not_kept_ != why.message()) {
    log_.warning("the IMA list is not kept", {{field::kError, why}});
    not_kept_ = why.message();
  }
}

void Reporter::tpm_operation(std::string_view operation, std::chrono::nanoseconds held,
                             bool succeeded) {
  const double held_seconds = std::chrono::duration<double>(held).count();
  metrics_
      .histogram(kTpmSeconds, "How long the TPM was held, by operation.", telemetry::slow_buckets(),
                 {{"operation", std::string(operation)}})
      .observe(held_seconds);
  if (!succeeded) {
    tpm_errors_.add();
  }
}

Result<void> Reporter::ready() const {
  const std::int64_t success = success_millis_;
  if (success < 0) {
    return unavailable("no evidence has been appraised yet: see the log");
  }
  const Monotonic then{milliseconds(success)};
  const auto patience = std::max(seconds(90), seconds(3 * interval_seconds_));
  if (clock_.monotonic() - then > patience) {
    return unavailable("no evidence has been appraised for a while: see the log");
  }
  return {};
}

Result<void> Reporter::live() const {
  return pulse_.check(clock_.monotonic());
}

void Reporter::update() {
  const std::int64_t success = success_millis_;
  const Monotonic since = success < 0 ? started_ : Monotonic{milliseconds(success)};
  last_success_age_.set(std::chrono::duration<double>(clock_.monotonic() - since).count());
}

}  // namespace seaworthy::agent
