#include "base/time.h"

#include <gtest/gtest.h>

namespace seaworthy {
namespace {

TEST(Time, WritesRfc3339InUtc) {
  EXPECT_EQ(Time::from_unix(seconds(0)).rfc3339(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Time::from_unix_millis(milliseconds(1'795'527'245'678)).rfc3339_micro(),
            "2026-11-24T13:34:05.678000Z");
}

struct TimeRow {
  const char* name;
  const char* text;
  std::int64_t millis;  // -1: refused
};

class ParseTime : public ::testing::TestWithParam<TimeRow> {};

TEST_P(ParseTime, A61_GivesTheInstantOrRefuses) {
  const auto parsed = Time::parse_rfc3339(GetParam().text);
  if (GetParam().millis < 0) {
    EXPECT_FALSE(parsed);
  } else {
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->unix_millis().count(), GetParam().millis);
  }
}

// times compared as strings. Zones and fractions of one instant are one instant here.
INSTANTIATE_TEST_SUITE_P(
    Table, ParseTime,
    ::testing::Values(TimeRow{"Utc", "2026-11-24T13:34:05Z", 1'795'527'245'000},
                      TimeRow{"LowerCase", "2026-11-24t13:34:05z", 1'795'527'245'000},
                      TimeRow{"PositiveZone", "2026-11-24T14:34:05+01:00", 1'795'527'245'000},
                      TimeRow{"NegativeZone", "2026-11-24T08:04:05-05:30", 1'795'527'245'000},
                      TimeRow{"Micros", "2026-11-24T13:34:05.678901Z", 1'795'527'245'678},
                      TimeRow{"LeapSecond", "2026-12-31T23:59:60Z", 1'798'761'600'000},
                      TimeRow{"Empty", "", -1}, TimeRow{"NoZone", "2026-11-24T13:34:05", -1},
                      TimeRow{"BadMonth", "2026-13-24T13:34:05Z", -1},
                      TimeRow{"BadDay", "2026-02-30T13:34:05Z", -1},
                      TimeRow{"BadHour", "2026-11-24T24:34:05Z", -1},
                      TimeRow{"EmptyFraction", "2026-11-24T13:34:05.Z", -1},
                      TimeRow{"Trailing", "2026-11-24T13:34:05Z ", -1},
                      TimeRow{"Space", "2026-11-24 13:34:05Z", -1}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace seaworthy
