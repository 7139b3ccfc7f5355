// Offers one device of this node to the kubelet, which opens it to the container that asks for it.
// Spec: Kubernetes, "Device Plugins", API v1beta1.
//
// Level-triggered: every look compares what is with what the kubelet was told. So neither the order
// in which device, kubelet and plugin appear nor how often any of them restarts matters.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <optional>
#include <stop_token>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "deviceplugin/endpoint.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace seaworthy::deviceplugin {

struct Config {
  Offer offer;
  std::string presence;  // the device is there while this exists
  std::string folder;    // where the kubelet's socket is, and ours
  std::chrono::milliseconds interval{1'000};
};

class Plugin {
 public:
  // All outlive it.
  Plugin(Config config, Endpoint& endpoint, const telemetry::Log& log, telemetry::Metrics& metrics);

  // Looks once, and does what is to be done: lists the device as it is; serves and registers anew
  // if the kubelet is another than before, has removed our socket, or does not watch our list.
  void look();
  // Looks every interval until the token fires; then serves no more.
  void run(std::stop_token stop);

  // Ready: the kubelet watches our list, whether there is a device or not. Thread-safe.
  Result<void> ready() const;

 private:
  // Tells one socket file from the next one under the same name.
  struct Identity {
    dev_t device;
    ino_t inode;
    std::time_t seconds;
    long nanoseconds;
    bool operator==(const Identity&) const = default;
  };
  static std::optional<Identity> identity(const std::string& path);

  void look_at_device();
  void look_at_kubelet();
  Result<void> enter(const Identity& kubelet);

  const Config config_;
  const std::string name_;  // of our socket
  Endpoint& endpoint_;
  const telemetry::Log& log_;
  telemetry::Gauge present_;
  telemetry::Counter registrations_;

  DeviceState state_ = DeviceState::kNever;
  bool listed_ = false;
  std::optional<Identity> registered_with_;
  int unwatched_looks_ = 0;
  std::string last_trouble_;
  std::atomic<bool> registered_ = false;

  Mutex mutex_;  // guards nothing: Condition wants one
  Condition sleep_;
};

}  // namespace seaworthy::deviceplugin
