#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace seaworthy::http {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

Error bad_url(std::string_view why) {
  return malformed("URL: " + std::string(why));
}

bool is_ipv6(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool is_ipv4(const std::string& host) {
  std::array<unsigned char, 4> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1;
}

// RFC 1123 names, and the underscore that some people put into them.
bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

bool Url::host_is_ip() const {
  return is_ipv4(host) || is_ipv6(host);
}

std::string Url::authority() const {
  const bool bracketed = is_ipv6(host);
  std::string out;
  if (bracketed) {
    out.push_back('[');
  }
  out.append(host);
  if (bracketed) {
    out.push_back(']');
  }
  out.push_back(':');
  return out.append(std::to_string(port));
}

std::string Url::origin() const {
  return (https ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) {
    return bad_url("longer than " + std::to_string(kMaxUrlBytes) + " bytes");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return bad_url("contains white space, control or non-ASCII characters");
  }
  Url url;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
    url.https = false;
    url.port = 80;
  } else {
    return bad_url("has to begin with https:// or http://");
  }
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  const std::string_view rest = text.substr(authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad_url("user and password in it are not supported");
  }
  if (rest.find('#') != std::string_view::npos) {
    return bad_url("a fragment (#) has no meaning here");
  }

  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return bad_url("'[' without ']'");
    }
    url.host = std::string(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
    if (!is_ipv6(url.host)) {
      return bad_url("what stands in brackets is not an IPv6 address");
    }
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = std::string(authority.substr(0, colon));
    authority.remove_prefix(colon);
    if (!is_name(url.host)) {
      return bad_url("'" + url.host + "' is not a host name (IPv6 addresses stand in brackets)");
    }
  }
  if (!authority.empty()) {
    if (authority.front() != ':') {
      return bad_url("something other than a port follows the host");
    }
    authority.remove_prefix(1);
    const auto [end, failed] =
        std::from_chars(authority.data(), authority.data() + authority.size(), url.port);
    if (failed != std::errc() || end != authority.data() + authority.size() || url.port == 0) {
      return bad_url("the port is not a number from 1 to 65535");
    }
  }
  url.target = rest.empty() || rest.front() != '/' ? "/" + std::string(rest) : std::string(rest);
  return url;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&] {
    return malformed("expected ADDRESS:PORT, for example 0.0.0.0:8443 or [::]:8443, got '" +
                     std::string(text.substr(0, 80)) + "'");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad();
  }
  std::string_view address = text.substr(0, colon);
  if (address.size() >= 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string_view::npos) {
    return bad();  // which colon is the port's?
  }
  ListenAddress out{std::string(address), 0};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc{} || rest != end || out.address.empty()) {
    return bad();
  }
  return out;
}

}  // namespace seaworthy::http
