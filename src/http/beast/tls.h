// The server side of TLS, in one function.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/server.h"

namespace seaworthy::http::beast {

// TLS 1.2 or later with forward secrecy, ALPN http/1.1, no tickets, no resumption (A165: every
// handshake verifies), no renegotiation. kMalformed names the part of the key pair that is
// unusable; private keys do not appear in messages.
Result<std::shared_ptr<boost::asio::ssl::context>> create_context(const KeyPair& pair);

// Who the peer has proven to be in a handshake that is over.
struct PeerIdentity {
  std::string name;                 // common name; "" without a certificate
  std::vector<std::string> groups;  // organizations
};
PeerIdentity peer_identity(const SSL* ssl);

}  // namespace seaworthy::http::beast
