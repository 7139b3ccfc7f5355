#include "http/beast/request_rules.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <cstdio>
#include <ctime>

namespace seaworthy::http::beast {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::size_t count(const BeastRequest& request, http::field field) {
  return request.count(field);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

std::string imf_fixdate() {  // RFC 9110 §5.6.7; not strftime("%a"), which follows the locale
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

// Headers that are the connection's business, not a handler's.
bool is_ours(std::string_view name) {
  return equal_ignoring_case(name, "Connection") || equal_ignoring_case(name, "Content-Length") ||
         equal_ignoring_case(name, "Transfer-Encoding") || equal_ignoring_case(name, "Date");
}

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

std::optional<Refusal> refuse(const BeastRequest& request) {
  if (request.version() != 11 && request.version() != 10) {
    return Refusal{505, "HTTP/1.1 only"};
  }
  const bool encoded = count(request, http::field::transfer_encoding) > 0;
  if (encoded && (count(request, http::field::transfer_encoding) > 1 ||
                  count(request, http::field::content_length) > 0 || request.version() == 10 ||
                  !equal_ignoring_case(view(request[http::field::transfer_encoding]), "chunked"))) {
    return Refusal{400, "Transfer-Encoding has to be chunked, and without Content-Length"};
  }
  if (count(request, http::field::content_length) > 0) {
    // Beast takes "4, 4" for 4 (tried, 1.74); somebody in front of us may take it for something
    // else.
    const std::string_view length = view(request[http::field::content_length]);
    if (count(request, http::field::content_length) > 1 || length.empty() ||
        !std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return Refusal{400, "Content-Length has to be one number"};
    }
  }
  const std::size_t hosts = count(request, http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() == 11)) {
    return Refusal{400, "exactly one Host header is needed"};
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head &&
      request.method() != http::verb::post) {
    return Refusal{501, "GET, HEAD and POST only"};
  }
  const std::string_view target = view(request.target());
  if (target.empty() || target.front() != '/' || target.starts_with("//") ||
      !std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return Refusal{400, "the target has to be a path"};
  }
  if (count(request, http::field::expect) > 0 && !expects_continue(request)) {
    return Refusal{417, "the only expectation is 100-continue"};
  }
  return std::nullopt;
}

bool expects_continue(const BeastRequest& request) {
  return request.version() == 11 &&
         equal_ignoring_case(view(request[http::field::expect]), "100-continue");
}

std::optional<Refusal> refusal_of(const boost::beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refusal{431, "the header is too large"};
  }
  if (error == http::error::body_limit) {
    return Refusal{413, "the body is too large"};
  }
  if (error == http::error::bad_version) {
    return Refusal{505, "HTTP/1.1 only"};
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return Refusal{400, "that is no HTTP/1.1 request"};
  }
  return std::nullopt;
}

Request translate(BeastRequest&& request) {
  Request out;
  out.method = std::string(view(request.method_string()));
  out.target = std::string(view(request.target()));
  for (const auto& field : request) {
    out.headers.add(std::string(view(field.name_string())), std::string(view(field.value())));
  }
  out.body = std::move(request.body());
  return out;
}

ReplyTo reply_to(const BeastRequest& request) {
  // HTTP/1.0 keep-alive is not worth its rules: one request per connection.
  const bool http10 = request.version() == 10;
  return {.head = request.method() == http::verb::head,
          .http10 = http10,
          .keep_alive = !http10 && request.keep_alive()};
}

std::string serialize(const Response& response, const ReplyTo& to) {
  std::string out;
  out.reserve(512 + response.body.size());
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append(to.http10 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(response.status));
  out.append(1, ' ').append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!is_ours(name) && !(response.retry_after && equal_ignoring_case(name, "Retry-After"))) {
      line(name, value);
    }
  }
  line("Date", imf_fixdate());
  if (response.retry_after) {
    line("Retry-After", std::to_string(response.retry_after->count()));
  }
  if (!to.keep_alive) {
    line("Connection", "close");
  }
  if (has_no_body(response.status)) {
    return out.append("\r\n");
  }
  line("Content-Length", std::to_string(response.body.size()));
  out.append("\r\n");
  if (!to.head) {
    out.append(response.body);
  }
  return out;
}

}  // namespace seaworthy::http::beast
