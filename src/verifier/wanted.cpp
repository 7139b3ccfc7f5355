#include "verifier/wanted.h"

#include <utility>

namespace seaworthy::verifier {
namespace {

std::size_t size_of(const KeptEvidence& kept) {
  const api::NodeEvidence& evidence = kept.evidence;
  return evidence.ima.size() + evidence.boot_log.size() +
         (evidence.userspace_log ? evidence.userspace_log->size() : 0);
}

}  // namespace

void WantedEvidence::sweep(Monotonic now) {
  std::erase_if(wants_, [&](const auto& entry) { return entry.second.until <= now; });
}

WantedEvidence::Want* WantedEvidence::waiting_for(const NodeUid& node, Monotonic now) {
  sweep(now);
  const auto found = wants_.find(node);
  return found == wants_.end() || !found->second.waiting ? nullptr : &found->second;
}

void WantedEvidence::settle(Want& want, Monotonic now) {
  want.waiting = false;
  want.list = Bytes();
  want.after = {};
  want.settled = now;
  want.until = now + limits_.life;
}

bool WantedEvidence::has_room(Want& want, std::size_t list_bytes, std::size_t more, Monotonic now) {
  std::size_t all = more;
  for (const auto& [node, other] : wants_) {
    all += other.list.size() + (other.kept ? size_of(*other.kept) : 0);
  }
  if (list_bytes > limits_.max_list_bytes) {
    want.never = "its IMA list has more than the " + std::to_string(limits_.max_list_bytes >> 20) +
                 " MiB that can be shown: read it on the node";
  } else if (all > limits_.max_bytes) {
    want.never = "the operator keeps as much evidence as it may: ask again in some minutes";
  } else {
    return true;
  }
  settle(want, now);
  return false;
}

WantedEvidence::Standing WantedEvidence::ask(const NodeUid& node, milliseconds max_age,
                                             Monotonic now) {
  MutexLock lock(mutex_);
  sweep(now);
  auto found = wants_.find(node);
  if (found == wants_.end()) {
    if (wants_.size() >= limits_.max_nodes) {
      return TooMany{};
    }
    found = wants_.emplace(node, Want{.until = now + limits_.life}).first;
  }
  Want& want = found->second;
  // A list that is too long stays so. To ask for it again and again would keep the verifier from
  // ever getting to its end.
  if (!want.waiting && want.never.empty() && now - want.settled > max_age) {
    want = Want{.until = now + limits_.life, .kept = std::move(want.kept)};
  }
  if (want.waiting) {
    return Waiting{};
  }
  if (!want.never.empty()) {
    return Never{want.never};
  }
  return want.kept;
}

std::shared_ptr<const KeptEvidence> WantedEvidence::kept(const NodeUid& node, Monotonic now) {
  MutexLock lock(mutex_);
  sweep(now);
  const auto found = wants_.find(node);
  return found == wants_.end() ? nullptr : found->second.kept;
}

bool WantedEvidence::waits(const NodeUid& node, Monotonic now) {
  MutexLock lock(mutex_);
  return waiting_for(node, now) != nullptr;
}

std::optional<std::uint64_t> WantedEvidence::ima_from(const NodeUid& node,
                                                      const verify::ImaProgress& known,
                                                      Monotonic now) {
  MutexLock lock(mutex_);
  const Want* want = waiting_for(node, now);
  if (want == nullptr) {
    return std::nullopt;
  }
  return want->after == known ? known.entries : 0;
}

bool WantedEvidence::continues(Want& want, const ImaPart& part) {
  if (part.from == 0) {
    want.list.clear();
    want.after = {};
    return true;
  }
  return want.after == part.before && want.after.entries == part.from;
}

void WantedEvidence::add_part(const NodeUid& node, const ImaPart& part,
                              const verify::ImaProgress& after, Monotonic now) {
  MutexLock lock(mutex_);
  Want* want = waiting_for(node, now);
  if (want == nullptr || !continues(*want, part)) {
    return;
  }
  const std::size_t more = part.entries.size();
  if (has_room(*want, want->list.size() + more, more, now)) {
    append(want->list, part.entries);
    want->after = after;
  }
}

bool WantedEvidence::keep(const NodeUid& node, const ImaPart& last, KeptEvidence evidence,
                          Monotonic now) {
  MutexLock lock(mutex_);
  Want* want = waiting_for(node, now);
  if (want == nullptr) {
    return true;
  }
  if (!continues(*want, last)) {
    return false;
  }
  want->kept.reset();
  const std::size_t more = last.entries.size();
  if (!has_room(*want, want->list.size() + more, size_of(evidence) + more, now)) {
    return true;
  }
  append(want->list, last.entries);
  evidence.evidence.ima = std::move(want->list);
  settle(*want, now);
  want->kept = std::make_shared<const KeptEvidence>(std::move(evidence));
  return true;
}

bool WantedEvidence::ask_again(const NodeUid& node, Monotonic now) {
  MutexLock lock(mutex_);
  Want* want = waiting_for(node, now);
  return want != nullptr && !std::exchange(want->asked_again, true);
}

void WantedEvidence::start_over(const NodeUid& node) {
  MutexLock lock(mutex_);
  if (const auto found = wants_.find(node); found != wants_.end()) {
    found->second = Want{.until = found->second.until};
  }
}

void WantedEvidence::forget(const NodeUid& node) {
  MutexLock lock(mutex_);
  wants_.erase(node);
}

std::size_t WantedEvidence::size(Monotonic now) {
  MutexLock lock(mutex_);
  sweep(now);
  return wants_.size();
}

}  // namespace seaworthy::verifier
