// The two ends of a body as cpprestsdk's streams.
#pragma once

#include <cpprest/streams.h>

#include <memory>
#include <string>

#include "http/cpprest/call.h"

namespace seaworthy::http::cpprest {

// A response body is written to it and goes to the call.
concurrency::streams::ostream response_stream(std::shared_ptr<Call> call);

// A request body is read from it, once: it cannot be rewound, so cpprestsdk cannot send a request
// again on another connection when a reused one turns out to be dead.
concurrency::streams::istream request_stream(std::string body);

}  // namespace seaworthy::http::cpprest
