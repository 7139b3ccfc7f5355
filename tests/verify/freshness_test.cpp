#include "verify/freshness.h"

#include <gtest/gtest.h>

#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;

constexpr std::uint64_t kFirmware = 7;

// A verified quote with this clock.
VerifiedQuote quote_at(tpm::ClockInfo clock, std::uint64_t firmware = kFirmware) {
  EvidenceBuilder machine;
  machine.clock = clock;
  machine.firmware_version = firmware;
  const Evidence evidence = machine.build();
  return std::get<VerifiedQuote>(
      verify_quote({evidence.attested, evidence.signature}, machine.ak(), machine.challenge()));
}

Checked<Freshness> after(tpm::ClockInfo before, tpm::ClockInfo now) {
  return verify_freshness(quote_at(now), LastQuote{before, kFirmware});
}

enum class Expect { kSameEpoch, kNewEpoch, kClock, kCounters };
struct Row {
  const char* name;
  tpm::ClockInfo before;
  tpm::ClockInfo now;
  Expect expect;
};
class FreshnessTable : public ::testing::TestWithParam<Row> {};

TEST_P(FreshnessTable, R13) {
  const auto fresh = after(GetParam().before, GetParam().now);
  switch (GetParam().expect) {
    case Expect::kSameEpoch:
    case Expect::kNewEpoch:
      ASSERT_TRUE(ok(fresh)) << ::testing::PrintToString(refusals(fresh));
      EXPECT_EQ(std::get<Freshness>(fresh).new_epoch, GetParam().expect == Expect::kNewEpoch);
      break;
    case Expect::kClock:
      EXPECT_EQ(refusals(fresh), Reasons{Reason::kClockWentBack});
      break;
    case Expect::kCounters:
      EXPECT_EQ(refusals(fresh), Reasons{Reason::kCountersWentBack});
      break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, FreshnessTable,
    ::testing::Values(
        Row{"TheClockAdvances", {100, 5, 1, true}, {101, 5, 1, true}, Expect::kSameEpoch},
        Row{"A45_TheClockStands", {100, 5, 1, true}, {100, 5, 1, true}, Expect::kClock},
        Row{"A53_TheClockGoesBack", {100, 5, 1, true}, {99, 5, 1, true}, Expect::kClock},
        Row{"A59_OnlyResetCountChanges", {100, 5, 0, true}, {50, 6, 0, true}, Expect::kNewEpoch},
        Row{"A59_OnlyRestartCountChanges", {100, 5, 0, true}, {150, 5, 1, true}, Expect::kNewEpoch},
        Row{"A59_BothChange", {100, 5, 3, true}, {150, 6, 0, true}, Expect::kNewEpoch},
        Row{"A58_UnsafeAfterPowerLoss", {100, 5, 0, true}, {50, 6, 0, false}, Expect::kNewEpoch},
        Row{"A58_ResetCountWraps", {100, 0xFFFFFFFF, 0, true}, {50, 0, 0, true}, Expect::kNewEpoch},
        Row{"A54_ResetCountGoesBack", {100, 5, 0, true}, {150, 4, 0, true}, Expect::kCounters},
        Row{"A54_RestartCountGoesBack", {100, 5, 2, true}, {150, 5, 1, true}, Expect::kCounters}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Freshness, TheFirstQuoteOpensAnEpoch) {
  const auto fresh = verify_freshness(quote_at({100, 5, 0, false}), std::nullopt);
  ASSERT_TRUE(ok(fresh));
  EXPECT_TRUE(std::get<Freshness>(fresh).new_epoch);
}

TEST(Freshness, NoticesAnotherFirmwareOfTheTpm) {
  const auto fresh = verify_freshness(quote_at({101, 5, 0, true}, kFirmware + 1),
                                      LastQuote{{100, 5, 0, true}, kFirmware});
  ASSERT_TRUE(ok(fresh));
  EXPECT_TRUE(std::get<Freshness>(fresh).firmware_changed);
}

}  // namespace
}  // namespace seaworthy::verify
