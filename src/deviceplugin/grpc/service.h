// What the plugin answers, as gRPC calls it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "deviceplugin/grpc/endpoint.h"
#include "kubelet.grpc.pb.h"

namespace seaworthy::deviceplugin::grpc {

// What is listed, for the services of one endpoint one after the other. `mutex` guards all but the
// count. (The standard's mutex: gRPC's headers define the annotations of base/mutex.h as well.)
struct Board {
  std::mutex mutex;
  std::condition_variable changed;
  DeviceState state = DeviceState::kNever;
  std::uint64_t version = 1;
  bool closing = false;
  std::atomic<int> watchers = 0;
};

class Service final : public v1beta1::DevicePlugin::Service {
 public:
  // All outlive it.
  Service(const Offer& offer, Board& board, const OnAllocate& on_allocate)
      : offer_(offer), board_(board), on_allocate_(on_allocate) {}

  ::grpc::Status GetDevicePluginOptions(::grpc::ServerContext* context,
                                        const v1beta1::Empty* request,
                                        v1beta1::DevicePluginOptions* response) override;
  // Until whoever listens goes, or the board closes.
  ::grpc::Status ListAndWatch(::grpc::ServerContext* context, const v1beta1::Empty* request,
                              ::grpc::ServerWriter<v1beta1::ListAndWatchResponse>* writer) override;
  ::grpc::Status Allocate(::grpc::ServerContext* context, const v1beta1::AllocateRequest* request,
                          v1beta1::AllocateResponse* response) override;

 private:
  v1beta1::ListAndWatchResponse listing(DeviceState state) const;
  Result<void> check(const v1beta1::AllocateRequest& request) const;

  const Offer& offer_;
  Board& board_;
  const OnAllocate& on_allocate_;
};

}  // namespace seaworthy::deviceplugin::grpc
