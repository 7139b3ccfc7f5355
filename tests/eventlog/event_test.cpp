#include "eventlog/event.h"

#include <gtest/gtest.h>

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

TEST(BootEvent, TellsWhetherItsDigestIsOfSomeBytes) {
  const BootEvent event{
      .pcr = 4, .type = kEfiAction, .digests = {crypto::sha256(as_bytes("a"))}, .data = {'a'}};
  EXPECT_TRUE(event.digest_is_of(HashAlg::kSha256, as_bytes("a")));
  EXPECT_FALSE(event.digest_is_of(HashAlg::kSha256, as_bytes("b")));
  EXPECT_FALSE(event.digest_is_of(HashAlg::kSha1, as_bytes("a")));
  EXPECT_EQ(event.digest(HashAlg::kSha384), nullptr);
}

TEST(BootEvent, NamesItsType) {
  EXPECT_EQ(event_type_name(kSeparator), "EV_SEPARATOR");
  EXPECT_EQ(event_type_name(0x80000099), "0x80000099");
}

}  // namespace
}  // namespace seaworthy::eventlog
