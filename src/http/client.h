// An HTTPS client to one server. Every call has a deadline and a stop token; there is no call
// without. The implementation is chosen where programs are wired (http/cpprest/).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace seaworthy::http {

// What a sink says after each piece of a streamed body.
enum class Flow { kContinue, kStop };

// Called on the thread that called stream(), with 1 byte to some tens of KiB at a time, cut
// anywhere. The view is valid during the call only.
using ChunkSink = std::function<Flow(std::string_view)>;

// Thread-safe: calls run in parallel, each on its own connection. A call returns within about
// 100 ms of its deadline or of a stop request, whatever the server does.
//
// A status is not an error: 404 is a Response. Errors:
//   kMalformed    the request cannot be put on the wire, or the response breaks HTTP or
//                 exceeds max_response_bytes;
//   kUnavailable  no connection, a TLS refusal (the message says which check of the certificate
//                 failed), or an end before the end of the response;
//   kDeadline, kCancelled.
// Messages name method, host and path, never a query, header or body.
//
// No redirect is followed, and nothing is sent twice but what Request::repeatable allows: on a new
// connection, if one that was kept from an earlier call ended before the head of an answer came.
class Client {
 public:
  virtual ~Client() = default;

  // The whole response, with a body of at most request.max_response_bytes.
  virtual Result<Response> send(const Request& request, Deadline deadline,
                                std::stop_token stop) = 0;

  // A response whose body does not end soon (a watch). With a 2xx status the body goes to the
  // sink and Response::body is empty; any other status is as with send(). Returns the response
  // when the server has ended the body or the sink said kStop. A silent server is waited for
  // until the deadline.
  virtual Result<Response> stream(const Request& request, Deadline deadline, std::stop_token stop,
                                  const ChunkSink& sink) = 0;
};

struct ClientConfig {
  std::string base_url{};  // "https://10.0.0.1:6443"; a path in it is put before every target

  // PEM certificates; the server must chain to one of them. The system's store is never used.
  // A provider is asked again for every new connection, so a rotated CA needs no restart.
  std::string ca_pem{};
  std::function<Result<std::string>()> ca_provider{};  // wins over ca_pem if set

  // What the certificate is checked against (and sent as SNI, unless it is an address) instead of
  // the host of base_url.
  std::string server_name{};

  // Accept any certificate. For kubeconfig's insecure-skip-tls-verify only; everything sent,
  // tokens included, can then be read by whoever answers.
  bool insecure_skip_verify = false;

  // Client authentication by certificate; both or neither. PEM.
  std::string client_certificate_pem{};
  std::string client_key_pem{};

  // Asked before every request; its token becomes "Authorization: Bearer …" unless the request
  // has an Authorization header of its own. Must be quick and thread-safe.
  std::function<Result<std::string>()> token_provider{};

  // kubeconfig's proxy-url. Not supported: anything but "" is refused with kUnsupported, because
  // going direct would not be what was asked for.
  std::string proxy_url{};

  std::string user_agent = "seaworthy";
  std::chrono::milliseconds connect_timeout{5'000};  // TCP and TLS together
};

}  // namespace seaworthy::http
