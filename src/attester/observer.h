// What the attester tells about itself: for logs, metrics and readiness.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "api/evidence.h"
#include "base/result.h"

namespace seaworthy::attester {

// Called on the thread of the loop, between its steps; must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void enrolled() = 0;
  // The verifier has looked at evidence. `triggered`: sent because something changed.
  virtual void attested(const api::AttestResponse& response, bool triggered) = 0;
  // A step did not get on; it is tried again after `delay`. `doing` is "identify", "enrol",
  // "challenge" or "attest".
  virtual void held_up(std::string_view doing, const Error& why,
                       std::chrono::milliseconds delay) = 0;
  // run() has got to the end of a step, whatever became of it; the next one follows within the
  // longest wait (Backoff::kMostAsked). If this stops, the loop hangs.
  virtual void stepped() = 0;
  virtual void ima_entries(std::uint64_t entries) = 0;
  // The list is sent as the kernel shows it, and nothing is kept for when it shows less.
  virtual void ima_not_kept(const Error& why) = 0;
};

}  // namespace seaworthy::attester
