#include "kube/watch_decoder.h"

#include <gtest/gtest.h>

namespace seaworthy::kube {
namespace {

const char* const kTwo = R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})"
                         "\n"
                         R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}})"
                         "\n";

TEST(WatchDecoder, CutsMakeNoDifference) {
  for (std::size_t step = 1; step < 60; ++step) {
    WatchDecoder decoder;
    std::vector<WatchEvent::Type> seen;
    std::string_view text(kTwo);
    while (!text.empty()) {
      const auto piece = text.substr(0, step);
      text.remove_prefix(piece.size());
      ASSERT_TRUE(decoder.feed(piece, [&](WatchMessage message) -> Result<http::Flow> {
        seen.push_back(std::get<WatchEvent>(message).type);
        return http::Flow::kContinue;
      }));
    }
    EXPECT_EQ(seen, (std::vector{WatchEvent::Type::kAdded, WatchEvent::Type::kBookmark})) << step;
    EXPECT_FALSE(decoder.in_the_middle());
  }
}

TEST(WatchDecoder, AnErrorEventIsAStatus) {
  auto message = parse_watch_line(R"({"type":"ERROR","object":{"code":410,"reason":"Expired"}})");
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Status>(*message).code, 410);
}

TEST(WatchDecoder, RefusesWhatIsNoEvent) {
  for (const char* line : {"", "[]", "{", R"({"type":"ADDED"})", R"({"type":1,"object":{}})",
                           R"({"type":"ADDED","object":[]})", R"({"type":"NEWS","object":{}})",
                           R"({"type":"ADDED","object":{},"type":"ADDED"})"}) {
    const auto message = parse_watch_line(line);
    ASSERT_FALSE(message) << line;
    EXPECT_EQ(message.error().code(), ErrorCode::kMalformed);
  }
}

TEST(WatchDecoder, RefusesAnEndlessLineAtTheLimit) {
  WatchDecoder decoder;
  const std::string piece(1 << 20, 'x');
  const auto sink = [](WatchMessage) -> Result<http::Flow> { return http::Flow::kContinue; };
  for (std::size_t i = 0; i < kMaxWatchEventBytes / piece.size(); ++i) {
    ASSERT_TRUE(decoder.feed(piece, sink));
  }
  EXPECT_FALSE(decoder.feed("x", sink));
}

TEST(WatchDecoder, StopsWhenTheSinkSaysSo) {
  WatchDecoder decoder;
  int count = 0;
  auto flow = decoder.feed(kTwo, [&](WatchMessage) -> Result<http::Flow> {
    ++count;
    return http::Flow::kStop;
  });
  ASSERT_TRUE(flow);
  EXPECT_EQ(*flow, http::Flow::kStop);
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace seaworthy::kube
