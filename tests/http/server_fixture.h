// A server on a loopback port, with timeouts short enough for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/beast/server.h"
#include "http/raw_peer.h"
#include "support/test_authority.h"

namespace seaworthy::http::testing {

using std::chrono::milliseconds;

inline ServerConfig test_config() {
  ServerConfig config;
  config.address = "127.0.0.1";
  config.limits.max_body_bytes = 1000;
  config.limits.handshake_timeout = milliseconds(300);
  config.limits.header_timeout = milliseconds(300);
  config.limits.body_timeout = milliseconds(300);
  config.limits.write_timeout = milliseconds(300);
  config.limits.idle_timeout = milliseconds(600);
  return config;
}

inline Response echo(const Request& request, std::stop_token) {
  return text_response(200, request.method + " " + request.target + " " + request.body);
}

inline KeyPair key_pair(const seaworthy::testing::PemPair& pair, std::string client_ca = "") {
  return {pair.certificate, pair.key, std::move(client_ca)};
}

class TestServer {
 public:
  explicit TestServer(ServerConfig config = test_config(), Handler handler = echo)
      : server(beast::create_server(std::move(config))) {
    const auto started = server->start(std::move(handler));
    EXPECT_TRUE(started) << started.error().message();
  }

  RawPeer connect(SSL_CTX* context = nullptr) const {
    return RawPeer::connect(server->port(), context);
  }

  // Sends, and receives until the server closes the connection.
  std::string ask(std::string_view text) const {
    RawPeer peer = connect();
    peer.send(text);
    return peer.receive_all();
  }

  // Waits, at most 5 s, for what other threads are about to do.
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) {
        return true;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  std::unique_ptr<Server> server;
};

inline std::string status_line(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

// A TLS client context that trusts one authority.
class ClientContext {
 public:
  explicit ClientContext(const std::string& ca_pem = "", const std::string& protocols = "")
      : context_(SSL_CTX_new(TLS_client_method())) {
    if (!ca_pem.empty()) {
      BIO* in = BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size()));
      X509* ca = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), ca);
      X509_free(ca);
      BIO_free(in);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    }
    if (!protocols.empty()) {
      SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    }
  }
  ~ClientContext() { SSL_CTX_free(context_); }
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  operator SSL_CTX*() const { return context_; }

 private:
  SSL_CTX* context_;
};

}  // namespace seaworthy::http::testing
