#include "verify/freshness.h"

#include <string>

namespace seaworthy::verify {
namespace {

// `now` lies behind `before` on the circle of 32-bit counters.
bool went_back(std::uint32_t before, std::uint32_t now) {
  return static_cast<std::int32_t>(now - before) < 0;
}

std::string change(const char* what, std::uint64_t before, std::uint64_t now) {
  return std::string(what) + " " + std::to_string(now) + " after " + std::to_string(before);
}

}  // namespace

bool same_epoch(const tpm::ClockInfo& a, const tpm::ClockInfo& b) {
  return a.reset_count == b.reset_count && a.restart_count == b.restart_count;
}

bool comes_after(const tpm::ClockInfo& later, const tpm::ClockInfo& earlier) {
  if (later.reset_count != earlier.reset_count) {
    return !went_back(earlier.reset_count, later.reset_count);
  }
  if (later.restart_count != earlier.restart_count) {
    return !went_back(earlier.restart_count, later.restart_count);
  }
  return later.clock > earlier.clock;
}

Checked<Freshness> verify_freshness(const VerifiedQuote& quote,
                                    const std::optional<LastQuote>& last) {
  if (!last) {
    return Freshness{};
  }
  const tpm::ClockInfo& before = last->clock;
  const tpm::ClockInfo& now = quote.clock();
  Freshness fresh{.new_epoch = false,
                  .firmware_changed = quote.firmware_version() != last->firmware_version};
  // R13. Either counter opens a new epoch; a restart counts from zero after a reset.
  if (now.reset_count != before.reset_count) {
    if (went_back(before.reset_count, now.reset_count)) {
      return Findings{{Reason::kCountersWentBack, "quote",
                       change("resetCount", before.reset_count, now.reset_count)}};
    }
    fresh.new_epoch = true;
  } else if (now.restart_count != before.restart_count) {
    if (went_back(before.restart_count, now.restart_count)) {
      return Findings{{Reason::kCountersWentBack, "quote",
                       change("restartCount", before.restart_count, now.restart_count)}};
    }
    fresh.new_epoch = true;
  } else if (now.clock <= before.clock) {
    return Findings{{Reason::kClockWentBack, "quote", change("clock", before.clock, now.clock)}};
  }
  return fresh;
}

}  // namespace seaworthy::verify
