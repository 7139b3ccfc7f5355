#include "deviceplugin/grpc/endpoint.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "deviceplugin/grpc/service.h"

namespace seaworthy::deviceplugin::grpc {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr int kMaxMessageBytes = 64 * 1024;
constexpr int kMaxThreads = 16;

class GrpcEndpoint final : public Endpoint {
 public:
  GrpcEndpoint(Offer offer, OnAllocate on_allocate)
      : offer_(std::move(offer)), on_allocate_(std::move(on_allocate)) {}
  ~GrpcEndpoint() override { GrpcEndpoint::close(); }

  Result<void> open(const std::string& path) override;
  void close() override;
  void list(DeviceState state) override;
  Result<void> announce(const std::string& kubelet_socket, const std::string& name) override;
  bool watched() const override { return board_.watchers > 0; }

 private:
  const Offer offer_;
  const OnAllocate on_allocate_;
  Board board_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<::grpc::Server> server_;
  std::string path_;
};

Result<void> GrpcEndpoint::open(const std::string& path) {
  close();
  {
    const std::lock_guard lock(board_.mutex);
    board_.closing = false;
  }
  ::unlink(path.c_str());  // what a plugin that was killed has left
  service_ = std::make_unique<Service>(offer_, board_, on_allocate_);
  ::grpc::ResourceQuota quota;
  quota.SetMaxThreads(kMaxThreads);
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, ::grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(quota);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  if (!server_) {
    return unavailable("cannot listen at " + path + ": may root write there?");
  }
  path_ = path;
  return {};
}

void GrpcEndpoint::close() {
  if (!server_) {
    return;
  }
  {
    const std::lock_guard lock(board_.mutex);
    board_.closing = true;
    board_.changed.notify_all();
  }
  server_->Shutdown(system_clock::now() + seconds(2));
  server_.reset();
  service_.reset();
  ::unlink(path_.c_str());
}

void GrpcEndpoint::list(DeviceState state) {
  const std::lock_guard lock(board_.mutex);
  board_.state = state;
  ++board_.version;
  board_.changed.notify_all();
}

Result<void> GrpcEndpoint::announce(const std::string& kubelet_socket, const std::string& name) {
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A connection of its own: one that failed before would be waited for.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  const auto channel = ::grpc::CreateCustomChannel("unix:" + kubelet_socket,
                                                   ::grpc::InsecureChannelCredentials(), arguments);
  const auto kubelet = v1beta1::Registration::NewStub(channel);
  ::grpc::ClientContext context;
  context.set_deadline(system_clock::now() + seconds(5));
  v1beta1::RegisterRequest request;
  request.set_version("v1beta1");
  request.set_endpoint(name);
  request.set_resource_name(offer_.resource);
  request.mutable_options();
  v1beta1::Empty response;
  const ::grpc::Status status = kubelet->Register(&context, request, &response);
  if (!status.ok()) {
    return unavailable("the kubelet does not take the registration: " + status.error_message());
  }
  return {};
}

}  // namespace

std::unique_ptr<Endpoint> create_endpoint(Offer offer, OnAllocate on_allocate) {
  return std::make_unique<GrpcEndpoint>(std::move(offer), std::move(on_allocate));
}

}  // namespace seaworthy::deviceplugin::grpc
