#include <gtest/gtest.h>

#include "kube/reflector.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Monotonic kNow(milliseconds(1'000'000));
const BackoffConfig kPlain{.jitter = 0.0};

// A state in the middle of life: listed at `rv` and watching.
ReflectorState watching(const std::string& rv) {
  ReflectorState state(kPlain);
  state.start();
  EXPECT_EQ(state.next(Listed{rv, ""}, kNow, 0), ReflectorAction(DoWatch{rv}));
  return state;
}

NotNow expired() {
  return {NotNow::Why::kExpired, std::nullopt, "too old"};
}
NotNow busy(std::optional<seconds> after) {
  return {NotNow::Why::kBusy, after, "busy"};
}
WatchEnded after(milliseconds lasted, std::size_t events) {
  return {lasted, events};
}

TEST(ReflectorState, FirstListTakesWhatTheServerHasAtHand) {
  ReflectorState state(kPlain);
  EXPECT_EQ(state.start(), ReflectorAction(DoList{"0", ""}));
}

struct Row {
  const char* name;
  ReflectorEvent event;
  ReflectorAction first;                // after the event
  std::optional<ReflectorAction> then;  // after waiting, if `first` is to wait
};
class WhileWatching : public ::testing::TestWithParam<Row> {};

TEST_P(WhileWatching, DoesThis) {
  ReflectorState state = watching("7");
  state.saw("9");
  EXPECT_EQ(state.next(GetParam().event, kNow, 0), GetParam().first);
  if (GetParam().then) {
    EXPECT_EQ(state.next(Waited{}, kNow, 0), *GetParam().then);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, WhileWatching,
    ::testing::Values(Row{"OrderlyEndResumesAtTheLastVersionSeen",
                          after(milliseconds(300'000), 3),
                          DoWatch{"9"},
                          {}},
                      Row{"AQuietWatchOfUsualLengthResumesAtOnce",
                          after(milliseconds(1'000), 0),
                          DoWatch{"9"},
                          {}},
                      Row{"VeryShortWatchBacksOff", after(milliseconds(999), 0),
                          DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"VeryShortWatchWithEventsDoesNotSpinEither", after(milliseconds(5), 1),
                          DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"ExpiredListsFromTheLastVersionFirst", expired(), DoList{"9", ""}, {}},
                      Row{"BusyKeepsTheVersion", busy({}), DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"BusyWaitsAsLongAsAsked", busy(seconds(5)), DoWait{milliseconds(5'000)},
                          DoWatch{"9"}},
                      Row{"RefusedConnectionKeepsTheVersion", unavailable("refused"),
                          DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"SilentServerKeepsTheVersion", Error(ErrorCode::kDeadline, "late"),
                          DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"DeniedKeepsTheVersion", Error(ErrorCode::kDenied, "no"),
                          DoWait{milliseconds(800)}, DoWatch{"9"}},
                      Row{"ARemovedKindIsListedAgain", not_found("no such kind"),
                          DoWait{milliseconds(800)}, DoList{"9", ""}},
                      Row{"AnEventThatDoesNotParseIsListedAgain", malformed("bad"),
                          DoWait{milliseconds(800)}, DoList{"9", ""}}),
    [](const auto& row) { return row.param.name; });

TEST(ReflectorState, ExpiredTwiceAsksForTheNewest) {
  ReflectorState state = watching("7");
  EXPECT_EQ(state.next(expired(), kNow, 0), ReflectorAction(DoList{"7", ""}));
  EXPECT_EQ(state.next(expired(), kNow, 0), ReflectorAction(DoList{"", ""}));
  EXPECT_EQ(state.next(expired(), kNow, 0), ReflectorAction(DoWait{milliseconds(800)}));
  EXPECT_EQ(state.next(Waited{}, kNow, 0), ReflectorAction(DoList{"", ""}));
  EXPECT_EQ(state.next(Listed{"20", ""}, kNow, 0), ReflectorAction(DoWatch{"20"}));
  // The newest was found: the next list need not be one.
  EXPECT_EQ(state.next(expired(), kNow, 0), ReflectorAction(DoList{"20", ""}));
}

TEST(ReflectorState, FollowsPagesAndStartsAnewIfTheyExpire) {
  ReflectorState state(kPlain);
  state.start();
  EXPECT_EQ(state.next(Listed{"5", "p2"}, kNow, 0), ReflectorAction(DoList{"", "p2"}));
  EXPECT_EQ(state.next(Listed{"5", "p3"}, kNow, 0), ReflectorAction(DoList{"", "p3"}));
  EXPECT_EQ(state.next(expired(), kNow, 0), ReflectorAction(DoList{"", ""}));
  EXPECT_EQ(state.next(Listed{"6", ""}, kNow, 0), ReflectorAction(DoWatch{"6"}));
}

TEST(ReflectorState, AFailedListIsTriedAgainFromTheSameVersion) {
  ReflectorState state(kPlain);
  state.start();
  EXPECT_EQ(state.next(unavailable("refused"), kNow, 0),
            ReflectorAction(DoWait{milliseconds(800)}));
  EXPECT_EQ(state.next(Waited{}, kNow, 0), ReflectorAction(DoList{"0", ""}));
  EXPECT_EQ(state.next(busy(seconds(3)), kNow, 0), ReflectorAction(DoWait{milliseconds(3'000)}));
  EXPECT_EQ(state.next(Waited{}, kNow, 0), ReflectorAction(DoList{"0", ""}));
}

TEST(ReflectorState, AnEmptyVersionDoesNotOverwriteTheLast) {
  ReflectorState state = watching("7");
  state.saw("");
  EXPECT_EQ(state.last_resource_version(), "7");
}

TEST(Backoff, DoublesUpToTheCapAndResetsAfterQuietTime) {
  Backoff backoff(kPlain);
  Monotonic now = kNow;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    waits.push_back(backoff.next(now, 0).count());
    now += milliseconds(waits.back());
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}));
  EXPECT_EQ(backoff.next(now + milliseconds(120'000), 0), milliseconds(800));
}

TEST(Backoff, JitterAddsUpToItsFactor) {
  Backoff backoff({});
  EXPECT_EQ(backoff.next(kNow, 0.5), milliseconds(1'200));
  EXPECT_LT(Backoff({}).next(kNow, 0.999999), milliseconds(1'600));
}

}  // namespace
}  // namespace seaworthy::kube
