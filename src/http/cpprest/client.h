// http::Client on cpprestsdk.
#pragma once

#include <memory>

#include "base/time.h"
#include "http/client.h"

namespace seaworthy::http::cpprest {

// Checks the configuration and everything in PEM; connects to nothing. The clock (on which the
// deadlines are) outlives the client. kMalformed or kUnsupported name the field.
//
// The first call in a process starts a few threads that all clients share and that live until
// the process ends.
Result<std::unique_ptr<Client>> create_client(ClientConfig config, const Clock& clock);

}  // namespace seaworthy::http::cpprest
