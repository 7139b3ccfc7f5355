#include "deviceplugin/plugin.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "telemetry/names.h"

namespace seaworthy::deviceplugin {
namespace {

namespace field = telemetry::field;
namespace metric = telemetry::metric;

// The kubelet opens the list right after a registration. One that does not watch it after so many
// looks has lost us, and would offer the device to nobody.
constexpr int kPatienceLooks = 10;

std::string socket_name(std::string resource) {
  std::replace(resource.begin(), resource.end(), '/', '-');
  return resource + ".sock";
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

}  // namespace

std::string_view name(DeviceState state) {
  switch (state) {
    case DeviceState::kNever:
      return "Never";
    case DeviceState::kHealthy:
      return "Healthy";
    case DeviceState::kGone:
      return "Gone";
  }
  return "";
}

Plugin::Plugin(Config config, Endpoint& endpoint, const telemetry::Log& log,
               telemetry::Metrics& metrics)
    : config_(std::move(config)),
      name_(socket_name(config_.offer.resource)),
      endpoint_(endpoint),
      log_(log),
      present_(metrics.gauge(metric::kDevicePresent, "1 while the device is there.")),
      registrations_(
          metrics.counter(metric::kDeviceRegistrations, "Registrations with a kubelet.")) {}

std::optional<Plugin::Identity> Plugin::identity(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) {
    return std::nullopt;
  }
  return Identity{found.st_dev, found.st_ino, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
}

void Plugin::look() {
  look_at_device();
  look_at_kubelet();
}

void Plugin::look_at_device() {
  DeviceState now = state_;
  if (exists(config_.presence)) {
    now = DeviceState::kHealthy;
  } else if (state_ == DeviceState::kHealthy) {
    now = DeviceState::kGone;
  }
  if (listed_ && now == state_) {
    return;
  }
  state_ = now;
  listed_ = true;
  endpoint_.list(now);
  present_.set(now == DeviceState::kHealthy ? 1 : 0);
  log_.write(now == DeviceState::kGone ? telemetry::Level::kWarning : telemetry::Level::kInfo,
             now == DeviceState::kHealthy ? "device is there" : "device is not there",
             {{field::kPath, config_.presence}, {field::kStatus, name(now)}});
}

void Plugin::look_at_kubelet() {
  const auto kubelet = identity(config_.folder + "/kubelet.sock");
  unwatched_looks_ = endpoint_.watched() ? 0 : unwatched_looks_ + 1;
  // A kubelet that starts removes every other socket of the folder, and forgets who registered.
  if (kubelet && kubelet == registered_with_ && exists(config_.folder + "/" + name_) &&
      unwatched_looks_ < kPatienceLooks) {
    return;
  }
  registered_with_.reset();
  registered_ = false;
  const Result<void> entered =
      kubelet ? enter(*kubelet)
              : unavailable("no kubelet listens at " + config_.folder + "/kubelet.sock");
  if (entered) {
    last_trouble_.clear();
    registrations_.add();
    log_.info("registered", {{field::kName, config_.offer.resource}, {field::kPath, name_}});
  } else if (entered.error().message() != last_trouble_) {  // said once, not every second
    last_trouble_ = entered.error().message();
    log_.warning("not registered", {{field::kError, entered.error()}});
  }
}

Result<void> Plugin::enter(const Identity& kubelet) {
  TRY(endpoint_.open(config_.folder + "/" + name_));
  TRY(endpoint_.announce(config_.folder + "/kubelet.sock", name_));
  registered_with_ = kubelet;
  registered_ = true;
  unwatched_looks_ = 0;
  return {};
}

void Plugin::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    look();
    MutexLock lock(mutex_);
    sleep_.wait_for(mutex_, stop, config_.interval, [] { return false; });
  }
  registered_ = false;
  endpoint_.close();
}

Result<void> Plugin::ready() const {
  if (!registered_) {
    return unavailable("not registered with the kubelet: see the log");
  }
  if (!endpoint_.watched()) {
    return unavailable("the kubelet does not watch the list of devices");
  }
  return {};
}

}  // namespace seaworthy::deviceplugin
