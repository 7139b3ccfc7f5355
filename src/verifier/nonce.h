// Challenge nonces that every replica can check and none has to store.
// Rule R7; attacks.
//
// A nonce is a sealed record: which verifier made it, for which node and pod, when, which PCRs it
// asked for, and 16 random bytes. A valid one proves that a verifier of ours issued it for this
// caller at that time. It does not prove that it was not used before: NonceBook refuses a second
// use on one replica. On another one the quote has to come after what is published of the node, and
// a verdict's life counts from the nonce's issue: a second use gains nothing.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/random.h"
#include "base/strong.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/sealed.h"

namespace seaworthy::verifier {

// What a challenge asks for: PCR 0 to 10 and 14, or PCR 0 to 15. It goes with the nonce, so that a
// policy that changes between challenge and answer makes no honest quote a wrong one.
enum class Selection : std::uint8_t { kUsual, kWithUserspace };

inline constexpr std::chrono::seconds kNonceLife{60};
inline constexpr std::chrono::seconds kClockSkew{5};  // between replicas

class Nonces {
 public:
  // `verifier` is the name that all replicas share; the key likewise.
  Nonces(const crypto::SealKey& key, std::string verifier, Random& random)
      : key_(key), verifier_(std::move(verifier)), random_(random) {}

  Bytes issue(const NodeUid& node, const std::string& pod_uid, Time now,
              Selection selection = Selection::kUsual);

  struct Opened {
    Time issued;  // what freshness counts from
    Selection selection;
  };
  // kDenied: not ours, for another
  // verifier, node or pod, expired, or from the future.
  Result<Opened> open(ByteSpan nonce, const NodeUid& node, const std::string& pod_uid,
                      Time now) const;

 private:
  const crypto::SealKey key_;
  const std::string verifier_;
  Random& random_;
};

// The nonces that this replica has seen used. Bounded: at most `max_entries`, beyond that further
// nonces are refused until old ones expire (fail closed; the limit is above what the rate limit of
// all nodes allows). Thread-safe.
class NonceBook {
 public:
  explicit NonceBook(std::size_t max_entries = 1'000'000) : max_entries_(max_entries) {}

  // True once per nonce; a used, expired or surplus one gives false.
  bool spend(ByteSpan nonce, Time issued, Time now);

 private:
  void forget_expired(Time now) REQUIRES(mutex_);

  const std::size_t max_entries_;
  Mutex mutex_;
  std::map<crypto::Digest, Time> spent_ GUARDED_BY(mutex_);  // → issued
  Time last_sweep_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::verifier
