#include "kube/clock_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/fake_clock.h"
#include "support/fake_transport.h"

namespace seaworthy::kube {
namespace {

// "Sun, 29 Nov 2026 12:00:00 GMT".
const Time kDate = Time::from_unix(seconds(1'795'953'600));

TEST(ClockDifference, IsWhatIsCertain) {
  const auto seen = [](milliseconds before, milliseconds after) {
    return clock_difference(kDate + before, kDate, kDate + after);
  };
  EXPECT_EQ(seen(milliseconds(0), milliseconds(10)), milliseconds(0));
  EXPECT_EQ(seen(milliseconds(1000), milliseconds(1010)), milliseconds(0))
      << "the end of the second";
  EXPECT_EQ(seen(milliseconds(1001), milliseconds(1010)), milliseconds(1));
  EXPECT_EQ(seen(milliseconds(-20), milliseconds(-1)), milliseconds(-1));
  EXPECT_EQ(seen(milliseconds(-9000), milliseconds(9000)), milliseconds(0)) << "a slow network";
}

class ClockCheckTest : public ::testing::Test {
 protected:
  // An answer that says kDate, when our clock says `ours`.
  void answered(Time ours, int status = 200, const char* date = "Sun, 29 Nov 2026 12:00:00 GMT") {
    clock_.advance(ours - clock_.now());
    transport_->answer({.status = status, .headers = {{"Date", date}}});
    EXPECT_TRUE(check_.send({}, clock_.monotonic() + seconds(1), {}));
  }

  testing::FakeClock clock_;
  std::shared_ptr<testing::FakeTransport> transport_ = std::make_shared<testing::FakeTransport>();
  std::vector<std::string> told_;
  ClockCheck check_{transport_, clock_, [this](const Result<void>& now) {
                      told_.push_back(now ? "right" : now.error().message());
                    }};
};

TEST_F(ClockCheckTest, A60_AClockThatIsFiveSecondsOffStillAgrees) {
  EXPECT_TRUE(check_.agrees()) << "nothing was said yet";
  answered(kDate - seconds(5));
  EXPECT_TRUE(check_.agrees());
  answered(kDate + seconds(6));
  EXPECT_TRUE(check_.agrees());
  EXPECT_TRUE(told_.empty());
}

TEST_F(ClockCheckTest, A60_MoreDoesNotUntilItIsMended) {
  answered(kDate - milliseconds(5'001));
  ASSERT_FALSE(check_.agrees());
  EXPECT_EQ(check_.agrees().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(check_.difference(), milliseconds(-5'001));
  answered(kDate - milliseconds(5'000));
  EXPECT_TRUE(check_.agrees());
  answered(kDate + milliseconds(6'001));
  EXPECT_FALSE(check_.agrees());
  const std::vector<std::string> expected{
      "this replica's clock is at least 5001 ms behind the API server's: synchronise both "
      "(NTP); until they agree nobody is judged",
      "right",
      "this replica's clock is at least 5001 ms ahead of the API server's: synchronise both "
      "(NTP); until they agree nobody is judged"};
  EXPECT_EQ(told_, expected);
}

TEST_F(ClockCheckTest, WhatIsNoAnswerOfTheApiServerOrNoDateChangesNothing) {
  answered(kDate + seconds(60), 502);
  answered(kDate + seconds(60), 200, "yesterday");
  EXPECT_TRUE(check_.agrees());
  transport_->fail(unavailable("refused"));
  EXPECT_FALSE(check_.send({}, clock_.monotonic() + seconds(1), {}));
  EXPECT_TRUE(check_.agrees());
  answered(kDate + seconds(60));
  transport_->stream({"x"});
  EXPECT_TRUE(check_.stream({}, clock_.monotonic() + seconds(1), {},
                            [](std::string_view) { return http::Flow::kContinue; }));
  EXPECT_FALSE(check_.agrees()) << "a stream mends nothing either";
}

}  // namespace
}  // namespace seaworthy::kube
