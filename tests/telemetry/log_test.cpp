#include "telemetry/log.h"

#include <gtest/gtest.h>

#include <vector>

#include "codec/json.h"
#include "support/fake_clock.h"
#include "telemetry/names.h"

namespace seaworthy::telemetry {
namespace {

class MemorySink final : public LogSink {
 public:
  void write(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class LogTest : public ::testing::Test {
 protected:
  codec::Json last() {
    auto parsed = codec::parse_json(sink.lines.back(), {.max_bytes = 100'000});
    EXPECT_TRUE(parsed) << sink.lines.back();
    return *std::move(parsed);
  }

  const testing::FakeClock clock;
  MemorySink sink;
  const Log log{sink, clock, Level::kInfo, Format::kJson};
};

TEST_F(LogTest, WritesOneJsonObjectPerLine) {
  const std::string name = "n1";
  log.info("node enrolled", {{field::kNode, name},
                             {field::kCount, 3U},
                             {field::kMillis, 1.5},
                             {field::kOutcome, "ok"},
                             {"flag", true}});
  EXPECT_EQ(last(), codec::Json({{"time", "2027-01-15T08:00:00.000000Z"},
                                 {"level", "info"},
                                 {"message", "node enrolled"},
                                 {"node", "n1"},
                                 {"count", 3},
                                 {"milliseconds", 1.5},
                                 {"outcome", "ok"},
                                 {"flag", true}}));
}

TEST_F(LogTest, NamesTheCodeOfAnError) {
  log.warning("asking again", {{field::kError, unavailable("no route")}});
  EXPECT_EQ(last()["error"], std::string(name(ErrorCode::kUnavailable)) + ": no route");
}

TEST_F(LogTest, IsSilentBelowItsLevel) {
  log.debug("x");
  EXPECT_TRUE(sink.lines.empty());
  EXPECT_FALSE(log.enabled(Level::kDebug));
  EXPECT_TRUE(log.enabled(Level::kError));
}

TEST_F(LogTest, KeepsOneLineWhateverAValueContains) {
  const std::string hostile = "a\"}\n{\"level\":\"error\"\r\x01\xFF{}%s";
  log.info("m", {{field::kNode, hostile}});
  EXPECT_EQ(sink.lines.back().find('\n'), std::string::npos);
  EXPECT_EQ(last()["level"], "info");

  const Log text(sink, clock, Level::kInfo, Format::kText);
  text.info("m", {{field::kNode, hostile}});
  EXPECT_EQ(sink.lines.back().find('\n'), std::string::npos);
  EXPECT_TRUE(sink.lines.back().starts_with("2027-01-15T08:00:00Z info m node=\"a\\\"}\\n"));
}

TEST_F(LogTest, CutsAnEndlessValueBetweenCharacters) {
  std::string endless(4095, 'x');
  endless += "ü and more";
  log.info("m", {{field::kNode, endless}});
  EXPECT_EQ(last()["node"], std::string(4095, 'x'));
}

TEST(LogLevel, IsReadByName) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    EXPECT_EQ(*parse_level(name(level)), level);
  }
  EXPECT_EQ(parse_level("warn").error().message(),
            "log level: expected debug, info, warning or error, got 'warn'");
}

TEST(StderrSink, WritesTheLineAsItIs) {
  ::testing::internal::CaptureStderr();
  stderr_sink()->write("{\"a\":\"{} %v %s\"}");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "{\"a\":\"{} %v %s\"}\n");
}

}  // namespace
}  // namespace seaworthy::telemetry
