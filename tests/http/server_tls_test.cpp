// The Beast server's TLS.
#include <gtest/gtest.h>

#include "http/server_fixture.h"

namespace seaworthy::http::testing {
namespace {

using seaworthy::testing::PemPair;
using seaworthy::testing::TestAuthority;

class TlsServer : public ::testing::Test {
 protected:
  ServerConfig config(std::string client_ca = "") {
    holder.set(key_pair(authority.issue({}), std::move(client_ca)));
    ServerConfig out = test_config();
    out.tls = [this] { return holder.get(); };
    out.on_problem = [this](std::string_view text) {
      MutexLock lock(mutex);
      problems += text;
    };
    return out;
  }

  static std::string ask(RawPeer& peer) {
    peer.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    return peer.receive_until("\n\n");
  }

  static long serial(const RawPeer& peer) {
    X509* certificate = SSL_get1_peer_certificate(peer.ssl());
    const long out = ASN1_INTEGER_get(X509_get0_serialNumber(certificate));
    X509_free(certificate);
    return out;
  }

  TestAuthority authority;
  KeyPairHolder holder;
  Mutex mutex;
  std::string problems GUARDED_BY(mutex);
};

Response who(const Request& request, std::stop_token) {
  std::string groups;
  for (const std::string& group : request.peer_groups) {
    groups += "+" + group;
  }
  return text_response(200, request.peer_name + groups + "\n\n");
}

TEST_F(TlsServer, AnswersOverTls13WithItsCertificate) {
  const TestServer server(config(), who);
  const ClientContext context(authority.pem(), std::string("\x08http/1.1", 9));
  RawPeer peer = server.connect(context);
  ASSERT_TRUE(peer.connected());
  EXPECT_STREQ(SSL_get_version(peer.ssl()), "TLSv1.3");
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(peer.ssl(), &protocol, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), size), "http/1.1");
  EXPECT_NE(ask(peer).find("200 OK"), std::string::npos);
}

TEST_F(TlsServer, TakesTls12AndNothingOlder) {
  const TestServer server(config(), who);
  const ClientContext tls12(authority.pem());
  SSL_CTX_set_max_proto_version(tls12, TLS1_2_VERSION);
  RawPeer peer = server.connect(tls12);
  ASSERT_TRUE(peer.connected());
  EXPECT_NE(ask(peer).find("200 OK"), std::string::npos);

  const ClientContext tls11(authority.pem());
  SSL_CTX_set_cipher_list(tls11, "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(tls11, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(tls11, TLS1_1_VERSION);
  EXPECT_FALSE(server.connect(tls11).connected());

  const ClientContext no_forward_secrecy(authority.pem());
  SSL_CTX_set_max_proto_version(no_forward_secrecy, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(no_forward_secrecy, "AES128-GCM-SHA256");
  EXPECT_FALSE(server.connect(no_forward_secrecy).connected());
}

TEST_F(TlsServer, PrefersHttp11AndRefusesOnlyHttp2) {
  const TestServer server(config(), who);
  const ClientContext both(authority.pem(), std::string("\x02h2\x08http/1.1", 12));
  EXPECT_TRUE(server.connect(both).connected());
  const ClientContext h2(authority.pem(), std::string("\x02h2", 3));
  EXPECT_FALSE(server.connect(h2).connected());
}

TEST_F(TlsServer, A165_ResumesNoSession) {
  const TestServer server(config(), who);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ClientContext context(authority.pem());
    SSL_CTX_set_max_proto_version(context, version);
    RawPeer first = server.connect(context);
    ASSERT_TRUE(first.connected());
    ask(first);  // a ticket would have arrived by now
    SSL_SESSION* session = SSL_get1_session(first.ssl());
    EXPECT_FALSE(SSL_SESSION_has_ticket(session)) << version;
    first.close();
    RawPeer second = server.connect();
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, second.fd());
    SSL_set_session(ssl, session);
    EXPECT_EQ(SSL_connect(ssl), 1);
    EXPECT_EQ(SSL_session_reused(ssl), 0) << version;
    SSL_free(ssl);
    SSL_SESSION_free(session);
  }
}

TEST_F(TlsServer, NamesAVerifiedClientAndLetsAnonymousOnesIn) {
  const TestAuthority clients("Client CA");
  const TestServer server(config(clients.pem()), who);

  const ClientContext anonymous(authority.pem());
  RawPeer nobody = server.connect(anonymous);
  EXPECT_NE(ask(nobody).find("\r\n\r\n\n\n"), std::string::npos);

  const ClientContext known(authority.pem());
  use_pair(known,
           clients.issue({.common_name = "kube-apiserver", .organization = "system:masters"}));
  RawPeer apiserver = server.connect(known);
  EXPECT_NE(ask(apiserver).find("kube-apiserver+system:masters\n"), std::string::npos);
}

TEST_F(TlsServer, RefusesAClientThatShowsABadCertificate) {
  const TestAuthority clients("Client CA");
  const TestAuthority others("Other CA");
  const TestServer server(config(clients.pem()), who);
  const std::vector<PemPair> bad = {
      others.issue({.common_name = "kube-apiserver"}),
      clients.issue(
          {.common_name = "old", .not_before_seconds = -7200, .not_after_seconds = -3600}),
      clients.issue({.common_name = "a server", .usage = "serverAuth"}),
  };
  for (const PemPair& pair : bad) {
    const ClientContext context(authority.pem());
    use_pair(context, pair);
    RawPeer peer = server.connect(context);
    EXPECT_EQ(ask(peer), "");  // in TLS 1.3 the refusal arrives with the first read
  }
  EXPECT_TRUE(TestServer::eventually(
      [&] { return server.server->stats().handshakes_failed == bad.size(); }));
}

TEST_F(TlsServer, DoesNotAskForAClientCertificateUnlessTold) {
  const TestServer server(config(), who);
  const ClientContext context(authority.pem());
  use_pair(context, authority.issue({.common_name = "somebody"}));
  RawPeer peer = server.connect(context);
  EXPECT_EQ(ask(peer).find("somebody"), std::string::npos);
}

TEST_F(TlsServer, SwapsItsCertificateWithoutARestart) {
  const TestServer server(config(), who);
  const ClientContext context(authority.pem());
  RawPeer before = server.connect(context);
  ask(before);
  holder.set(key_pair(authority.issue({})));
  RawPeer after = server.connect(context);
  ASSERT_TRUE(after.connected());
  EXPECT_NE(serial(before), serial(after));
  EXPECT_NE(ask(before).find("200 OK"), std::string::npos);  // the old connection goes on
}

TEST_F(TlsServer, KeepsItsCertificateWhenTheNewOneIsUnusable) {
  const TestServer server(config(), who);
  const ClientContext context(authority.pem());
  const PemPair mixed_certificate = authority.issue({});
  const PemPair mixed_key = authority.issue({});
  holder.set({mixed_certificate.certificate, mixed_key.key, ""});
  for (int i = 0; i < 3; ++i) {
    RawPeer peer = server.connect(context);
    EXPECT_NE(ask(peer).find("200 OK"), std::string::npos);
  }
  EXPECT_EQ(server.server->stats().key_pair_failures, 1U);
  {
    MutexLock lock(mutex);
    EXPECT_NE(problems.find("does not belong"), std::string::npos) << problems;
    EXPECT_EQ(problems.find("PRIVATE"), std::string::npos);
  }
  holder.set(key_pair(authority.issue({})));
  RawPeer peer = server.connect(context);
  EXPECT_TRUE(peer.connected());
}

TEST_F(TlsServer, DoesNotStartWithoutAUsableCertificate) {
  ServerConfig none = config();
  none.tls = [] { return std::shared_ptr<const KeyPair>(); };
  EXPECT_EQ(beast::create_server(none)->start(who).error().code(), ErrorCode::kMalformed);
  const PemPair pair = authority.issue({});
  const std::vector<std::pair<KeyPair, const char*>> bad = {
      {{"", pair.key, ""}, "server certificate"},
      {{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", pair.key, ""},
       "certificate 1 is broken"},
      {{pair.certificate, "", ""}, "server key"},
      {{pair.certificate, authority.issue({}).key, ""}, "does not belong"},
      {{pair.certificate, pair.key, "no PEM"}, "client CA"},
  };
  for (const auto& [keys, why] : bad) {
    holder.set(keys);
    ServerConfig broken = test_config();
    broken.tls = [this] { return holder.get(); };
    const auto started = beast::create_server(broken)->start(who);
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message().find(why), std::string::npos) << started.error().message();
  }
}

TEST_F(TlsServer, A173_EndsAHandshakeThatDoesNotComeToAnEnd) {
  const TestServer server(config(), who);
  RawPeer silent = server.connect();
  RawPeer plain = server.connect();
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(plain.receive_all().find("HTTP/"), std::string::npos);
  EXPECT_EQ(silent.receive(), "");
  EXPECT_TRUE(
      TestServer::eventually([&] { return server.server->stats().handshakes_failed == 2; }));
  const ClientContext context(authority.pem());
  RawPeer good = server.connect(context);
  EXPECT_NE(ask(good).find("200 OK"), std::string::npos);
}

TEST_F(TlsServer, DrainsIdleTlsConnectionsWithACloseNotify) {
  const TestServer server(config(), who);
  const ClientContext context(authority.pem());
  RawPeer peer = server.connect(context);
  ask(peer);
  std::jthread drainer([&] { server.server->drain(milliseconds(5'000)); });
  char byte = 0;
  EXPECT_EQ(SSL_read(peer.ssl(), &byte, 1), 0);
  EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
}

}  // namespace
}  // namespace seaworthy::http::testing
