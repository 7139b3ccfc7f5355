#include "base/time.h"

#include <array>
#include <cstdio>

namespace seaworthy {
namespace {

struct Civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<milliseconds> clock;
};

Civil civil(milliseconds since_epoch) {
  const auto point = std::chrono::sys_time<milliseconds>(since_epoch);
  const auto day = std::chrono::floor<std::chrono::days>(point);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<milliseconds>(point - day)};
}

std::string format(milliseconds since_epoch, bool micro) {
  const Civil c = civil(since_epoch);
  std::array<char, 64> out{};
  int n = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(c.date.year()),
      static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()),
      static_cast<int>(c.clock.hours().count()), static_cast<int>(c.clock.minutes().count()),
      static_cast<int>(c.clock.seconds().count()));
  std::string text(out.data(), static_cast<std::size_t>(n));
  if (micro) {
    n = std::snprintf(out.data(), out.size(), ".%03d000",
                      static_cast<int>(c.clock.subseconds().count()));
    text.append(out.data(), static_cast<std::size_t>(n));
  }
  return text + "Z";
}

// Reads exactly `digits` decimal digits at `at` and advances; -1 if there are not so many.
int number(std::string_view text, std::size_t& at, std::size_t digits) {
  if (text.size() < at + digits) {
    return -1;
  }
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') {
      return -1;
    }
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

bool literal(std::string_view text, std::size_t& at, char upper, char lower) {
  if (at >= text.size() || (text[at] != upper && text[at] != lower)) {
    return false;
  }
  ++at;
  return true;
}

}  // namespace

std::string Time::rfc3339() const {
  return format(since_epoch_, false);
}

std::string Time::rfc3339_micro() const {
  return format(since_epoch_, true);
}

Result<Time> Time::parse_rfc3339(std::string_view text) {
  const auto bad = [&](const char* why) {
    return malformed("not an RFC 3339 time (" + std::string(why) + "): '" +
                     std::string(text.substr(0, 40)) + "'");
  };
  std::size_t at = 0;
  const int year = number(text, at, 4);
  if (year < 1970 || !literal(text, at, '-', '-')) {
    return bad("year");
  }
  const int month = number(text, at, 2);
  if (!literal(text, at, '-', '-')) {
    return bad("month");
  }
  const int day = number(text, at, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (month < 0 || day < 0 || !date.ok() || !literal(text, at, 'T', 't')) {
    return bad("date");
  }
  const int hour = number(text, at, 2);
  if (hour < 0 || hour > 23 || !literal(text, at, ':', ':')) {
    return bad("hour");
  }
  const int minute = number(text, at, 2);
  if (minute < 0 || minute > 59 || !literal(text, at, ':', ':')) {
    return bad("minute");
  }
  const int second = number(text, at, 2);
  if (second < 0 || second > 60) {  // 60: a leap second, read as the next
    return bad("second");
  }
  milliseconds value = std::chrono::duration_cast<milliseconds>(
      std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
      std::chrono::minutes(minute) + seconds(second));
  if (at < text.size() && text[at] == '.') {
    ++at;
    int scale = 100;
    std::size_t digits = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits, scale /= 10) {
      value += milliseconds((text[at] - '0') * scale);
    }
    if (digits == 0 || digits > 9) {
      return bad("fraction");
    }
  }
  if (literal(text, at, 'Z', 'z')) {
    return at == text.size() ? Result<Time>(Time(value)) : bad("something after the zone");
  }
  if (at >= text.size() || (text[at] != '+' && text[at] != '-')) {
    return bad("zone");
  }
  const int sign = text[at++] == '+' ? 1 : -1;
  const int zone_hours = number(text, at, 2);
  if (zone_hours < 0 || zone_hours > 23 || !literal(text, at, ':', ':')) {
    return bad("zone");
  }
  const int zone_minutes = number(text, at, 2);
  if (zone_minutes < 0 || zone_minutes > 59 || at != text.size()) {
    return bad("zone");
  }
  return Time(value - sign * (std::chrono::hours(zone_hours) + std::chrono::minutes(zone_minutes)));
}

}  // namespace seaworthy
