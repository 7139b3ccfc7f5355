#include "attester/token.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"

namespace seaworthy::attester {
namespace {

TEST(TokenFile, IsReadAgainEachTime) {
  const testing::TempFolder folder;
  const auto token = token_file(folder / "token");
  testing::write_file(folder / "token", as_bytes("first\n"));
  EXPECT_EQ(*token(), "first");
  testing::write_file(folder / "token", as_bytes("second"));
  EXPECT_EQ(*token(), "second");
}

TEST(TokenFile, RefusesWhatIsNoToken) {
  const testing::TempFolder folder;
  const auto token = token_file(folder / "token");
  EXPECT_EQ(token().error().code(), ErrorCode::kNotFound);
  for (const char* content : {"", " \n", "two tokens", "a\nb"}) {
    testing::write_file(folder / "token", as_bytes(std::string_view(content)));
    EXPECT_EQ(token().error().code(), ErrorCode::kMalformed) << content;
  }
  testing::write_file(folder / "token", Bytes(kMaxTokenBytes + 1, 'a'));
  EXPECT_EQ(token().error().code(), ErrorCode::kMalformed);
}

TEST(ChannelBinding, DiffersForAnotherToken) {
  EXPECT_NE(channel_binding("a"), channel_binding("b"));
  EXPECT_EQ(channel_binding("a"), crypto::sha256(as_bytes("a")));
}

}  // namespace
}  // namespace seaworthy::attester
