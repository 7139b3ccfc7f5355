#include "verifier/nonce.h"

#include "codec/reader.h"
#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::verifier {
namespace {

constexpr std::string_view kLabel = "seaworthy/nonce/v2";

Error refused(std::string why) {
  return {ErrorCode::kDenied, "challenge nonce: " + std::move(why)};
}

}  // namespace

Bytes Nonces::issue(const NodeUid& node, const std::string& pod_uid, Time now,
                    Selection selection) {
  const Bytes payload = codec::Writer()
                            .sized16be(as_bytes(verifier_))
                            .sized16be(as_bytes(node.str()))
                            .sized16be(as_bytes(pod_uid))
                            .u64be(static_cast<std::uint64_t>(now.unix_millis().count()))
                            .u8(static_cast<std::uint8_t>(selection))
                            .raw(random_.bytes(16))
                            .bytes();
  return crypto::seal(key_, kLabel, payload);
}

Result<Nonces::Opened> Nonces::open(ByteSpan nonce, const NodeUid& node, const std::string& pod_uid,
                                    Time now) const {
  const Bytes payload = TRY(crypto::open(key_, kLabel, nonce));
  codec::Reader reader("nonce", payload);
  const ByteSpan verifier = TRY(reader.sized16be(256));
  const ByteSpan for_node = TRY(reader.sized16be(256));
  const ByteSpan for_pod = TRY(reader.sized16be(256));
  const std::uint64_t millis = TRY(reader.u64be());
  const std::uint8_t selection = TRY(reader.u8());
  TRY(reader.take(16));
  TRY(reader.expect_end());
  if (as_text(verifier) != verifier_) {
    return refused("made by another verifier");
  }
  if (as_text(for_node) != node.str() || as_text(for_pod) != pod_uid) {
    return refused("made for another node or agent");
  }
  const Time issued = Time::from_unix_millis(milliseconds(static_cast<std::int64_t>(millis)));
  if (issued > now + kClockSkew) {
    return refused("from the future: the clocks of the verifier's replicas disagree");
  }
  if (now - issued > kNonceLife) {
    return refused("expired; ask for a new challenge");
  }
  return Opened{issued, selection == 0 ? Selection::kUsual : Selection::kWithUserspace};
}

bool NonceBook::spend(ByteSpan nonce, Time issued, Time now) {
  const crypto::Digest id = crypto::sha256(nonce);
  MutexLock lock(mutex_);
  if (now - last_sweep_ > seconds(1)) {
    forget_expired(now);
    last_sweep_ = now;
  }
  if (spent_.size() >= max_entries_ || now - issued > kNonceLife) {
    return false;
  }
  return spent_.emplace(id, issued).second;
}

void NonceBook::forget_expired(Time now) {
  std::erase_if(spent_,
                [&](const auto& entry) { return now - entry.second > kNonceLife + kClockSkew; });
}

}  // namespace seaworthy::verifier
