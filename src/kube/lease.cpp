#include "kube/lease.h"

#include <algorithm>

#include "base/check.h"
#include "codec/fields.h"

namespace seaworthy::kube {
namespace {

constexpr double kJitter = 1.2;
constexpr std::chrono::milliseconds kReleaseTime{2'000};

double roll(Random& random) {
  ByteArray<2> bytes;
  random.fill(bytes);
  return static_cast<double>(bytes[0] << 8 | bytes[1]) / 65536.0;
}

}  // namespace

Result<LeaseRecord> parse_lease(const Json& lease) {
  auto root = TRY(codec::Fields::of(lease, "Lease"));
  LeaseRecord out;
  auto spec = TRY(root.maybe_object("spec"));
  if (!spec) {
    return out;  // a Lease that nobody holds
  }
  out.holder = TRY(spec->maybe_text("holderIdentity", 1024)).value_or("");
  out.duration = std::chrono::seconds(
      TRY(spec->maybe_integer("leaseDurationSeconds", 0, 365 * 86'400)).value_or(0));
  out.acquire_time = TRY(spec->maybe_text("acquireTime", 64)).value_or("");
  out.renew_time = TRY(spec->maybe_text("renewTime", 64)).value_or("");
  out.transitions = TRY(spec->maybe_integer("leaseTransitions", 0, 1LL << 31)).value_or(0);
  return out;
}

Json lease_json(const LeaseConfig& config, const LeaseRecord& record,
                const std::string& resource_version) {
  Json out = {{"apiVersion", kLeases.api_version()},
              {"kind", "Lease"},
              {"metadata", {{"name", config.name}, {"namespace", config.namespace_}}},
              {"spec",
               {{"holderIdentity", record.holder},
                {"leaseDurationSeconds", record.duration.count()},
                {"acquireTime", record.acquire_time},
                {"renewTime", record.renew_time},
                {"leaseTransitions", record.transitions}}}};
  if (!resource_version.empty()) {
    out["metadata"]["resourceVersion"] = resource_version;
  }
  return out;
}

void LeaseState::observed(const LeaseRecord& record, const std::string& resource_version,
                          Monotonic now) {
  if (!record_ || *record_ != record) {
    record_ = record;
    observed_ = now;
  }
  resource_version_ = resource_version;
}

void LeaseState::absent() {
  record_.reset();
  resource_version_.clear();
}

std::optional<LeaseRecord> LeaseState::claim(Time now, Monotonic monotonic) const {
  const bool ours = held_by_us();
  if (record_ && !ours && !record_->holder.empty() && observed_ + record_->duration > monotonic) {
    return std::nullopt;
  }
  LeaseRecord out;
  out.holder = config_.identity;
  out.duration = std::chrono::duration_cast<std::chrono::seconds>(config_.lease_duration);
  out.renew_time = now.rfc3339_micro();
  out.acquire_time = ours ? record_->acquire_time : out.renew_time;
  out.transitions = record_ ? record_->transitions + (ours ? 0 : 1) : 0;
  return out;
}

LeaseRecord LeaseState::release(Time now) const {
  LeaseRecord out = record_.value_or(LeaseRecord{});
  out.holder.clear();
  out.duration = std::chrono::seconds(1);
  out.acquire_time = out.renew_time = now.rfc3339_micro();
  return out;
}

LeaderElector::LeaderElector(Client& client, LeaseConfig config, Callbacks callbacks,
                             const Clock& clock, Random& random, Sleep sleep)
    : client_(client),
      config_(std::move(config)),
      callbacks_(std::move(callbacks)),
      clock_(clock),
      random_(random),
      sleep_(std::move(sleep)),
      state_(config_) {
  SEAWORTHY_CHECK(config_.lease_duration > config_.renew_deadline);
  SEAWORTHY_CHECK(config_.renew_deadline > config_.retry_period * 12 / 10);
  SEAWORTHY_CHECK(!config_.identity.empty());
}

void LeaderElector::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void LeaderElector::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

bool LeaderElector::leading() const {
  MutexLock lock(mutex_);
  return leading_;
}

std::string LeaderElector::holder() const {
  MutexLock lock(mutex_);
  return holder_;
}

void LeaderElector::set_leading(bool leading) {
  MutexLock lock(mutex_);
  leading_ = leading;
}

// True: we hold it. False: another does. An error: could not find out.
Result<bool> LeaderElector::try_once(std::stop_token stop, Deadline deadline) {
  const ObjectKey key{config_.namespace_, config_.name};
  const Call call{deadline, std::move(stop)};
  // Renewing goes by what we wrote last; anything unexpected comes back as a conflict.
  if (!state_.held_by_us()) {
    auto there = client_.get(kLeases, key, call);
    if (there) {
      state_.observed(TRY(parse_lease(*there)), resource_version_of(*there), clock_.monotonic());
    } else if (there.error().code() == ErrorCode::kNotFound) {
      state_.absent();
    } else {
      return std::move(there).error();
    }
    MutexLock lock(mutex_);
    holder_ = state_.holder();
  }
  const auto record = state_.claim(clock_.now(), clock_.monotonic());
  if (!record) {
    return false;
  }
  const Json body = lease_json(config_, *record, state_.resource_version());
  auto written = state_.resource_version().empty() ? client_.create(kLeases, body, call)
                                                   : client_.replace(kLeases, body, call);
  if (!written) {
    const ErrorCode code = written.error().code();
    if (code == ErrorCode::kConflict || code == ErrorCode::kNotFound) {
      // Somebody else wrote (or removed) it: look before the next try. While leading this is found
      // out at once, by the next look.
      auto there = client_.get(kLeases, key, call);
      if (there) {
        state_.observed(TRY(parse_lease(*there)), resource_version_of(*there), clock_.monotonic());
        if (!state_.held_by_us()) {
          return false;
        }
      } else if (there.error().code() == ErrorCode::kNotFound) {
        state_.absent();
      }
    }
    return std::move(written).error();
  }
  state_.observed(TRY(parse_lease(*written)), resource_version_of(*written), clock_.monotonic());
  MutexLock lock(mutex_);
  holder_ = config_.identity;
  return true;
}

void LeaderElector::release() {
  const Json body = lease_json(config_, state_.release(clock_.now()), state_.resource_version());
  // Best effort: without it the next leader waits until the lease is over.
  (void)client_.replace(kLeases, body, call_within(clock_, kReleaseTime, {}));
}

void LeaderElector::run(std::stop_token stop) {
  using std::chrono::milliseconds;
  const milliseconds per_try = std::max(milliseconds(1'000), config_.renew_deadline / 2);
  Monotonic renewed{};
  while (true) {
    if (stop.stop_requested()) {
      return;
    }
    renewed = clock_.monotonic();
    const auto won = try_once(stop, renewed + per_try);
    if (won && *won) {
      break;
    }
    const double factor = 1.0 + kJitter * roll(random_);
    sleep_(milliseconds(static_cast<std::int64_t>(
               static_cast<double>(config_.retry_period.count()) * factor)),
           stop);
  }

  set_leading(true);
  callbacks_.on_started();
  bool lost = false;
  while (!stop.stop_requested()) {
    sleep_(config_.retry_period, stop);
    if (stop.stop_requested()) {
      break;
    }
    // Measured from before the write was sent: others count from when they see it, which is later.
    const Monotonic sent = clock_.monotonic();
    if (sent - renewed >= config_.renew_deadline) {
      lost = true;
      break;
    }
    const auto kept = try_once(stop, std::min(sent + per_try, renewed + config_.renew_deadline));
    if (kept && *kept) {
      renewed = sent;
    } else if (kept || clock_.monotonic() - renewed >= config_.renew_deadline) {
      lost = !stop.stop_requested();
      break;
    }
  }
  set_leading(false);
  callbacks_.on_stopped();  // the workers are done before anybody else may begin
  if (!lost) {
    release();
  }
}

}  // namespace seaworthy::kube
