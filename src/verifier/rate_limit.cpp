#include "verifier/rate_limit.h"

#include <algorithm>

namespace seaworthy::verifier {

bool RateLimit::admit(const NodeUid& node) {
  const Monotonic now = clock_.monotonic();
  MutexLock lock(mutex_);
  if (now - last_sweep_ > seconds(60)) {
    forget_full(now);
    last_sweep_ = now;
  }
  Bucket& bucket = buckets_.try_emplace(node, Bucket{config_.burst, now}).first->second;
  const double earned = static_cast<double>((now - bucket.at).count()) / 1000 * config_.per_second;
  bucket.tokens = std::min(config_.burst, bucket.tokens + earned);
  bucket.at = now;
  if (bucket.tokens < 1) {
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

void RateLimit::forget_full(Monotonic now) {
  const auto time_to_fill =
      milliseconds(static_cast<std::int64_t>(config_.burst / config_.per_second * 1000));
  std::erase_if(buckets_, [&](const auto& entry) { return now - entry.second.at >= time_to_fill; });
}

}  // namespace seaworthy::verifier
