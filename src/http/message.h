// HTTP messages as values. Spec: RFC 9110 (semantics), RFC 9112 (HTTP/1.1).
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace seaworthy::http {

// Header fields in the order they were added. Names compare without regard to case (RFC 9110
// §5.1 Field Names); few enough that a scan beats a map.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  // The first value of that name.
  std::optional<std::string_view> get(std::string_view name) const;
  void set(std::string_view name, std::string value);  // replaces all of that name
  void add(std::string name, std::string value);
  void remove(std::string_view name);

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query, already percent-encoded: "/api/v1/nodes?limit=500"
  Headers headers{};
  std::string body{};

  // Client: the largest response body it takes. In a stream() only error bodies are bounded by
  // it: the sink sees the others piece by piece.
  std::size_t max_response_bytes = 4 * 1024 * 1024;

  // Client: doing it twice does no harm, so it may be sent again at once where a kept connection
  // turns out to be dead. GET and HEAD without a body are so by themselves.
  bool repeatable = false;

  // Server: who asked. The address is that of the other end of the connection, which may be a
  // proxy. The name is the subject's common name of the client certificate that was verified
  // against KeyPair::client_ca_pem; empty if there was none.
  std::string peer_address{};  // "192.0.2.7" or "2001:db8::1"
  std::string peer_name{};
  std::vector<std::string> peer_groups{};  // its organizations, which Kubernetes reads as groups

  std::string_view path() const;   // the target up to the '?'
  std::string_view query() const;  // what follows it, or ""
};

struct Response {
  int status = 200;
  Headers headers{};
  std::string body{};

  // Client: what a Retry-After header asked for (seconds or HTTP date, relative to the Date
  // header), at most a day. Server: becomes that header.
  std::optional<std::chrono::seconds> retry_after{};

  bool ok() const { return status >= 200 && status < 300; }
};

Response text_response(int status, std::string text);  // text/plain, with a line feed
Response json_response(int status, std::string json);

// Refuses what could not be put on the wire as one request: a method that is no token, a target
// that is not origin-form, control characters in a header. kMalformed.
Result<void> check_sendable(const Request& request);
// Likewise: a status outside 200 to 599, or such a header.
Result<void> check_sendable(const Response& response);

// RFC 9110 §10.2.3 Retry-After: seconds, or an IMF-fixdate measured from `date` (the Date header;
// "" if there is none, and then a date gives nothing). Never negative, at most a day.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::string_view date);

// RFC 9110 §5.6.7 Date/Time Formats, IMF-fixdate only: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Time> parse_date(std::string_view text);

// The usual phrase for a status: "Not Found"; "Status" if there is none.
std::string_view reason_phrase(int status);

// Percent-encodes everything but RFC 3986 §2.3 unreserved characters: for one path segment or one
// query key or value.
std::string percent_encode(std::string_view text);
// Undoes it; '+' stays '+'. kMalformed for a '%' that is not followed by two hex digits.
Result<std::string> percent_decode(std::string_view text);

}  // namespace seaworthy::http
