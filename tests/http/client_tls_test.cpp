// Whom the cpprestsdk client talks to, and what it says of those it does not.
#include <gtest/gtest.h>

#include "http/client_fixture.h"

namespace seaworthy::http::testing {
namespace {

TEST_F(HttpClient, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  { port = TestServer().server->port(); }
  const auto r = get(*client(config(port)));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(r.error().message(), "GET https://127.0.0.1:" + std::to_string(port) +
                                     "/: no connection: refused, or no route");
}

TEST_F(HttpClient, SaysThatANameDoesNotResolve) {
  const auto r = get(*client(config(1, "no-such-host.invalid")));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(r.error().message().find("no-such-host.invalid"), std::string::npos);
}

TEST_F(HttpClient, RefusesAnAuthorityThatItWasNotGiven) {
  const TestServer server(https(TestAuthority("Other CA").issue({})), show);
  const auto r = get(*client(config(server.server->port())));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(r.error().message().find("TLS: the server's certificate was refused: unable to get "
                                     "local issuer certificate"),
            std::string::npos)
      << r.error().message();
}

TEST_F(HttpClient, RefusesACertificateForSomebodyElse) {
  const TestServer server(https(authority.issue({.names = "DNS:a.example,IP:10.0.0.1"})), show);
  const auto by_address = get(*client(config(server.server->port())));
  ASSERT_FALSE(by_address);
  EXPECT_NE(by_address.error().message().find(
                "TLS: the server's certificate is not for 127.0.0.1 but for DNS:a.example, "
                "IP:10.0.0.1"),
            std::string::npos)
      << by_address.error().message();
  const auto by_name = get(*client(config(server.server->port(), "localhost")));
  ASSERT_FALSE(by_name);
  EXPECT_NE(by_name.error().message().find("is not for localhost but for"), std::string::npos);
}

TEST_F(HttpClient, DoesNotTakeACommonNameForAName) {
  const TestServer server(https(authority.issue({.common_name = "localhost", .names = ""})), show);
  EXPECT_FALSE(get(*client(config(server.server->port(), "localhost"))));
}

TEST_F(HttpClient, RefusesExpiredAndClientOnlyCertificates) {
  const TestServer expired(
      https(authority.issue({.not_before_seconds = -7200, .not_after_seconds = -60})), show);
  const auto r = get(*client(config(expired.server->port())));
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message().find("certificate has expired"), std::string::npos);
  const TestServer wrong_use(https(authority.issue({.usage = "clientAuth"})), show);
  EXPECT_FALSE(get(*client(config(wrong_use.server->port()))));
}

TEST_F(HttpClient, ReachesAServerByAddressAndByName) {
  const TestServer server(https(pair), show);
  EXPECT_TRUE(get(*client(config(server.server->port(), "127.0.0.1"))));
  const auto by_name = get(*client(config(server.server->port(), "localhost")));
  EXPECT_TRUE(by_name) << by_name.error().message();
}

TEST_F(HttpClient, ReachesAServerByIpv6Address) {
  ServerConfig ipv6 = https(authority.issue({.names = "IP:::1"}));
  ipv6.address = "::1";
  const auto server = beast::create_server(ipv6);
  if (!server->start(show)) {
    GTEST_SKIP() << "no IPv6 on this machine";
  }
  const auto r = get(*client(config(server->port(), "[::1]")));
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_EQ(r->headers.get("echo-host"), "[::1]:" + std::to_string(server->port()));
}

TEST_F(HttpClient, ChecksAndAnnouncesTheOverridingName) {
  std::string sni;
  const PemPair other = authority.issue({.names = "DNS:verifier.svc"});
  const RawServer server(
      [&](RawPeer& peer, int) {
        const char* name = SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name);
        sni = name != nullptr ? name : "none";
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      },
      &other);
  ClientConfig overridden = config(server.port());
  overridden.server_name = "verifier.svc";
  const auto r = get(*client(overridden));
  EXPECT_TRUE(r) << r.error().message();
  EXPECT_EQ(sni, "verifier.svc");
  EXPECT_FALSE(get(*client(config(server.port()))));
}

TEST_F(HttpClient, AnnouncesNoAddress) {
  std::string sni;
  const RawServer server(
      [&](RawPeer& peer, int) {
        sni =
            SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name) != nullptr ? "some" : "none";
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      },
      &pair);
  EXPECT_TRUE(get(*client(config(server.port()))));
  EXPECT_EQ(sni, "none");
}

TEST_F(HttpClient, ChecksNothingOnlyWhenToldSo) {
  const TestServer server(https(TestAuthority("Other CA").issue({.names = "DNS:x"})), show);
  ClientConfig insecure = config(server.server->port());
  insecure.insecure_skip_verify = true;
  EXPECT_TRUE(get(*client(insecure)));
}

TEST_F(HttpClient, RefusesOldTls) {
  const RawServer server([](RawPeer&, int) {}, &pair,
                         [](SSL_CTX* context) {
                           SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
                           SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
                           SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
                         });
  EXPECT_EQ(get(*client(config(server.port()))).error().code(), ErrorCode::kUnavailable);
}

TEST_F(HttpClient, ShowsItsCertificate) {
  const TestAuthority clients("Client CA");
  ServerConfig mutual = https(pair);
  mutual.tls = [keys = std::make_shared<const KeyPair>(key_pair(pair, clients.pem()))] {
    return keys;
  };
  const TestServer server(mutual, [](const Request& request, std::stop_token) {
    return text_response(200, request.peer_name);
  });
  ClientConfig known = config(server.server->port());
  const PemPair identity = clients.issue({.common_name = "system:node:n1"});
  known.client_certificate_pem = identity.certificate;
  known.client_key_pem = identity.key;
  EXPECT_EQ(get(*client(known))->body, "system:node:n1\n");

  const PemPair stranger = TestAuthority("Other CA").issue({});
  known.client_certificate_pem = stranger.certificate;
  known.client_key_pem = stranger.key;
  const auto r = get(*client(known));
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message().find("TLS: the server refused: unknown CA"), std::string::npos)
      << r.error().message();
}

TEST_F(HttpClient, TakesANewAuthorityForNewConnections) {
  const TestAuthority next("Next CA");
  const TestServer server(https(next.issue({})), show);
  ClientConfig rotating = config(server.server->port());
  std::string now = authority.pem();
  rotating.ca_provider = [&] { return now; };
  const auto client = this->client(rotating);
  EXPECT_FALSE(get(*client));
  now = authority.pem() + next.pem();
  const auto r = get(*client);
  EXPECT_TRUE(r) << r.error().message();
}

TEST_F(HttpClient, SendsNothingWithoutItsToken) {
  const TestServer server(https(pair), show);
  ClientConfig config = this->config(server.server->port());
  config.token_provider = []() -> Result<std::string> { return not_found("token: no such file"); };
  EXPECT_EQ(get(*client(config)).error().code(), ErrorCode::kNotFound);
  config.token_provider = []() -> Result<std::string> { return std::string("a\r\nX: y"); };
  EXPECT_EQ(get(*client(config)).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(server.server->stats().requests, 0U);
}

TEST_F(HttpClient, SpeaksPlainHttpToo) {
  const TestServer server(test_config(), show);
  ClientConfig plain;
  plain.base_url = "http://127.0.0.1:" + std::to_string(server.server->port());
  EXPECT_EQ(get(*client(plain), "/p")->body, "GET /p \n");
}

TEST_F(HttpClient, RefusesAConfigurationThatItCannotKeep) {
  const auto code = [this](const ClientConfig& config) {
    const auto made = cpprest::create_client(config, clock);
    return made ? ErrorCode::kInternal : made.error().code();
  };
  ClientConfig bad = config(1);
  bad.proxy_url = "http://proxy:3128";
  EXPECT_EQ(code(bad), ErrorCode::kUnsupported);
  bad = config(1);
  bad.ca_pem = "";
  EXPECT_EQ(code(bad), ErrorCode::kMalformed);
  bad = config(1);
  bad.client_certificate_pem = pair.certificate;
  EXPECT_EQ(code(bad), ErrorCode::kMalformed);
  bad.client_key_pem = authority.issue({}).key;
  EXPECT_EQ(code(bad), ErrorCode::kMalformed);
  bad = config(1);
  bad.base_url = "https://a/?q";
  EXPECT_EQ(code(bad), ErrorCode::kMalformed);
  bad = config(1);
  bad.server_name = "a/b";
  EXPECT_EQ(code(bad), ErrorCode::kMalformed);
}

}  // namespace
}  // namespace seaworthy::http::testing
