// The other end of a connection, which says whatever a test wants: a client that breaks the
// rules, and a server that does. Blocking, with a bound on every wait.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "support/test_authority.h"

namespace seaworthy::http::testing {

inline void bound_waits(int fd) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's sockets write without MSG_NOSIGNAL
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

inline void use_pair(SSL_CTX* context, const seaworthy::testing::PemPair& pair) {
  BIO* certificate =
      BIO_new_mem_buf(pair.certificate.data(), static_cast<int>(pair.certificate.size()));
  BIO* key = BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size()));
  X509* x = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
  EVP_PKEY* k = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  SEAWORTHY_CHECK(SSL_CTX_use_certificate(context, x) == 1 &&
                  SSL_CTX_use_PrivateKey(context, k) == 1);
  X509_free(x);
  EVP_PKEY_free(k);
  BIO_free(certificate);
  BIO_free(key);
}

// One connection, plain or TLS.
class RawPeer {
 public:
  RawPeer(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}
  RawPeer(RawPeer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}
  RawPeer& operator=(RawPeer&&) = delete;
  ~RawPeer() { close(); }

  // To 127.0.0.1; with `context` a TLS handshake, whose failure leaves connected() false.
  static RawPeer connect(std::uint16_t port, SSL_CTX* context = nullptr) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bound_waits(fd);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
      ::close(fd);
      return {-1, nullptr};
    }
    if (context == nullptr) {
      return {fd, nullptr};
    }
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    RawPeer peer(fd, ssl);
    if (SSL_connect(ssl) != 1) {
      ERR_clear_error();
      peer.close();
    }
    return peer;
  }

  bool connected() const { return fd_ >= 0; }
  SSL* ssl() const { return ssl_; }
  int fd() const { return fd_; }

  // False when the other side has gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto n =
          ssl_ != nullptr
              ? static_cast<ssize_t>(SSL_write(ssl_, text.data(), static_cast<int>(text.size())))
              : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) {
        ERR_clear_error();
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Some bytes; "" at the end, after a reset or after 10 s.
  std::string receive() {
    char buffer[16 * 1024];
    const auto n = ssl_ != nullptr ? static_cast<ssize_t>(SSL_read(ssl_, buffer, sizeof(buffer)))
                                   : ::recv(fd_, buffer, sizeof(buffer), 0);
    ERR_clear_error();
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
  }

  std::string receive_all() {
    std::string all;
    for (std::string some = receive(); !some.empty(); some = receive()) {
      all += some;
    }
    return all;
  }

  // Until `all` of what has been received ends with or contains `mark`.
  std::string receive_until(std::string_view mark) {
    std::string all;
    while (all.find(mark) == std::string::npos) {
      const std::string some = receive();
      if (some.empty()) {
        break;
      }
      all += some;
    }
    return all;
  }

  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }

  void close() {
    SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

 private:
  int fd_;
  SSL* ssl_;
};

// A listener on 127.0.0.1 that runs `script` for each connection, one after another.
class RawServer {
 public:
  using Script = std::function<void(RawPeer&, int connection)>;

  explicit RawServer(Script script, const seaworthy::testing::PemPair* pair = nullptr,
                     const std::function<void(SSL_CTX*)>& configure = nullptr)
      : script_(std::move(script)) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SEAWORTHY_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
    SEAWORTHY_CHECK(listen(fd_, 16) == 0);
    socklen_t size = sizeof(at);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    if (pair != nullptr) {
      context_ = SSL_CTX_new(TLS_server_method());
      use_pair(context_, *pair);
      if (configure) {
        configure(context_);
      }
    }
    thread_ = std::jthread([this] { run(); });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
    SSL_CTX_free(context_);
  }

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void run() {
    for (;;) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      bound_waits(fd);
      const int number = connections_++;
      SSL* ssl = nullptr;
      if (context_ != nullptr) {
        ssl = SSL_new(context_);
        SSL_set_fd(ssl, fd);
      }
      RawPeer peer(fd, ssl);
      if (ssl != nullptr && SSL_accept(ssl) != 1) {
        ERR_clear_error();
        continue;
      }
      script_(peer, number);
    }
  }

  const Script script_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  SSL_CTX* context_ = nullptr;
  std::atomic<int> connections_{0};
  std::jthread thread_;
};

}  // namespace seaworthy::http::testing
