#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace seaworthy {
namespace {

Result<int> half(int v) {
  if (v % 2 != 0) {
    return malformed("odd");
  }
  return v / 2;
}

Result<int> quarter(int v) {
  const int h = TRY(half(v));
  return half(h);
}

Result<void> check_even(int v) {
  TRY(half(v));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_TRUE(check_even(4));
  EXPECT_EQ(check_even(3).error().code(), ErrorCode::kMalformed);
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(r);
  EXPECT_EQ(*taken, 7);
}

TEST(Error, InPutsTheContextInFront) {
  EXPECT_EQ(malformed("odd").in("number").message(), "number: odd");
}

TEST(Error, OnlyPassingTroubleIsRetried) {
  EXPECT_TRUE(retryable(ErrorCode::kUnavailable));
  EXPECT_TRUE(retryable(ErrorCode::kConflict));
  EXPECT_FALSE(retryable(ErrorCode::kMalformed));
  EXPECT_FALSE(retryable(ErrorCode::kDenied));
}

TEST(ResultDeathTest, TheValueOfAnErrorIsABug) {
  EXPECT_DEATH({ [[maybe_unused]] const int v = *half(1); }, "invariant broken");
}

}  // namespace
}  // namespace seaworthy
