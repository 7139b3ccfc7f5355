// An Endpoint on gRPC over unix sockets.
#pragma once

#include <functional>
#include <memory>

#include "deviceplugin/endpoint.h"

namespace seaworthy::deviceplugin::grpc {

// Told of every request for the device: granted, or why not. Called on threads of gRPC.
using OnAllocate = std::function<void(const Result<void>& outcome)>;

// Messages above 64 KiB are refused, and it uses 16 threads at most.
std::unique_ptr<Endpoint> create_endpoint(Offer offer, OnAllocate on_allocate);

}  // namespace seaworthy::deviceplugin::grpc
