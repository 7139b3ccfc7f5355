#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kube/reflector.h"

namespace seaworthy::kube {
namespace {

// client-go calls a watch without events below this "very short" and backs off. Here events do not
// excuse it: a server or proxy that ends every watch at once must not make us spin.
constexpr std::chrono::milliseconds kVeryShortWatch{1'000};

}  // namespace

std::chrono::milliseconds Backoff::next(Monotonic now, double dice) {
  if (!last_ || now - *last_ >= config_.reset_after) {
    base_ = config_.initial;
  } else {
    base_ = std::min(base_ * 2, config_.cap);
  }
  last_ = now;
  const double factor = 1.0 + config_.jitter * std::clamp(dice, 0.0, 1.0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(base_.count()) * factor));
}

ReflectorAction ReflectorState::start() {
  return list();
}

// RV "0" first: anything the server has at hand. Later the last RV: not older than what we had.
// "" (the newest, by quorum) only if that RV is gone.
ReflectorAction ReflectorState::list() {
  doing_ = Doing::kListing;
  paging_ = false;
  if (rv_unavailable_) {
    return DoList{"", ""};
  }
  return DoList{last_rv_.empty() ? "0" : last_rv_, ""};
}

ReflectorAction ReflectorState::watch() {
  doing_ = Doing::kWatching;
  return DoWatch{last_rv_};
}

ReflectorAction ReflectorState::wait(std::chrono::milliseconds at_least, ReflectorAction then,
                                     Monotonic now, double dice) {
  doing_ = Doing::kWaiting;
  after_wait_ = std::move(then);
  return DoWait{std::max(at_least, backoff_.next(now, dice))};
}

void ReflectorState::saw(const std::string& resource_version) {
  if (!resource_version.empty()) {
    last_rv_ = resource_version;
  }
}

ReflectorAction ReflectorState::next(const ReflectorEvent& event, Monotonic now, double dice) {
  using std::chrono::milliseconds;
  if (std::holds_alternative<Waited>(event)) {
    SEAWORTHY_CHECK(doing_ == Doing::kWaiting && after_wait_.has_value());
    ReflectorAction then = *std::move(after_wait_);
    after_wait_.reset();
    doing_ = std::holds_alternative<DoList>(then) ? Doing::kListing : Doing::kWatching;
    return then;
  }
  if (const auto* listed = std::get_if<Listed>(&event)) {
    if (!listed->continue_token.empty()) {
      paging_ = true;
      return DoList{"", listed->continue_token};
    }
    last_rv_ = listed->resource_version;
    rv_unavailable_ = false;
    return watch();
  }
  if (const auto* ended = std::get_if<WatchEnded>(&event)) {
    const ReflectorAction again = watch();
    return ended->lasted < kVeryShortWatch ? wait(milliseconds(0), again, now, dice) : again;
  }
  const bool listing = doing_ == Doing::kListing;
  if (const auto* later = std::get_if<NotNow>(&event)) {
    const milliseconds asked = later->retry_after.value_or(std::chrono::seconds(0));
    if (later->why == NotNow::Why::kBusy) {
      const ReflectorAction again = listing ? list() : watch();
      return wait(asked, again, now, dice);
    }
    if (!listing) {
      return list();  // with the last RV first: cheap for the server if its cache has that
    }
    const bool tried_newest = rv_unavailable_;
    rv_unavailable_ = true;
    const ReflectorAction again = list();
    return tried_newest ? wait(asked, again, now, dice) : again;
  }
  // An error. Not reached, or too slow: the RV is as good as before. Not there (the CRD was
  // removed) or not understood: only a new list can tell what is true.
  const ErrorCode code = std::get<Error>(event).code();
  const bool anew = listing || code == ErrorCode::kNotFound || code == ErrorCode::kMalformed;
  const ReflectorAction again = anew ? list() : watch();
  return wait(milliseconds(0), again, now, dice);
}

}  // namespace seaworthy::kube
