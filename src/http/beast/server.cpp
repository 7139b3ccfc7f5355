#include "http/beast/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>
#include <vector>

#include "http/beast/connection.h"
#include "http/beast/core.h"
#include "http/beast/tls.h"

namespace seaworthy::http::beast {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};  // after a failure: mostly out of files

// Accepts, and gives each connection the TLS context of the moment. All on one strand.
class Listener {
 public:
  Listener(const ServerConfig& config, Core& core)
      : config_(config),
        core_(core),
        io_(static_cast<int>(config.io_threads)),
        acceptor_(executor()),
        pause_(acceptor_.get_executor()) {}

  Result<void> open() {
    if (config_.tls) {
      const auto pair = config_.tls();
      if (pair == nullptr) {
        return malformed("HTTPS server: no certificate and key yet");
      }
      tls_ = TRY(create_context(*pair));
      pair_ = pair;
    }
    ErrorCode error;
    const auto address = net::ip::make_address(config_.address, error);
    if (error) {
      return malformed("HTTP server: '" + config_.address + "' is not an IP address");
    }
    const tcp::endpoint endpoint(address, config_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (error == net::error::address_family_not_supported && config_.address == "::") {
      // A machine without IPv6: "everywhere" is IPv4 then.
      return listen(tcp::endpoint(tcp::v4(), config_.port));
    }
    return listen(endpoint);
  }

  void run() {
    net::post(acceptor_.get_executor(), [this] { accept(); });
    for (unsigned i = 0; i < config_.io_threads; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }

  // No more connections. Returns at once.
  void close() {
    net::post(acceptor_.get_executor(), [this] {
      closed_ = true;
      ErrorCode ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
  }

  // Returns when nothing is left to do: after close(), and when all connections are gone.
  void join() {
    work_.reset();
    threads_.clear();
  }

  std::uint16_t port() const { return port_; }

 private:
  Result<void> listen(const tcp::endpoint& endpoint) {
    ErrorCode error;
    if (!acceptor_.is_open()) {
      acceptor_.open(endpoint.protocol(), error);
    }
    if (!error) {
      acceptor_.set_option(net::socket_base::reuse_address(true), error);
    }
    if (!error && endpoint.address().is_v6()) {
      acceptor_.set_option(net::ip::v6_only(false), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(kBacklog, error);
    }
    if (error) {
      return unavailable("HTTP server: cannot listen on " + endpoint.address().to_string() +
                         " port " + std::to_string(endpoint.port()) + ": " + error.message());
    }
    port_ = acceptor_.local_endpoint(error).port();
    return {};
  }

  // A strand of its own, which a single thread is without further ado.
  net::any_io_executor executor() {
    if (config_.io_threads == 1) {
      return io_.get_executor();
    }
    return net::make_strand(io_);
  }

  void accept() {
    if (closed_) {
      return;
    }
    acceptor_.async_accept(executor(), [this](ErrorCode error, tcp::socket socket) {
      if (closed_) {
        return;
      }
      if (error) {
        if (error != net::error::connection_aborted) {
          core_.problem("accept: " + error.message());
        }
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](ErrorCode) { accept(); });
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    ++core_.counters().connections;
    refresh_tls();
    auto connection = create_connection(std::move(socket), tls_, core_);
    if (!core_.admit(connection)) {
      ++core_.counters().connections_refused;
      return;  // closes it
    }
    connection->start();
  }

  void refresh_tls() {
    if (!config_.tls) {
      return;
    }
    auto pair = config_.tls();
    if (pair == pair_ || pair == nullptr) {
      return;
    }
    pair_ = std::move(pair);  // not tried again, good or bad
    auto fresh = create_context(*pair_);
    if (fresh) {
      tls_ = *std::move(fresh);
      return;
    }
    ++core_.counters().key_pair_failures;
    core_.problem("new key pair is unusable, the old one stays: " + fresh.error().message());
  }

  const ServerConfig& config_;
  Core& core_;
  net::io_context io_;
  // While a handler runs, nothing of its connection may be pending here: run() goes on anyway.
  net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
  tcp::acceptor acceptor_;
  net::steady_timer pause_;
  bool closed_ = false;
  std::shared_ptr<const KeyPair> pair_;
  std::shared_ptr<net::ssl::context> tls_;
  std::uint16_t port_ = 0;
  std::vector<std::jthread> threads_;
};

class BeastServer final : public Server {
 public:
  explicit BeastServer(ServerConfig config) : config_(std::move(config)) {}
  ~BeastServer() override { drain(std::chrono::milliseconds(0)); }

  Result<void> start(Handler handler) override {
    if (core_ != nullptr) {
      return internal_error("HTTP server: started twice");
    }
    if (config_.io_threads == 0 || !handler) {
      return malformed("HTTP server: needs a handler and an I/O thread");
    }
    if (config_.limits.max_header_bytes < 64 || config_.limits.max_header_bytes > 1024 * 1024 ||
        config_.limits.max_body_bytes > config_.limits.max_total_body_bytes) {
      return malformed("HTTP server: limits contradict each other");
    }
    core_ = std::make_unique<Core>(config_, std::move(handler));
    listener_ = std::make_unique<Listener>(config_, *core_);
    auto opened = listener_->open();
    if (!opened) {
      listener_.reset();
      core_.reset();
      return opened;
    }
    listener_->run();
    return {};
  }

  std::uint16_t port() const override { return listener_ != nullptr ? listener_->port() : 0; }

  void drain(std::chrono::milliseconds patience) override {
    MutexLock lock(drain_mutex_);
    if (core_ == nullptr || drained_) {
      return;
    }
    listener_->close();
    core_->drain(patience);
    // Handlers first: what they answer is posted to connections that still exist.
    core_->pool().finish();
    core_->cut_all();
    listener_->join();
    drained_ = true;
  }

  ServerStats stats() const override {
    if (core_ == nullptr) {
      return {};
    }
    const Counters& c = core_->counters();
    return {.connections_now = core_->open(),
            .in_flight_now = c.in_flight_now,
            .connections = c.connections,
            .connections_refused = c.connections_refused,
            .handshakes_failed = c.handshakes_failed,
            .requests = c.requests,
            .requests_shed = c.requests_shed,
            .requests_malformed = c.requests_malformed,
            .timeouts = c.timeouts,
            .key_pair_failures = c.key_pair_failures};
  }

 private:
  const ServerConfig config_;
  std::unique_ptr<Core> core_;  // outlives the listener, and so all connections
  std::unique_ptr<Listener> listener_;
  Mutex drain_mutex_;
  bool drained_ GUARDED_BY(drain_mutex_) = false;
};

}  // namespace

std::unique_ptr<Server> create_server(ServerConfig config) {
  return std::make_unique<BeastServer>(std::move(config));
}

}  // namespace seaworthy::http::beast
