#include "deviceplugin/grpc/service.h"

#include <chrono>
#include <optional>

namespace seaworthy::deviceplugin::grpc {
namespace {

using ::grpc::Status;
using ::grpc::StatusCode;

struct Watching {
  explicit Watching(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Watching() { --count_; }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

 private:
  std::atomic<int>& count_;
};

// What to tell next: nothing for now, or the end.
struct Next {
  bool end = false;
  std::optional<DeviceState> state;
};

Next wait(Board& board, std::uint64_t& told) {
  std::unique_lock lock(board.mutex);
  if (!board.closing && board.version == told) {
    // Bounded: gRPC does not wake us when the other side goes.
    board.changed.wait_for(lock, std::chrono::seconds(1));
  }
  if (board.closing) {
    return {.end = true, .state = std::nullopt};
  }
  if (board.version == told) {
    return {};
  }
  told = board.version;
  return {.end = false, .state = board.state};
}

}  // namespace

Status Service::GetDevicePluginOptions(::grpc::ServerContext* /*context*/,
                                       const v1beta1::Empty* /*request*/,
                                       v1beta1::DevicePluginOptions* /*response*/) {
  return Status::OK;  // neither of the optional calls
}

v1beta1::ListAndWatchResponse Service::listing(DeviceState state) const {
  v1beta1::ListAndWatchResponse response;
  if (state != DeviceState::kNever) {
    v1beta1::Device* device = response.add_devices();
    device->set_id(offer_.id);
    device->set_health(state == DeviceState::kHealthy ? "Healthy" : "Unhealthy");
  }
  return response;
}

Status Service::ListAndWatch(::grpc::ServerContext* context, const v1beta1::Empty* /*request*/,
                             ::grpc::ServerWriter<v1beta1::ListAndWatchResponse>* writer) {
  const Watching watching(board_.watchers);
  std::uint64_t told = 0;
  while (!context->IsCancelled()) {
    const Next next = wait(board_, told);
    if (next.end || (next.state && !writer->Write(listing(*next.state)))) {
      break;
    }
  }
  return Status::OK;
}

Result<void> Service::check(const v1beta1::AllocateRequest& request) const {
  for (const auto& container : request.container_requests()) {
    for (const std::string& id : container.devices_ids()) {
      if (id != offer_.id) {
        return not_found("there is no device \"" + id.substr(0, 63) + "\", only " + offer_.id);
      }
    }
  }
  const std::lock_guard lock(board_.mutex);
  if (board_.state != DeviceState::kHealthy) {
    return unavailable("device " + offer_.id + " is not there");
  }
  return {};
}

Status Service::Allocate(::grpc::ServerContext* /*context*/,
                         const v1beta1::AllocateRequest* request,
                         v1beta1::AllocateResponse* response) {
  const Result<void> checked = check(*request);
  on_allocate_(checked);
  if (!checked) {
    const bool unknown = checked.error().code() == ErrorCode::kNotFound;
    return {unknown ? StatusCode::NOT_FOUND : StatusCode::FAILED_PRECONDITION,
            checked.error().message()};
  }
  for (const auto& container : request->container_requests()) {
    auto* answer = response->add_container_responses();
    if (container.devices_ids_size() > 0) {
      v1beta1::DeviceSpec* device = answer->add_devices();
      device->set_host_path(offer_.path);
      device->set_container_path(offer_.path);
      device->set_permissions("rw");  // not m: nobody needs to make nodes
    }
  }
  return Status::OK;
}

}  // namespace seaworthy::deviceplugin::grpc
