// http::Server on Boost.Beast.
#pragma once

#include <memory>

#include "http/server.h"

namespace seaworthy::http::beast {

std::unique_ptr<Server> create_server(ServerConfig config);

}  // namespace seaworthy::http::beast
