// One accepted connection: handshake, then one request after another until either side ends it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "http/beast/core.h"

namespace seaworthy::http::beast {

// `tls` null: plain HTTP. The socket's executor must be a strand. Core outlives the connection.
std::shared_ptr<Connection> create_connection(boost::asio::ip::tcp::socket socket,
                                              std::shared_ptr<boost::asio::ssl::context> tls,
                                              Core& core);

}  // namespace seaworthy::http::beast
