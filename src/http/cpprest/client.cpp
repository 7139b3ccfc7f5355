#include "http/cpprest/client.h"

#include <algorithm>
#include <vector>

#include "base/mutex.h"
#include "http/cpprest/lane.h"
#include "http/url.h"

namespace seaworthy::http::cpprest {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMaxIdleLanes = 16;
constexpr std::chrono::seconds kMaxIdle{45};          // servers close at 60 s and above
constexpr std::chrono::seconds kLongestNap{1};        // between two looks at the clock
constexpr std::size_t kHeaderAllowance = 128 * 1024;  // headers, TLS handshake, framing

class CppRestClient final : public Client {
 public:
  CppRestClient(ClientConfig config, const Clock& clock, Url server, TlsPolicy tls)
      : config_(std::move(config)),
        clock_(clock),
        server_(std::move(server)),
        prefix_(server_.target == "/" ? "" : server_.target),
        tls_(std::move(tls)) {}

  Result<Response> send(const Request& request, Deadline deadline, std::stop_token stop) override {
    return call(request, deadline, stop, nullptr);
  }

  Result<Response> stream(const Request& request, Deadline deadline, std::stop_token stop,
                          const ChunkSink& sink) override {
    return call(request, deadline, stop, &sink);
  }

  // The policy for a new connection, with the authorities of this moment.
  Result<std::shared_ptr<const TlsPolicy>> policy() {
    if (!server_.https) {
      return std::shared_ptr<const TlsPolicy>();
    }
    TlsPolicy out = tls_;
    if (!out.insecure_skip_verify) {
      const std::string pem = config_.ca_provider ? TRY(config_.ca_provider()) : config_.ca_pem;
      MutexLock lock(mutex_);
      if (authorities_ == nullptr || pem != authorities_pem_) {
        authorities_ = TRY(parse_authorities(pem));
        authorities_pem_ = pem;
      }
      out.authorities = authorities_;
    }
    return std::make_shared<const TlsPolicy>(std::move(out));
  }

 private:
  struct Outcome {
    Response response;
    bool reusable;  // the connection is between two requests
  };

  // `sink` null: the body is collected.
  Result<Response> call(const Request& request, Deadline deadline, const std::stop_token& stop,
                        const ChunkSink* sink) {
    const std::string where =
        request.method + " " + server_.origin() + prefix_ + std::string(request.path());
    auto sendable = check_sendable(request);
    if (!sendable) {
      return std::move(sendable).error().in(server_.origin());
    }
    Request whole = request;
    whole.target = prefix_ + request.target;
    TRY(add_headers(whole));
    const bool repeatable =
        request.repeatable ||
        (request.body.empty() && (request.method == "GET" || request.method == "HEAD"));
    for (;;) {
      auto taken = take_lane();
      if (!taken) {
        return std::move(taken).error().in(where);
      }
      const std::shared_ptr<Lane> lane = *std::move(taken);
      const bool reused = lane->used;
      bool heard = false;
      auto outcome = run(*lane, whole, deadline, stop, sink, heard);
      if (outcome) {
        if (outcome->reusable) {
          give_back(lane);
        }
        return std::move(outcome->response);
      }
      // A connection that died while it was idle says nothing about the server. What does no
      // harm twice is sent again, on a new one.
      if (reused && repeatable && !heard && outcome.error().code() == ErrorCode::kUnavailable) {
        drop_idle_lanes();
        continue;
      }
      return std::move(outcome).error().in(where);
    }
  }

  Result<void> add_headers(Request& request) {
    request.headers.set("Host", server_.authority());
    if (!request.headers.get("User-Agent")) {
      request.headers.set("User-Agent", config_.user_agent);
    }
    if (config_.token_provider && !request.headers.get("Authorization")) {
      request.headers.set("Authorization", "Bearer " + TRY(config_.token_provider()));
      TRY(check_sendable(request));
    }
    request.headers.remove("Content-Length");
    request.headers.remove("Transfer-Encoding");
    if (!request.body.empty() && !request.headers.get("Content-Type")) {
      request.headers.set("Content-Type", "application/octet-stream");
    }
    return {};
  }

  Result<Outcome> run(Lane& lane, const Request& request, Deadline deadline,
                      const std::stop_token& stop, const ChunkSink* sink, bool& heard) {
    auto call = std::make_shared<Call>(request.max_response_bytes + kHeaderAllowance);
    lane.begin(request, call);
    auto result = wait(lane, *call, request, deadline, stop, sink, heard);
    call->abandon();
    return result;
  }

  Result<Outcome> wait(Lane& lane, Call& call, const Request& request, Deadline deadline,
                       const std::stop_token& stop, const ChunkSink* sink, bool& heard) {
    const auto began = Steady::now();
    std::optional<Response> response;
    bool streaming = false;
    for (;;) {
      if (stop.stop_requested()) {
        return give_up(lane, {ErrorCode::kCancelled, "stopped by us"});
      }
      const auto left = deadline - clock_.monotonic();
      if (left <= milliseconds(0)) {
        return give_up(lane, {ErrorCode::kDeadline, response ? "the response took too long"
                                                             : "no answer before the deadline"});
      }
      const auto now = Steady::now();
      auto nap = std::min<Steady::duration>(left, kLongestNap);
      if (server_.https && !lane.handshake_done()) {
        const auto connect_left = began + config_.connect_timeout - now;
        if (connect_left <= Steady::duration::zero()) {
          return give_up(lane,
                         unavailable("no TLS connection within " +
                                     std::to_string(config_.connect_timeout.count()) + " ms"));
        }
        nap = std::min<Steady::duration>(nap, connect_left);
      }

      Call::Event event = call.wait(now + nap, stop);
      if (event.failed) {
        return give_up(lane, explain(lane, *std::move(event.failed)));
      }
      if (event.head) {
        heard = true;
        response = std::move(event.head);
        TRY(check_head(lane, *response));
        streaming = sink != nullptr && response->ok();
      }
      if (!event.bytes.empty()) {
        if (streaming) {
          if ((*sink)(event.bytes) == Flow::kStop) {
            lane.cut();
            return Outcome{*std::move(response), false};
          }
        } else if (response->body.size() + event.bytes.size() > request.max_response_bytes) {
          return give_up(lane, malformed("the response is larger than " +
                                         std::to_string(request.max_response_bytes) + " bytes"));
        } else {
          response->body += event.bytes;
        }
      }
      if (event.finished) {
        return Outcome{*std::move(response), true};
      }
    }
  }

  Result<void> check_head(Lane& lane, const Response& head) {
    if (head.status < 200 || head.status > 599) {  // an interim one would be taken for the answer
      return give_up(lane, malformed("status " + std::to_string(head.status)));
    }
    const auto encoding = head.headers.get("Content-Encoding");
    if (encoding && *encoding != "identity") {
      return give_up(lane, malformed("a Content-Encoding that nobody asked for"));
    }
    return {};
  }

  static Error give_up(Lane& lane, Error why) {
    lane.cut();
    return why;
  }

  Error explain(const Lane& lane, Error error) const {
    if (error.code() != ErrorCode::kUnavailable) {
      return error;
    }
    if (const std::string problem = lane.tls_problem(); !problem.empty()) {
      return unavailable("TLS: " + problem);
    }
    if (error.message().starts_with("Failed to connect")) {
      return unavailable("no connection: refused, or no route");
    }
    return error;
  }

  // --- Lanes: `mutex_` is held for list operations only.
  Result<std::shared_ptr<Lane>> take_lane() {
    std::vector<std::shared_ptr<Lane>> stale;  // closed after the mutex is free
    {
      MutexLock lock(mutex_);
      const auto too_old = Steady::now() - kMaxIdle;
      while (!idle_.empty()) {
        std::shared_ptr<Lane> lane = std::move(idle_.back());
        idle_.pop_back();
        if (lane->idle_since > too_old) {
          return lane;
        }
        stale.push_back(std::move(lane));
      }
    }
    auto policy_now = TRY(policy());
    return Lane::create(server_, std::move(policy_now));
  }

  void give_back(const std::shared_ptr<Lane>& lane) {
    lane->used = true;
    lane->idle_since = Steady::now();
    MutexLock lock(mutex_);
    if (idle_.size() < kMaxIdleLanes) {
      idle_.push_back(lane);
    }
  }

  void drop_idle_lanes() {
    std::vector<std::shared_ptr<Lane>> dropped;  // outlives the lock
    MutexLock lock(mutex_);
    dropped.swap(idle_);
  }

  const ClientConfig config_;
  const Clock& clock_;
  const Url server_;
  const std::string prefix_;
  const TlsPolicy tls_;  // without authorities

  Mutex mutex_;
  std::vector<std::shared_ptr<Lane>> idle_ GUARDED_BY(mutex_);
  std::string authorities_pem_ GUARDED_BY(mutex_);
  std::shared_ptr<X509_STORE> authorities_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Client>> create_client(ClientConfig config, const Clock& clock) {
  if (!config.proxy_url.empty()) {
    return unsupported("HTTP client: proxy-url is set, and proxies are not supported");
  }
  auto parsed = parse_url(config.base_url);
  if (!parsed) {
    return std::move(parsed).error().in("HTTP client: base_url");
  }
  Url server = *std::move(parsed);
  if (server.target.find('?') != std::string::npos) {
    return malformed("HTTP client: base_url: has a query");
  }
  if (server.target.ends_with('/') && server.target != "/") {
    server.target.pop_back();
  }
  TlsPolicy tls;
  tls.insecure_skip_verify = config.insecure_skip_verify;
  tls.server_name = config.server_name.empty() ? server.host : config.server_name;
  auto name = parse_url("https://" + (tls.server_name.find(':') == std::string::npos
                                          ? tls.server_name
                                          : "[" + tls.server_name + "]"));
  if (!name || name->host != tls.server_name) {
    return malformed("HTTP client: server_name: is neither a host name nor an address");
  }
  tls.server_name_is_ip = name->host_is_ip();
  if (!config.client_certificate_pem.empty() || !config.client_key_pem.empty()) {
    if (!server.https) {
      return malformed("HTTP client: a client certificate needs an https base_url");
    }
    tls.identity = TRY(parse_identity(config.client_certificate_pem, config.client_key_pem));
  }
  auto client =
      std::make_unique<CppRestClient>(std::move(config), clock, std::move(server), std::move(tls));
  TRY(client->policy());  // the authorities can be parsed
  return std::unique_ptr<Client>(std::move(client));
}

}  // namespace seaworthy::http::cpprest
