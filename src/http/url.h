// Absolute http and https URLs. Spec: RFC 3986, narrowed: no user information, no fragment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace seaworthy::http {

struct Url {
  bool https = true;
  std::string host;  // name or address, without the brackets of an IPv6 literal
  std::uint16_t port = 443;
  std::string target = "/";  // path and query, as written

  bool host_is_ip() const;        // an IPv4 or IPv6 literal
  std::string authority() const;  // "host:port", the host in brackets if it is IPv6
  std::string origin() const;     // "https://host:port"
  std::string str() const { return origin() + target; }
};

// kMalformed names what is wrong; user information is refused because it would end up in logs.
Result<Url> parse_url(std::string_view text);

// Where a server listens.
struct ListenAddress {
  std::string address;  // an IP literal, without the brackets of IPv6
  std::uint16_t port = 0;
};

// "0.0.0.0:8443" or "[::]:8443". kMalformed shows what an address looks like.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace seaworthy::http
