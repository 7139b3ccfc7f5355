// An HTTP/1.1 server that no peer can exhaust. The implementation is chosen where programs are
// wired (http/beast/). Spec: RFC 9112, narrowed where request smuggling lives.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "http/message.h"

namespace seaworthy::http {

// Every limit has a test that exceeds it by one.
struct ServerLimits {
  std::size_t max_header_bytes = 16 * 1024;  // request line included
  std::size_t max_body_bytes = 0;            // each endpoint states its own, with the arithmetic
  // Of all bodies together, from the header (by Content-Length; a chunked one counts as the
  // largest allowed) to the answer; beyond: 503 with Retry-After.
  std::size_t max_total_body_bytes = 256 * 1024 * 1024;
  std::size_t max_connections = 1024;  // beyond: accepted, counted, closed
  std::size_t max_in_flight = 256;     // handlers running or waiting; beyond: 503, Retry-After
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds write_timeout{10'000};
  std::chrono::milliseconds header_timeout{5'000};  // for the whole, from its first byte
  std::chrono::milliseconds body_timeout{10'000};   // likewise
  std::chrono::milliseconds idle_timeout{120'000};  // longer than the peer's: Go closes at 90 s
};

// What a server proves itself with, as PEM.
struct KeyPair {
  std::string certificate_chain_pem{};  // leaf first
  std::string private_key_pem{};
  // If not empty: a client may show a certificate, and then it must chain to one of these.
  // Without one the request is anonymous (Request::peer_name is empty).
  std::string client_ca_pem{};
};

// Asked at start and at each new connection, on an I/O thread: must not block. Another pointer
// than last time means that there is something new. If that is unusable, the server says so by
// ServerConfig::on_problem and goes on with what it had.
using KeyPairSource = std::function<std::shared_ptr<const KeyPair>()>;

// A key pair that can be replaced while servers use it. Thread-safe.
class KeyPairHolder {
 public:
  KeyPairHolder() = default;
  explicit KeyPairHolder(KeyPair pair) { set(std::move(pair)); }
  void set(KeyPair pair);
  std::shared_ptr<const KeyPair> get() const;  // null before the first set()

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const KeyPair> pair_ GUARDED_BY(mutex_);
};

struct ServerConfig {
  std::string address = "::";  // an IP literal; "::" listens on IPv4 too
  std::uint16_t port = 0;      // 0: any free one, see Server::port()
  ServerLimits limits{};
  KeyPairSource tls{};  // none: plain HTTP, for metrics and health only
  unsigned io_threads = 1;
  // 0: handlers run on the I/O threads. Only for a handler that never waits, for anything: while
  // it runs, other connections of that thread stand still. Saves two changes of thread.
  unsigned handler_threads = 8;
  // Sentences for the log, at most a few per second: unusable certificates, failing accept(),
  // handlers that threw. On any thread; must not block. May be empty.
  std::function<void(std::string_view)> on_problem{};
};

// May block, unless handler_threads is 0; on any of the server's threads, many at once. The stop
// token fires when drain() has run out of patience. What it throws becomes a 500 without details.
// HEAD is asked as HEAD; the server leaves out the body. Headers of the connection are the server's
// business: Connection, Content-Length and Transfer-Encoding set by a handler are ignored.
using Handler = std::function<Response(const Request&, std::stop_token)>;

// Counted since start. For metrics.
struct ServerStats {
  std::uint64_t connections_now = 0;
  std::uint64_t in_flight_now = 0;
  std::uint64_t connections = 0;          // accepted
  std::uint64_t connections_refused = 0;  // by max_connections
  std::uint64_t handshakes_failed = 0;    // timeouts included
  std::uint64_t requests = 0;             // complete and given to a handler
  std::uint64_t requests_shed = 0;        // 503 by max_in_flight or max_total_body_bytes
  std::uint64_t requests_malformed = 0;   // 400, 413, 417, 431, 501, 505
  std::uint64_t timeouts = 0;             // header, body, write
  std::uint64_t key_pair_failures = 0;
};

// What it takes: GET, HEAD, POST (others: 501); HTTP/1.1, and HTTP/1.0 with one request per
// connection; bodies by Content-Length or chunked, never both; Expect: 100-continue. TLS 1.2 or
// later, no session tickets (A165), ALPN http/1.1. Thread-safe.
class Server {
 public:
  virtual ~Server() = default;  // as drain(0)

  // Returns when the port is open. Once per object. kUnavailable: the address cannot be bound;
  // kMalformed: the key pair is missing or unusable, or the configuration contradicts itself.
  virtual Result<void> start(Handler handler) = 0;

  // The port that is listened on; 0 before start().
  virtual std::uint16_t port() const = 0;

  // Stops accepting, closes idle connections, lets every request that has begun finish and be
  // answered with "Connection: close". After `patience` the rest is cut and handlers' stop
  // tokens fire. Returns when no handler runs any more: a handler that ignores its token holds
  // this up. Readiness should have turned false before, or peers are refused.
  virtual void drain(std::chrono::milliseconds patience) = 0;

  virtual ServerStats stats() const = 0;
};

}  // namespace seaworthy::http
