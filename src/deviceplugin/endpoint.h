// How a device plugin and the kubelet speak: the seam between what is said and gRPC (grpc/).
// Spec: Kubernetes, "Device Plugins", API v1beta1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace seaworthy::deviceplugin {

// One device, which one container at a time may have.
struct Offer {
  std::string resource;  // "seaworthy.dev/tpm"
  std::string id;        // at most 63 characters
  std::string path;      // of the device node, on the node and in the container
};

enum class DeviceState : std::uint8_t {
  kNever,    // not seen yet: no device is listed, the node's capacity is 0
  kHealthy,  // there
  kGone,     // was there: listed as unhealthy, so that people see what is wrong
};
std::string_view name(DeviceState state);

class Endpoint {
 public:
  virtual ~Endpoint() = default;

  // Serves at the socket `path`, instead of where it served before.
  virtual Result<void> open(const std::string& path) = 0;
  // Serves no more, and removes the socket. Nothing happens if it does not serve.
  virtual void close() = 0;
  // What is listed from now on; who watches is told at once. Thread-safe.
  virtual void list(DeviceState state) = 0;
  // Tells the kubelet behind `kubelet_socket` that the resource is to be had at the socket named
  // `name` in the same folder; the kubelet answers after it has connected to it. Waits 5 s at most.
  virtual Result<void> announce(const std::string& kubelet_socket, const std::string& name) = 0;
  // Whether somebody holds the list open. Thread-safe.
  virtual bool watched() const = 0;
};

}  // namespace seaworthy::deviceplugin
