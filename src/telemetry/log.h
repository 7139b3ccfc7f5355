// Log lines: one JSON object per line on standard error, or text where a person reads along.
//
//   log.info("node enrolled", {{field::kNode, name.str()}, {field::kEkHash, hash}});
//
// A message is a constant sentence without values, so that lines can be counted; what varies goes
// into fields. Nothing secret goes into either: no tokens, keys, nonces, headers or bodies.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/time.h"

namespace seaworthy::telemetry {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

std::string_view name(Level level);
// kMalformed lists the names.
Result<Level> parse_level(std::string_view text);

enum class Format : std::uint8_t { kJson, kText };

// A key (telemetry/names.h) and a value. Views: used at once, by the call they are given to.
struct Field {
  template <std::convertible_to<std::string_view> Text>
  Field(std::string_view k, const Text& text) : key(k), value(std::string_view(text)) {}
  Field(std::string_view k, bool flag) : key(k), value(flag) {}
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) Field(std::string_view k, Integer number)
      : key(k), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view k, double number) : key(k), value(number) {}
  Field(std::string_view k, const Error& error);  // "Code: message"

  std::string_view key;
  std::variant<std::string_view, bool, std::int64_t, double, std::string> value;
};
using Fields = std::initializer_list<Field>;

// Takes finished lines, without the line feed. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view line) = 0;
  virtual void flush() {}
};
// Standard error, through spdlog. A line is written whole, before the call returns.
std::unique_ptr<LogSink> stderr_sink();
// kText if standard error is a terminal.
Format stderr_format();

// Thread-safe. Sink and clock outlive it. Below its level a call costs one comparison. Values that
// are not UTF-8 are made so; control characters are escaped: a line stays one line.
class Log {
 public:
  Log(LogSink& sink, const Clock& clock, Level level, Format format)
      : sink_(sink), clock_(clock), level_(level), format_(format) {}

  bool enabled(Level level) const { return level >= level_; }

  void debug(std::string_view message, Fields fields = {}) const {
    write(Level::kDebug, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const {
    write(Level::kInfo, message, fields);
  }
  void warning(std::string_view message, Fields fields = {}) const {
    write(Level::kWarning, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const {
    write(Level::kError, message, fields);
  }
  void write(Level level, std::string_view message, Fields fields) const;

 private:
  LogSink& sink_;
  const Clock& clock_;
  const Level level_;
  const Format format_;
};

}  // namespace seaworthy::telemetry
