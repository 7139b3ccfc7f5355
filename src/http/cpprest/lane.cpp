#include "http/cpprest/lane.h"

#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <mutex>

#include "http/cpprest/body_stream.h"

namespace seaworthy::http::cpprest {
namespace {

namespace rest = web::http;

// cpprestsdk's timeout counts inactivity and would end a quiet watch: ours are the deadlines.
constexpr std::chrono::hours kNever{24 * 30};

// All of cpprestsdk runs on this one thread: it closes sockets from whatever thread cancels or
// times out, which is a race with the one that uses them, unless there is only one.
// Whoever asks first decides how many threads there are, and making a client object asks too.
boost::asio::io_service& io_thread() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      crossplat::threadpool::initialize_with_threads(1);
    } catch (const std::exception&) {
      // Somebody else in this process was first. Works, with the race above.
    }
  });
  return crossplat::threadpool::shared_instance().service();
}

template <class Work>
void on_io_thread(Work work) {
  io_thread().post(std::move(work));
}

Response head_of(const rest::http_response& from) {
  Response head;
  head.status = from.status_code();
  for (const auto& [name, value] : from.headers()) {
    head.headers.add(name, value);
  }
  if (const auto wait = head.headers.get("Retry-After")) {
    head.retry_after = parse_retry_after(*wait, head.headers.get("Date").value_or(""));
  }
  return head;
}

Error error_of(const std::exception& e) {
  const std::string what = e.what();
  if (what.find("Invalid HTTP status line") != std::string::npos ||
      what.find("Invalid chunked") != std::string::npos) {
    return malformed("the server does not speak HTTP/1.1: " + what);
  }
  return unavailable(what);
}

// Turns what a task has into reports to the call: nothing may stay unobserved in a task, or
// cpprestsdk ends the process.
template <class Body>
void guarded(Call& call, Body body) {
  try {
    body();
  } catch (const std::exception& e) { call.fail(error_of(e)); } catch (...) {
    call.fail(unavailable("unknown failure of the HTTP library"));
  }
}

rest::http_request translate(const Request& request, const std::shared_ptr<Call>& call) {
  rest::http_request out(request.method);
  out.set_request_uri(web::uri(request.target));
  if (!request.body.empty()) {
    out.set_body(request_stream(request.body), request.body.size());
  }
  for (const auto& [name, value] : request.headers) {
    out.headers().remove(name);
  }
  for (const auto& [name, value] : request.headers) {
    out.headers().add(name, value);
  }
  out.set_response_stream(response_stream(call));
  return out;
}

}  // namespace

struct Lane::Inside {
  explicit Inside(rest::client::http_client made) : client(std::move(made)) {}

  rest::client::http_client client;
  pplx::cancellation_token_source cancel;  // of the present call; the I/O thread's
};

Result<std::shared_ptr<Lane>> Lane::create(const Url& server,
                                           std::shared_ptr<const TlsPolicy> policy) {
  io_thread();
  auto progress = std::make_shared<TlsProgress>();
  rest::client::http_client_config config;
  config.set_timeout(kNever);
  config.set_max_redirects(0);
  config.set_tlsext_sni_enabled(false);  // ours sends none for addresses, and follows server_name
  if (policy != nullptr) {
    config.set_ssl_context_callback([policy, progress](boost::asio::ssl::context& context) {
      if (!configure_tls(context.native_handle(), policy, progress)) {
        throw std::runtime_error("TLS cannot be set up");
      }
    });
  }
  try {
    // From parts: an IPv6 literal must not get brackets, which cpprestsdk would hand to the
    // resolver. The caller sets Host, which needs them.
    web::uri_builder base;
    base.set_scheme(server.https ? "https" : "http");
    base.set_host(server.host);
    base.set_port(server.port);
    auto inside = std::make_shared<Inside>(rest::client::http_client(base.to_uri(), config));
    // Whatever thread drops the last reference: sockets are closed on theirs.
    Inside* const raw = inside.get();
    std::shared_ptr<Inside> guarded_inside(raw, [owner = std::move(inside)](Inside*) mutable {
      on_io_thread([last = std::move(owner)]() mutable { last.reset(); });
    });
    return std::shared_ptr<Lane>(new Lane(std::move(guarded_inside), std::move(progress)));
  } catch (const std::exception& e) {
    return malformed("HTTP client: " + server.origin() + ": " + e.what());
  }
}

void Lane::begin(const Request& request, std::shared_ptr<Call> call) {
  progress_->clear_problem();
  rest::http_request translated;
  bool translatable = false;
  guarded(*call, [&] {
    translated = translate(request, call);
    translatable = true;
  });
  if (!translatable) {
    return;
  }
  on_io_thread([inside = inside_, progress = progress_, call = std::move(call),
                translated = std::move(translated)]() mutable {
    // Only the I/O thread calls on_record, and only it replaces it.
    progress->on_record = [weak = std::weak_ptr<Call>(call)](std::size_t bytes) {
      if (const auto now = weak.lock()) {
        now->received(bytes);
      }
    };
    inside->cancel = pplx::cancellation_token_source();
    guarded(*call, [&] {
      inside->client.request(std::move(translated), inside->cancel.get_token())
          .then([call](pplx::task<rest::http_response> answer) {
            guarded(*call, [&] {
              const rest::http_response response = answer.get();
              call->headers(head_of(response));
              response.content_ready().then([call](pplx::task<rest::http_response> whole) {
                guarded(*call, [&] {
                  whole.get();
                  call->finish();
                });
              });
            });
          });
    });
  });
}

void Lane::cut() {
  on_io_thread([inside = inside_] { inside->cancel.cancel(); });
}

}  // namespace seaworthy::http::cpprest
