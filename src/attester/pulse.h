// Whether the loop still goes round: for the liveness of the process.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "attester/backoff.h"
#include "base/result.h"
#include "base/time.h"

namespace seaworthy::attester {

// A TPM driver, or what stands behind a TCTI socket, can block a call for ever, and ESYS has no
// time limit for its callers. Nothing in this process can end such a call; a restart can.
// Thread-safe.
class Pulse {
 public:
  // Longer than the longest pause of a loop that works and the longest step that ends by itself
  // (an RSA EK on a slow TPM, an upload).
  static constexpr std::chrono::minutes kLongest{10};
  static_assert(kLongest > Backoff::kMostAsked + std::chrono::minutes(2));

  explicit Pulse(Monotonic now) { beat(now); }

  void beat(Monotonic now) { last_ = now.time_since_epoch().count(); }

  // kUnavailable if the last beat is too long ago.
  Result<void> check(Monotonic now) const {
    const auto silent = now - Monotonic{Monotonic::duration(last_.load())};
    if (silent <= kLongest) {
      return {};
    }
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(silent).count();
    return unavailable("no step has ended for " + std::to_string(whole) +
                       " s: perhaps the TPM does not answer");
  }

 private:
  std::atomic<Monotonic::rep> last_{0};
};

}  // namespace seaworthy::attester
