#include "attester/loop.h"

#include <algorithm>
#include <utility>

#include "attester/enrol.h"
#include "base/mutex.h"
#include "tpm/name.h"
#include "tpm/public_area.h"

namespace seaworthy::attester {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A nonce must reach the verifier before it expires: quote and upload take their time.
constexpr milliseconds kNonceMargin{10'000};
// A verifier that asks for more again and again is no reason to hold the TPM busy.
constexpr int kMostInARow = 3;

}  // namespace

Loop::Loop(Parts parts, LoopConfig config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      verifier_(parts_.client, parts_.clock),
      ima_({.list = config_.ima_path, .folder = config_.state_folder}),
      backoff_(parts_.random),
      gap_(config_.least_gap) {}

void Loop::run(std::stop_token stop) {
  Mutex mutex;
  Condition never;
  while (!stop.stop_requested()) {
    const milliseconds wait = step(stop);
    parts_.observer.stepped();
    if (wait.count() > 0) {
      const MutexLock lock(mutex);
      never.wait_for(mutex, stop, wait, [] { return false; });
    }
  }
}

milliseconds Loop::step(std::stop_token stop) {
  const Monotonic now = parts_.clock.monotonic();
  if (now < resume_) {
    return resume_ - now;
  }
  switch (state_) {
    case State::kIdentify:
      return identify();
    case State::kChallenge:
      return ask_challenge(std::move(stop));
    case State::kEnrol:
      return do_enrol(std::move(stop));
    case State::kAttest:
      return attest_if_due(std::move(stop));
  }
  return config_.watch;
}

milliseconds Loop::held_up(const char* doing, const Wait& wait, State next) {
  const milliseconds delay = backoff_.next(wait.at_least);
  if (wait.whose == Whose::kPerson) {
    backoff_.reset();  // TPM and verifier have just worked: what fails next is a new trouble
  }
  state_ = next;
  resume_ = parts_.clock.monotonic() + delay;
  if (wait.why.code() != ErrorCode::kCancelled) {
    parts_.observer.held_up(doing, wait.why, delay);
  }
  return delay;
}

milliseconds Loop::identify() {
  auto identity = parts_.device.identity();
  if (!identity) {
    return held_up("identify", {identity.error()}, State::kIdentify);
  }
  const auto ak = tpm::parse_public_area(identity->ak_public);
  if (!ak) {
    return held_up("identify", {ak.error()}, State::kIdentify);
  }
  ak_name_ = tpm::name_of(*ak);
  identity_ = *std::move(identity);
  state_ = State::kChallenge;  // this node may be enrolled already
  return milliseconds{0};
}

milliseconds Loop::ask_challenge(std::stop_token stop) {
  const auto token = parts_.token();
  if (!token) {
    return held_up("challenge", {token.error()}, State::kChallenge);
  }
  auto answer = verifier_.challenge(*token, std::move(stop));
  if (const auto* wait = std::get_if<Wait>(&answer)) {
    if (wait->why.code() == ErrorCode::kNotFound) {
      state_ = State::kEnrol;
      return milliseconds{0};
    }
    return held_up("challenge", *wait, State::kChallenge);
  }
  take_challenge(std::get<api::ChallengeMessage>(std::move(answer)));
  due_ = parts_.clock.monotonic();
  return milliseconds{0};
}

milliseconds Loop::do_enrol(std::stop_token stop) {
  const auto token = parts_.token();
  if (!token) {
    return held_up("enrol", {token.error()}, State::kEnrol);
  }
  auto answer = enrol(parts_.device, *identity_, verifier_, *token, std::move(stop));
  if (const auto* wait = std::get_if<Wait>(&answer)) {
    // A TPM that cannot open what was made for these keys may be another one; and what somebody has
    // to do may be to get a certificate for one that has none.
    const bool look_again = wait->whose == Whose::kDevice || identity_->ek_certificates.empty();
    return held_up("enrol", *wait, look_again ? State::kIdentify : State::kEnrol);
  }
  parts_.observer.enrolled();
  backoff_.reset();
  take_challenge(std::get<api::ChallengeMessage>(std::move(answer)));
  due_ = parts_.clock.monotonic();
  return milliseconds{0};
}

void Loop::take_challenge(api::ChallengeMessage challenge) {
  const Monotonic now = parts_.clock.monotonic();
  interval_ = seconds(std::clamp<std::int64_t>(challenge.interval_seconds, 1, 3600));
  challenge_expires_ = now + seconds(challenge.expires_seconds) - kNonceMargin;
  challenge_ = std::move(challenge);
  state_ = State::kAttest;
}

// True if the list has grown.
bool Loop::look_at_ima() {
  const auto growth = ima_.poll();
  if (!growth) {
    return false;  // collect() meets the same and says so
  }
  if (growth->grew) {
    parts_.observer.ima_entries(growth->entries);
  }
  return growth->grew;
}

milliseconds Loop::attest_if_due(std::stop_token stop) {
  changed_ = look_at_ima() || changed_;
  const Monotonic now = parts_.clock.monotonic();
  const Monotonic due = changed_ ? std::min(due_, sent_ + gap_) : due_;
  if (now < due) {
    return std::min<milliseconds>(due - now, config_.watch);
  }
  if (now >= challenge_expires_) {
    state_ = State::kChallenge;
    return milliseconds{0};
  }
  return attest(std::move(stop), now < due_);
}

milliseconds Loop::attest(std::stop_token stop, bool triggered) {
  // The token first: the quote is bound to the one that goes with it.
  const auto token = parts_.token();
  if (!token) {
    return held_up("attest", {token.error()}, State::kAttest);
  }
  // From here on the nonce counts as used, whatever becomes of the request.
  const api::ChallengeMessage challenge = *std::exchange(challenge_, std::nullopt);
  look_at_ima();
  const std::uint64_t entries_before = ima_.entries();
  auto evidence =
      collect({.device = parts_.device,
               .boot_log_path = config_.boot_log_path,
               .userspace_log_path = config_.userspace_log_path,
               .ima = ima_},
              challenge, {.ak_name = ak_name_, .token = *token}, boot_log_, checkpoint_);
  if (!evidence) {
    const bool another_tpm = evidence.error().code() == ErrorCode::kConflict;
    return held_up("attest", {evidence.error()},
                   another_tpm ? State::kIdentify : State::kChallenge);
  }
  if (evidence->ima_not_kept) {
    parts_.observer.ima_not_kept(*evidence->ima_not_kept);
  }
  // Entries that came while the quote was made are perhaps not covered by it.
  changed_ = evidence->ima_entries != entries_before;
  auto answer = verifier_.attest(evidence->request, *token, std::move(stop));
  if (const auto* wait = std::get_if<Wait>(&answer)) {
    const bool unknown = wait->why.code() == ErrorCode::kNotFound;
    if (wait->why.code() == ErrorCode::kMalformed) {
      checkpoint_.reset();
    }
    return held_up("attest", *wait, unknown ? State::kEnrol : State::kChallenge);
  }
  return judged(std::get<api::AttestResponse>(answer), *evidence, triggered);
}

milliseconds Loop::judged(const api::AttestResponse& response, const Evidence& sent,
                          bool triggered) {
  parts_.observer.attested(response, triggered);
  parts_.observer.ima_entries(sent.ima_entries);
  take_challenge(response.challenge);
  const Monotonic now = parts_.clock.monotonic();
  sent_ = now;
  if (response.outcome == api::AttestOutcome::kNeedMore && ++more_in_a_row_ <= kMostInARow) {
    boot_log_ = response.need_boot_log ? BootLog::kAlways : BootLog::kIfUnknown;
    due_ = now;
    return milliseconds{0};
  }
  boot_log_ = BootLog::kIfUnknown;
  const bool appraised = response.outcome == api::AttestOutcome::kAppraised;
  if (!appraised) {
    const std::string why =
        sent.ima_complete
            ? (response.findings.empty() ? "asked for more" : response.findings.front().reason)
            : "the IMA list does not fit into one message";
    const milliseconds delay =
        held_up("attest", {unavailable("evidence not accepted: " + why)}, State::kAttest);
    due_ = now + delay;
    more_in_a_row_ = 0;
    return delay;
  }
  more_in_a_row_ = 0;
  checkpoint_ = response.checkpoint;
  backoff_.reset();
  const milliseconds whole = interval_;
  gap_ = triggered ? std::min(gap_ * 2, std::max(whole / 2, config_.least_gap)) : config_.least_gap;
  due_ = now + whole * 9 / 10 + backoff_.jittered(whole / 10);
  return std::min<milliseconds>(config_.watch, due_ - now);
}

}  // namespace seaworthy::attester
