#include "kube/token_source.h"

#include <gtest/gtest.h>

#include "kube/temporary_directory.h"
#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;

class TokenSourceTest : public ::testing::Test {
 protected:
  Result<FreshToken> read() {
    ++reads_;
    if (fails_) {
      return unavailable("disk on fire");
    }
    return FreshToken{"t" + std::to_string(reads_), expires_};
  }

  testing::FakeClock clock_;
  int reads_ = 0;
  bool fails_ = false;
  std::optional<Time> expires_;
};

TEST_F(TokenSourceTest, ReadsAtMostEveryMinute) {
  TokenSource tokens([this] { return read(); }, milliseconds(60'000), clock_);
  EXPECT_EQ(*tokens.token(), "t1");
  clock_.advance(milliseconds(59'999));
  EXPECT_EQ(*tokens.token(), "t1");
  clock_.advance(milliseconds(1));
  EXPECT_EQ(*tokens.token(), "t2");
}

TEST_F(TokenSourceTest, KeepsTheOldOneWhileReadingFails) {
  TokenSource tokens([this] { return read(); }, milliseconds(60'000), clock_);
  ASSERT_TRUE(tokens.token());
  fails_ = true;
  clock_.advance(milliseconds(60'000));
  EXPECT_EQ(*tokens.token(), "t1");
  EXPECT_EQ(*tokens.token(), "t1");
  EXPECT_EQ(reads_, 2);  // and does not try at every call
}

TEST_F(TokenSourceTest, DropsARefusedOneEvenIfReadingFails) {
  TokenSource tokens([this] { return read(); }, milliseconds(60'000), clock_);
  ASSERT_TRUE(tokens.token());
  tokens.drop();
  fails_ = true;
  EXPECT_FALSE(tokens.token());
  fails_ = false;
  EXPECT_EQ(*tokens.token(), "t3");
}

TEST_F(TokenSourceTest, ReadsAgainBeforeItExpiresAndDoesNotUseAnExpiredOne) {
  expires_ = clock_.now() + milliseconds(60'000);
  TokenSource tokens([this] { return read(); }, std::nullopt, clock_);
  ASSERT_TRUE(tokens.token());
  clock_.advance(milliseconds(49'000));
  EXPECT_EQ(*tokens.token(), "t1");
  clock_.advance(milliseconds(2'000));
  fails_ = true;
  EXPECT_EQ(*tokens.token(), "t1");
  clock_.advance(milliseconds(10'000));
  EXPECT_FALSE(tokens.token());
}

TEST(TokenFile, IsTrimmedAndBounded) {
  const testing::TemporaryDirectory dir;
  EXPECT_EQ(read_token_file(dir.write("a", " abc\n"))->token, "abc");
  EXPECT_EQ(read_token_file(dir.write("b", " \n")).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(read_token_file(dir.path() + "/none").error().code(), ErrorCode::kNotFound);
  const auto large = read_token_file(dir.write("c", std::string(64 * 1024 + 1, 'x')));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().message().find("xxx"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::kube
