// The client under test and its peers, for the client_*_test.cpp files.
#pragma once

#include <gtest/gtest.h>

#include <atomic>

#include "http/client.h"
#include "http/cpprest/client.h"
#include "http/server_fixture.h"
#include "support/real_clock.h"

namespace seaworthy::http::testing {

using seaworthy::testing::PemPair;
using seaworthy::testing::RealClock;
using seaworthy::testing::TestAuthority;
using std::chrono::seconds;

class HttpClient : public ::testing::Test {
 protected:
  ClientConfig config(std::uint16_t port, const std::string& host = "127.0.0.1") {
    ClientConfig out;
    out.base_url = "https://" + host + ":" + std::to_string(port);
    out.ca_pem = authority.pem();
    return out;
  }
  std::unique_ptr<Client> client(const ClientConfig& config) {
    auto made = cpprest::create_client(config, clock);
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }
  Deadline in(milliseconds time) const { return clock.monotonic() + time; }

  Result<Response> get(Client& client, const std::string& target = "/") {
    return client.send({.target = target}, in(seconds(10)), {});
  }
  // What a client says when a raw TLS server answers with this text and closes.
  Result<Response> answer(const std::string& text, std::size_t max_response_bytes = 1000) {
    const RawServer server(
        [&](RawPeer& peer, int) {
          peer.receive_until("\r\n\r\n");
          peer.send(text);
        },
        &pair);
    return client(config(server.port()))
        ->send({.target = "/a?secret=1", .max_response_bytes = max_response_bytes}, in(seconds(10)),
               {});
  }

  const RealClock clock{};
  const TestAuthority authority;
  const PemPair pair = authority.issue({});
};

inline ServerConfig https(const PemPair& pair) {
  ServerConfig config = test_config();
  config.limits.idle_timeout = milliseconds(60'000);
  config.limits.header_timeout = milliseconds(5'000);
  config.limits.max_body_bytes = 1024 * 1024;
  config.tls = [keys = std::make_shared<const KeyPair>(key_pair(pair))] { return keys; };
  return config;
}

inline Response show(const Request& request, std::stop_token) {
  Response out = text_response(request.path() == "/404" ? 404 : 200,
                               request.method + " " + request.target + " " + request.body);
  for (const auto& [name, value] : request.headers) {
    out.headers.add("Echo-" + name, value);
  }
  return out;
}

}  // namespace seaworthy::http::testing
