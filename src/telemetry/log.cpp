#include "telemetry/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "codec/json.h"
#include "telemetry/names.h"

namespace seaworthy::telemetry {
namespace {

constexpr std::size_t kMaxValueBytes = 4096;  // of one text value; the rest is cut off

class StderrSink final : public LogSink {
 public:
  StderrSink() : logger_("seaworthy", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    // The line is complete and escaped: spdlog adds nothing. It must not filter either.
    logger_.set_pattern("%v");
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
  }

  void write(std::string_view line) override {
    // Not as a format string: braces in a line are braces.
    logger_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }
  void flush() override { logger_.flush(); }

 private:
  spdlog::logger logger_;
};

std::string_view bounded(std::string_view text) {
  if (text.size() <= kMaxValueBytes) {
    return text;
  }
  std::size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not inside a character
  }
  return text.substr(0, end);
}

codec::Json to_json(const Field& field) {
  return std::visit(
      [](const auto& value) -> codec::Json {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::same_as<Value, std::string_view> || std::same_as<Value, std::string>) {
          return codec::Json(std::string(bounded(value)));
        } else {
          return codec::Json(value);
        }
      },
      field.value);
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "unknown";
}

Result<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (text == name(level)) {
      return level;
    }
  }
  return malformed("log level: expected debug, info, warning or error, got '" + std::string(text) +
                   "'");
}

Field::Field(std::string_view k, const Error& error)
    : key(k), value(std::string(name(error.code())) + ": " + error.message()) {}

std::unique_ptr<LogSink> stderr_sink() {
  return std::make_unique<StderrSink>();
}

Format stderr_format() {
  return ::isatty(STDERR_FILENO) == 1 ? Format::kText : Format::kJson;
}

void Log::write(Level level, std::string_view message, Fields fields) const {
  if (!enabled(level)) {
    return;
  }
  if (format_ == Format::kJson) {
    codec::Json line = {{std::string(field::kTime), clock_.now().rfc3339_micro()},
                        {std::string(field::kLevel), std::string(name(level))},
                        {std::string(field::kMessage), std::string(message)}};
    for (const Field& field : fields) {
      line[std::string(field.key)] = to_json(field);
    }
    sink_.write(codec::to_json_text(line));
    return;
  }
  std::string line = clock_.now().rfc3339();
  line.append(1, ' ').append(name(level)).append(1, ' ').append(message);
  for (const Field& field : fields) {
    // Values as JSON: quoted and escaped, so that a value cannot pretend to be a line.
    line.append(1, ' ').append(field.key).append(1, '=').append(
        codec::to_json_text(to_json(field)));
  }
  sink_.write(line);
}

}  // namespace seaworthy::telemetry
