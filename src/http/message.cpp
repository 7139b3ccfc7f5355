#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace seaworthy::http {
namespace {

constexpr std::int64_t kMaxRetryAfterSeconds = 24 * 60 * 60;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

// RFC 9110 §5.6.2 Tokens.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool visible(char c) {
  return c > ' ' && c < '\x7f';
}

// RFC 9110 §5.5 Field Values, without obs-text: nothing of ours sends it.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return visible(c) || c == ' ' || c == '\t'; });
}

Result<void> check_headers(const Headers& headers, std::string_view what) {
  for (const auto& [name, value] : headers) {
    if (!is_token(name)) {
      return malformed(std::string(what) + ": a header name is not a token");
    }
    if (!is_field_value(value)) {  // the value may be a secret: only its name is told
      return malformed(std::string(what) + ": header " + name +
                       " contains characters that no header may");
    }
  }
  return {};
}

template <class Int>
std::optional<Int> digits(std::string_view text) {
  Int value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::chrono::sys_seconds> parse_imf_fixdate(std::string_view text) {
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',') {
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto day = digits<int>(text.substr(5, 2));
  const auto year = digits<int>(text.substr(12, 4));
  const auto hour = digits<int>(text.substr(17, 2));
  const auto minute = digits<int>(text.substr(20, 2));
  const auto second = digits<int>(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name(field.first, name)) {
      return field.second;
    }
  }
  return std::nullopt;
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  fields_.emplace_back(name, std::move(value));
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return same_name(field.first, name); });
}

std::string_view Request::path() const {
  const std::string_view all = target;
  return all.substr(0, all.find('?'));
}

std::string_view Request::query() const {
  const std::string_view all = target;
  const std::size_t mark = all.find('?');
  return mark == std::string_view::npos ? std::string_view() : all.substr(mark + 1);
}

Response text_response(int status, std::string text) {
  if (text.empty() || text.back() != '\n') {
    text.push_back('\n');
  }
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text), std::nullopt};
}

Response json_response(int status, std::string json) {
  return {status, {{"Content-Type", "application/json"}}, std::move(json), std::nullopt};
}

Result<void> check_sendable(const Request& request) {
  if (!is_token(request.method)) {
    return malformed("HTTP request: the method is not a token");
  }
  const std::string_view target = request.target;
  if (target.empty() || target.front() != '/' || target.starts_with("//") ||
      !std::all_of(target.begin(), target.end(), visible) ||
      target.find('#') != std::string_view::npos) {
    return malformed("HTTP request: the target has to start with '/' and be percent-encoded");
  }
  return check_headers(request.headers, "HTTP request");
}

Result<void> check_sendable(const Response& response) {
  if (response.status < 200 || response.status > 599) {
    return malformed("HTTP response: " + std::to_string(response.status) +
                     " is not a final status");
  }
  return check_headers(response.headers, "HTTP response");
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::string_view date) {
  std::int64_t wait = 0;
  if (const auto number = digits<std::int64_t>(value)) {
    wait = *number;
  } else {
    const auto until = parse_imf_fixdate(value);
    const auto from = parse_imf_fixdate(date);
    if (!until || !from) {
      return std::nullopt;
    }
    wait = (*until - *from).count();
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kMaxRetryAfterSeconds));
}

std::optional<Time> parse_date(std::string_view text) {
  const auto at = parse_imf_fixdate(text);
  return at ? std::optional(Time::from_unix(at->time_since_epoch())) : std::nullopt;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 0xFU]);
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return malformed("percent-encoded text: byte " + std::to_string(i) +
                       ": '%' needs two hex digits");
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

}  // namespace seaworthy::http
