// The kubelet's half of the device plugin API, on real gRPC and real unix sockets: takes
// registrations, connects back as the kubelet does, watches the list, asks for devices.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "kubelet.grpc.pb.h"

namespace seaworthy::deviceplugin {

class FakeKubelet final : public v1beta1::Registration::Service {
 public:
  // Starts as a kubelet does: removes what lies in the folder, then listens.
  explicit FakeKubelet(const std::filesystem::path& folder) : folder_(folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::filesystem::remove(entry);
    }
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + (folder / "kubelet.sock").string(),
                             ::grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeKubelet() override {
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    stop_watching();
  }

  ::grpc::Status Register(::grpc::ServerContext* /*context*/,
                          const v1beta1::RegisterRequest* request,
                          v1beta1::Empty* /*response*/) override {
    stop_watching();
    MutexLock lock(mutex_);
    registrations_.push_back(*request);
    if (refusal_) {
      return {::grpc::StatusCode::UNKNOWN, *refusal_};
    }
    lists_.clear();
    channel_ = ::grpc::CreateChannel("unix:" + (folder_ / request->endpoint()).string(),
                                     ::grpc::InsecureChannelCredentials());
    watch_ = std::make_unique<::grpc::ClientContext>();
    watcher_ = std::jthread([this, context = watch_.get(), channel = channel_] {
      const auto reader = v1beta1::DevicePlugin::NewStub(channel)->ListAndWatch(context, {});
      v1beta1::ListAndWatchResponse list;
      while (reader->Read(&list)) {
        std::string text;
        for (const auto& device : list.devices()) {
          text += device.id() + "=" + device.health();
        }
        MutexLock inner(mutex_);
        lists_.push_back(text);
        changed_.notify_all();
      }
      reader->Finish();
    });
    return ::grpc::Status::OK;
  }

  void refuse(const std::string& why) {
    MutexLock lock(mutex_);
    refusal_ = why;
  }
  std::vector<v1beta1::RegisterRequest> registrations() {
    MutexLock lock(mutex_);
    return registrations_;
  }

  // The `count`th list that was sent since the last registration ("tpmrm0=Healthy"; "" if empty);
  // waits for it, 10 s at most.
  std::string list(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    MutexLock lock(mutex_);
    while (lists_.size() < count) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        return "nothing was sent";
      }
    }
    return lists_[count - 1];
  }
  std::size_t lists() {
    MutexLock lock(mutex_);
    return lists_.size();
  }

  ::grpc::Status allocate(const std::vector<std::string>& ids, v1beta1::AllocateResponse& out) {
    v1beta1::AllocateRequest request;
    auto* container = request.add_container_requests();
    for (const std::string& id : ids) {
      container->add_devices_ids(id);
    }
    ::grpc::ClientContext context;
    return stub()->Allocate(&context, request, &out);
  }
  v1beta1::DevicePluginOptions options() {
    ::grpc::ClientContext context;
    v1beta1::DevicePluginOptions out;
    EXPECT_TRUE(stub()->GetDevicePluginOptions(&context, {}, &out).ok());
    return out;
  }
  // What a kubelet does that has lost its connection and does not know it.
  void stop_watching() {
    if (watch_) {
      watch_->TryCancel();
    }
    if (watcher_.joinable()) {
      watcher_.join();
    }
  }

 private:
  std::unique_ptr<v1beta1::DevicePlugin::Stub> stub() {
    MutexLock lock(mutex_);
    return v1beta1::DevicePlugin::NewStub(channel_);
  }

  const std::filesystem::path folder_;
  Mutex mutex_;
  Condition changed_;
  std::vector<v1beta1::RegisterRequest> registrations_ GUARDED_BY(mutex_);
  std::vector<std::string> lists_ GUARDED_BY(mutex_);
  std::optional<std::string> refusal_ GUARDED_BY(mutex_);
  std::shared_ptr<::grpc::Channel> channel_ GUARDED_BY(mutex_);
  std::unique_ptr<::grpc::ClientContext> watch_;
  std::jthread watcher_;
  std::unique_ptr<::grpc::Server> server_;
};

}  // namespace seaworthy::deviceplugin
