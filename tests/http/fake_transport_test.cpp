// The fake behaves as the header of http::Client says.
#include "support/fake_transport.h"

#include <gtest/gtest.h>

#include <thread>

namespace seaworthy::testing {
namespace {

using http::Flow;
using End = FakeTransport::End;

struct Seen {
  std::string all;
  int pieces = 0;
  http::ChunkSink sink(int stop_after = 1'000'000) {
    return [this, stop_after](std::string_view piece) {
      all += piece;
      return ++pieces >= stop_after ? Flow::kStop : Flow::kContinue;
    };
  }
};

TEST(FakeTransport, ReplaysInOrderAndRemembersWhatWasAsked) {
  FakeTransport transport;
  transport.answer({.status = 429, .retry_after = std::chrono::seconds(3)});
  transport.answer({.body = "two"});
  EXPECT_EQ(transport.send({.target = "/1"}, {}, {})->retry_after, std::chrono::seconds(3));
  EXPECT_EQ(transport.send({.target = "/2"}, {}, {})->body, "two");
  EXPECT_EQ(transport.send({.target = "/3"}, {}, {}).error().code(), ErrorCode::kUnavailable);
  ASSERT_EQ(transport.requests().size(), 3U);
  EXPECT_EQ(transport.requests()[1].target, "/2");
}

TEST(FakeTransport, StreamsInPiecesAndEndsEarly) {
  FakeTransport transport;
  transport.stream({"a", "b"});
  transport.stream({"a", "b"}, End::kEarly);
  Seen first;
  EXPECT_TRUE(transport.stream({}, {}, {}, first.sink()));
  EXPECT_EQ(first.pieces, 2);
  Seen second;
  EXPECT_EQ(transport.stream({}, {}, {}, second.sink()).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(second.all, "ab");
}

TEST(FakeTransport, GivesTheBodyOfARefusalInsteadOfStreamingIt) {
  FakeTransport transport;
  transport.stream({"gone"}, End::kProper, 410);
  Seen seen;
  EXPECT_EQ(transport.stream({}, {}, {}, seen.sink())->body, "gone");
  EXPECT_EQ(seen.pieces, 0);
}

TEST(FakeTransport, IsEndlessUntilSomebodyHasEnough) {
  FakeTransport transport;
  transport.stream({"x"}, End::kEndless);
  transport.stream({"x"}, End::kEndless);
  Seen seen;
  EXPECT_TRUE(transport.stream({}, {}, {}, seen.sink(100)));
  EXPECT_EQ(seen.pieces, 100);
  EXPECT_EQ(transport.send({.max_response_bytes = 10}, {}, {}).error().code(),
            ErrorCode::kMalformed);
}

TEST(FakeTransport, HangsUntilStopped) {
  FakeTransport transport;
  transport.stream({"x"}, End::kHangs);
  transport.stream({}, End::kHangs);
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  Seen seen;
  const auto r = transport.stream({}, {}, source.get_token(), seen.sink());
  EXPECT_EQ(r.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(transport.send({}, {}, {}).error().code(), ErrorCode::kDeadline);
}

}  // namespace
}  // namespace seaworthy::testing
