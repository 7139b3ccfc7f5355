// What the HTTPS server costs beyond TLS itself: POSTs of a 1.2 KB body (an AdmissionReview of a
// binding) through http/beast, against a bare TLS echo of the same body with blocking OpenSSL, on
// the same machine, over kept connections, in turns. Prints both rates and their ratio.
#include <netinet/tcp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "http/beast/server.h"
#include "http/raw_peer.h"
#include "support/test_authority.h"

namespace {

using namespace seaworthy::http;
using seaworthy::testing::PemPair;
using seaworthy::testing::TestAuthority;
using testing::RawPeer;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBodyBytes = 1200;
constexpr int kClients = 4;
constexpr int kRounds = 5;
constexpr std::chrono::milliseconds kRound{1'000};

struct Round {
  double per_second;
  double p50_micros;
  double p99_micros;
};

// `exchange` sends one request and receives its answer; false ends the client.
Round measure(std::uint16_t port, const std::function<bool(RawPeer&)>& exchange) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  std::vector<std::vector<double>> micros(kClients);
  const auto start = Clock::now();
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&, i] {
        RawPeer peer = RawPeer::connect(port, context);
        for (auto begin = Clock::now(); begin - start < kRound && peer.connected();) {
          if (!exchange(peer)) {
            std::fprintf(stderr, "an exchange failed\n");
            return;
          }
          const auto end = Clock::now();
          micros[static_cast<std::size_t>(i)].push_back(
              std::chrono::duration<double, std::micro>(end - begin).count());
          begin = end;
        }
      });
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  SSL_CTX_free(context);
  std::vector<double> all;
  for (const auto& some : micros) {
    all.insert(all.end(), some.begin(), some.end());
  }
  if (all.empty()) {
    return {};
  }
  std::sort(all.begin(), all.end());
  return {static_cast<double>(all.size()) / took, all[all.size() / 2], all[all.size() * 99 / 100]};
}

// A listener whose connections are echoed, body by body, each on its own thread.
class TlsEcho {
 public:
  explicit TlsEcho(const PemPair& pair) : context_(SSL_CTX_new(TLS_server_method())) {
    testing::use_pair(context_, pair);
    SSL_CTX_set_num_tickets(context_, 0);
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SEAWORTHY_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
    SEAWORTHY_CHECK(listen(fd_, 64) == 0);
    socklen_t size = sizeof(at);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::jthread([this] { accept_all(); });
  }
  ~TlsEcho() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    connections_.clear();
    ::close(fd_);
    SSL_CTX_free(context_);
  }

  std::uint16_t port() const { return port_; }

 private:
  void accept_all() {
    for (;;) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      connections_.emplace_back([this, fd] {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        SSL* ssl = SSL_new(context_);
        SSL_set_fd(ssl, fd);
        RawPeer peer(fd, ssl);
        if (SSL_accept(ssl) != 1) {
          return;
        }
        for (std::string some = peer.receive(); !some.empty(); some = peer.receive()) {
          if (!peer.send(some)) {
            return;
          }
        }
      });
    }
  }

  SSL_CTX* context_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::jthread thread_;
  std::vector<std::jthread> connections_;
};

bool receive_bytes(RawPeer& peer, std::size_t wanted) {
  for (std::size_t got = 0; got < wanted;) {
    const std::size_t n = peer.receive().size();
    if (n == 0) {
      return false;
    }
    got += n;
  }
  return true;
}

Round median(std::vector<Round> rounds) {
  std::sort(rounds.begin(), rounds.end(),
            [](const Round& a, const Round& b) { return a.per_second < b.per_second; });
  return rounds[rounds.size() / 2];
}

void print(const char* what, const Round& round) {
  std::printf("%-12s %8.0f /s   p50 %6.0f us   p99 %6.0f us\n", what, round.per_second,
              round.p50_micros, round.p99_micros);
}

int run() {
  const TestAuthority authority;
  const PemPair pair = authority.issue({});
  const std::string body(kBodyBytes, 'b');

  ServerConfig config;
  config.address = "127.0.0.1";
  config.limits.max_body_bytes = kBodyBytes;
  config.handler_threads = 0;  // as the webhook, whose handler decides from memory
  config.io_threads = 2;
  config.tls = [keys = std::make_shared<const KeyPair>(KeyPair{
                    .certificate_chain_pem = pair.certificate, .private_key_pem = pair.key})] {
    return keys;
  };
  const auto server = beast::create_server(config);
  const auto started = server->start([](const Request& request, std::stop_token) {
    return Response{.headers = {{"Content-Type", "application/json"}}, .body = request.body};
  });
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 1;
  }
  const TlsEcho echo(pair);

  // The length of an answer is always the same: learn it once.
  const std::string post =
      "POST /validate?timeout=3s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "User-Agent: kube-apiserver-admission\r\nContent-Length: " +
      std::to_string(kBodyBytes) + "\r\n\r\n" + body;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  RawPeer first = RawPeer::connect(server->port(), context);
  first.send(post);
  const std::size_t answer_bytes = first.receive_until(body).size();
  first.close();
  SSL_CTX_free(context);

  std::vector<Round> https;
  std::vector<Round> tls;
  for (int i = 0; i < kRounds; ++i) {
    https.push_back(measure(server->port(), [&](RawPeer& peer) {
      return peer.send(post) && receive_bytes(peer, answer_bytes);
    }));
    tls.push_back(measure(echo.port(), [&](RawPeer& peer) {
      return peer.send(body) && receive_bytes(peer, kBodyBytes);
    }));
  }
  const Round a = median(https);
  const Round b = median(tls);
  print("https POST", a);
  print("TLS echo", b);
  std::printf("ratio        %8.2f\n", a.per_second / b.per_second);
  return 0;
}

}  // namespace

int main() {
  return run();
}
