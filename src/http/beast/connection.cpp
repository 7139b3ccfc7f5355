#include "http/beast/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

#include "http/beast/request_rules.h"
#include "http/beast/tls.h"

namespace seaworthy::http::beast {
namespace {

namespace net = boost::asio;
namespace bst = boost::beast;
namespace bhttp = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using PlainStream = bst::tcp_stream;
using TlsStream = bst::ssl_stream<bst::tcp_stream>;

constexpr std::size_t kReadAhead = 64 * 1024;  // beyond the header, in the read buffer
constexpr std::size_t kFirstRead = 8 * 1024;   // and what each connection has from the start
constexpr std::chrono::milliseconds kGoodbyeTimeout{1'000};
constexpr std::size_t kMaxLingerBytes = 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Everything runs on the strand of the socket, except answer(), which runs on a thread of
// the pool while the strand is left alone, and the notice and cut of another thread, which post.
//
// Each timeout is set once at the start of what it bounds, so it bounds the whole of it: single
// bytes do not extend it (A183). When it fires, Beast closes the socket.
template <class Stream>
class StreamConnection final : public Connection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  template <class... Arguments>
  explicit StreamConnection(Core& core, std::shared_ptr<net::ssl::context> tls,
                            Arguments&&... arguments)
      : core_(core),
        tls_(std::move(tls)),
        stream_(std::forward<Arguments>(arguments)...),
        buffer_(core.limits().max_header_bytes + kReadAhead) {
    buffer_.reserve(kFirstRead);
    ErrorCode ignored;
    const auto peer = socket().remote_endpoint(ignored);
    peer_address_ = address_text(peer.address());
  }

  ~StreamConnection() override {
    release_body();
    core_.forget(this);
  }

  void start() override {
    net::dispatch(stream_.get_executor(), [self = this->shared_from_this()] { self->begin(); });
  }

  void notice_drain() override {
    net::post(stream_.get_executor(), [self = this->shared_from_this()] {
      if (self->idle_) {  // ends the wait with an error, and so the connection
        self->lowest().cancel();
      }
    });
  }

  void cut() override {
    net::post(stream_.get_executor(), [self = this->shared_from_this()] { self->close(); });
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  static std::string address_text(const net::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
  }

  PlainStream& lowest() { return bst::get_lowest_layer(stream_); }
  net::ip::tcp::socket& socket() { return lowest().socket(); }

  template <class Step>
  auto then(Step step) {
    return [self = this->shared_from_this(), step](ErrorCode error, std::size_t bytes = 0) {
      ((*self).*step)(error, bytes);
    };
  }

  void begin() {
    ErrorCode ignored;
    socket().set_option(net::ip::tcp::no_delay(true), ignored);
    if constexpr (kTls) {
      lowest().expires_after(core_.limits().handshake_timeout);
      stream_.async_handshake(net::ssl::stream_base::server, then(&StreamConnection::on_handshake));
    } else {
      wait_for_request(core_.limits().header_timeout);
    }
  }

  void on_handshake(ErrorCode error, std::size_t /*bytes*/) {
    if constexpr (kTls) {
      if (error) {
        ++core_.counters().handshakes_failed;
        return close();
      }
      identity_ = peer_identity(stream_.native_handle());
    }
    // Who has connected to say something says it now; only later requests may be awaited long.
    wait_for_request(core_.limits().header_timeout);
  }

  void wait_for_request(std::chrono::milliseconds timeout) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.limits().max_header_bytes));
    parser_->body_limit(core_.limits().max_body_bytes);
    if (buffer_.size() > 0) {  // pipelined
      return read_header();
    }
    if (core_.draining()) {
      return goodbye();
    }
    idle_ = true;
    lowest().expires_after(timeout);
    stream_.async_read_some(buffer_.prepare(kFirstRead), then(&StreamConnection::on_first_bytes));
  }

  void on_first_bytes(ErrorCode error, std::size_t bytes) {
    idle_ = false;
    if (error == net::error::operation_aborted && core_.draining()) {
      return goodbye();
    }
    if (error) {
      return close();
    }
    buffer_.commit(bytes);
    read_header();
  }

  void read_header() {
    lowest().expires_after(core_.limits().header_timeout);
    bhttp::async_read_header(stream_, buffer_, *parser_, then(&StreamConnection::on_header));
  }

  void on_header(ErrorCode error, std::size_t bytes) {
    if (error) {
      return on_read_error(error);
    }
    if (bytes > core_.limits().max_header_bytes) {
      // Beast looks at its own limit only when it needs more than it has (tried, 1.74).
      return on_read_error(bhttp::error::header_limit);
    }
    if (const auto refusal = refuse(parser_->get())) {
      return reject(*refusal);
    }
    if (!reserve_body()) {
      return shed(false);
    }
    lowest().expires_after(core_.limits().body_timeout);
    if (expects_continue(parser_->get()) && !parser_->is_done() && buffer_.size() == 0) {
      net::async_write(stream_, net::buffer(kContinue), then(&StreamConnection::on_continue));
      return;
    }
    read_body();
  }

  void on_continue(ErrorCode error, std::size_t /*bytes*/) {
    if (error) {
      return on_read_error(error);
    }
    read_body();
  }

  void read_body() {
    bhttp::async_read(stream_, buffer_, *parser_, then(&StreamConnection::on_body));
  }

  void on_body(ErrorCode error, std::size_t /*bytes*/) {
    if (error) {
      return on_read_error(error);
    }
    lowest().expires_never();
    if (core_.counters().in_flight_now.fetch_add(1) >= core_.limits().max_in_flight) {
      --core_.counters().in_flight_now;
      return shed(true);
    }
    ++core_.counters().requests;
    if (core_.handles_inline()) {
      ReplyTo to;
      const Response response = answer(core_.stop_token(), to);
      return reply(response, to);
    }
    core_.pool().add([self = this->shared_from_this()](const std::stop_token& stop) {
      ReplyTo to;
      Response response = self->answer(stop, to);
      net::post(self->stream_.get_executor(),
                [self, to, response = std::move(response)] { self->reply(response, to); });
    });
  }

  Response answer(const std::stop_token& stop, ReplyTo& to) {
    BeastRequest whole = parser_->release();
    to = reply_to(whole);
    Request request = translate(std::move(whole));
    request.peer_address = peer_address_;
    request.peer_name = identity_.name;
    request.peer_groups = identity_.groups;
    Response response = core_.handle(request, stop);
    --core_.counters().in_flight_now;
    return response;
  }

  void reply(const Response& response, ReplyTo to) {
    to.keep_alive = to.keep_alive && !core_.draining();
    keep_alive_ = to.keep_alive;
    reply_ = serialize(response, to);
    lowest().expires_after(core_.limits().write_timeout);
    net::async_write(stream_, net::buffer(reply_), then(&StreamConnection::on_written));
  }

  void on_written(ErrorCode error, std::size_t /*bytes*/) {
    reply_ = std::string();
    release_body();
    if (error) {
      count_timeout(error);
      return close();
    }
    if (unread_) {
      return linger();
    }
    if (!keep_alive_) {
      return goodbye();
    }
    wait_for_request(core_.limits().idle_timeout);
  }

  // --- Refusals. What is left of the request is not read, so the connection ends with them.
  void on_read_error(ErrorCode error) {
    if (const auto refusal = refusal_of(error)) {
      return reject(*refusal);
    }
    count_timeout(error);
    close();
  }

  void reject(const Refusal& refusal) {
    ++core_.counters().requests_malformed;
    unread_ = true;
    reply(text_response(refusal.status, refusal.why), {});
  }

  void shed(bool body_was_read) {
    ++core_.counters().requests_shed;
    unread_ = !body_was_read;
    Response busy = text_response(503, "too many requests at once");
    busy.retry_after = std::chrono::seconds(1);
    ReplyTo to = reply_to(parser_->get());
    to.keep_alive = to.keep_alive && body_was_read;
    reply(busy, to);
  }

  void count_timeout(ErrorCode error) {
    if (error == bst::error::timeout) {
      ++core_.counters().timeouts;
    }
  }

  // --- The sum of bodies in memory.
  bool reserve_body() {
    const auto length = parser_->content_length();
    reserved_ = parser_->is_done() ? 0
                : length           ? static_cast<std::size_t>(*length)
                                   : core_.limits().max_body_bytes;
    if (core_.counters().body_bytes_now.fetch_add(reserved_) + reserved_ >
        core_.limits().max_total_body_bytes) {
      release_body();
      return false;
    }
    return true;
  }

  void release_body() { core_.counters().body_bytes_now -= std::exchange(reserved_, 0); }

  // --- Endings.
  // An orderly one: the peer learns that there will be no more.
  void goodbye() {
    lowest().expires_after(kGoodbyeTimeout);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](ErrorCode) { self->close(); });
    } else {
      close();
    }
  }

  // To close a socket with unread bytes resets it, and the peer may lose our answer to that. So
  // the rest is thrown away for a moment.
  void linger() {
    ErrorCode ignored;
    socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    lowest().expires_after(kGoodbyeTimeout);
    linger_more(ErrorCode(), 0);
  }

  void linger_more(ErrorCode error, std::size_t bytes) {
    lingered_ += bytes;
    if (error || lingered_ > kMaxLingerBytes) {
      return close();
    }
    lowest().async_read_some(net::buffer(scratch_), then(&StreamConnection::linger_more));
  }

  void close() { lowest().close(); }

  Core& core_;
  const std::shared_ptr<net::ssl::context> tls_;
  Stream stream_;
  bst::flat_buffer buffer_;
  PeerIdentity identity_;
  std::string peer_address_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::string reply_;
  std::size_t reserved_ = 0;  // of max_total_body_bytes
  bool idle_ = false;         // waiting for the first byte of a request
  bool keep_alive_ = false;   // as announced with the last reply
  bool unread_ = false;       // the peer may still be sending what was refused
  std::size_t lingered_ = 0;
  std::array<char, 4096> scratch_{};
};

}  // namespace

std::shared_ptr<Connection> create_connection(net::ip::tcp::socket socket,
                                              std::shared_ptr<net::ssl::context> tls, Core& core) {
  if (tls == nullptr) {
    return std::make_shared<StreamConnection<PlainStream>>(core, nullptr, std::move(socket));
  }
  net::ssl::context& context = *tls;
  return std::make_shared<StreamConnection<TlsStream>>(core, std::move(tls), std::move(socket),
                                                       context);
}

}  // namespace seaworthy::http::beast
