#include "eventlog/replay.h"

#include <gtest/gtest.h>

#include "codec/hex.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

BootEvent event(std::uint8_t pcr, std::uint32_t type, std::string_view data) {
  return {.pcr = pcr,
          .type = type,
          .digests = {crypto::sha256(as_bytes(data))},
          .data = to_bytes(as_bytes(data))};
}
BootEvent locality(std::uint8_t value) {
  BootEvent e = event(0, kNoAction, {"StartupLocality\0", 16});
  e.data.push_back(value);
  return e;
}
ReplayedBank replayed(std::vector<BootEvent> events) {
  return replay({.crypto_agile = true, .banks = {HashAlg::kSha256}, .events = std::move(events)},
                HashAlg::kSha256);
}
std::string hex(const ReplayedPcr& pcr) {
  return codec::to_hex(pcr.value.bytes());
}

TEST(Replay, StartsEveryPcrAtItsValueAfterAReset) {
  const ReplayedBank bank = replayed({});
  ASSERT_EQ(bank.size(), kPcrCount);
  for (std::size_t i = 0; i < kPcrCount; ++i) {
    EXPECT_EQ(hex(bank[i]), std::string(64, i >= 17 && i <= 22 ? 'f' : '0')) << i;
    EXPECT_EQ(bank[i].extensions, 0u);
  }
}

TEST(Replay, ExtendsInLogOrderPerPcr) {
  const ReplayedBank bank =
      replayed({event(4, kEfiAction, "a"), event(5, kEfiAction, "x"), event(4, kEfiAction, "b")});
  const crypto::Digest zero(HashAlg::kSha256);
  const crypto::Digest a = crypto::sha256(as_bytes("a"));
  const crypto::Digest b = crypto::sha256(as_bytes("b"));
  EXPECT_EQ(bank[4].value, crypto::extended(crypto::extended(zero, a.bytes()), b.bytes()));
  EXPECT_EQ(bank[4].extensions, 2u);
  EXPECT_EQ(bank[5].extensions, 1u);
}

TEST(Replay, A72_StartupLocalityIsTheLastByteOfPcr0) {
  EXPECT_EQ(hex(replayed({locality(3)})[0]), std::string(63, '0') + "3");
  EXPECT_EQ(hex(replayed({locality(4)})[0]), std::string(63, '0') + "4");
  EXPECT_EQ(hex(replayed({locality(0)})[0]), std::string(64, '0'));
}

TEST(Replay, A72_AnHcrtmEventMeansLocality4UnlessALocalityIsStated) {
  const auto first = [](std::vector<BootEvent> events) {
    const crypto::Digest h = crypto::sha256(as_bytes("HCRTM"));
    Bytes start(32);
    start.back() = 4;
    return replayed(std::move(events))[0].value ==
           crypto::extended({HashAlg::kSha256, start}, h.bytes());
  };
  EXPECT_TRUE(first({event(0, kHcrtmEvent, "HCRTM")}));
  EXPECT_TRUE(first({locality(4), event(0, kHcrtmEvent, "HCRTM")}));
  EXPECT_FALSE(first({locality(3), event(0, kHcrtmEvent, "HCRTM")}));
  EXPECT_FALSE(first({event(0, kEfiAction, "HCRTM")}));
}

TEST(Replay, A72_NeverExtendsNoAction) {
  for (const std::uint8_t pcr : {std::uint8_t{0}, std::uint8_t{7}}) {
    const ReplayedBank bank = replayed({event(pcr, kNoAction, "SP800-155 Event")});
    EXPECT_TRUE(bank[pcr].value.is_zero());
    EXPECT_EQ(bank[pcr].extensions, 0u);
  }
}

TEST(Replay, ContradictoryLocalitiesMakePcr0Unusable) {
  EXPECT_TRUE(replayed({locality(3), locality(4)})[0].unusable);
  EXPECT_FALSE(replayed({locality(3), locality(3)})[0].unusable);
  EXPECT_TRUE(replayed({locality(1)})[0].unusable);
  EXPECT_TRUE(replayed({event(0, kNoAction, {"StartupLocality\0", 16})})[0].unusable);
}

TEST(Replay, A75_AnEventWithoutTheBanksDigestMakesItsPcrUnusable) {
  BootEvent sha1_only = event(4, kEfiAction, "a");
  sha1_only.digests = {crypto::hash(HashAlg::kSha1, as_bytes("a"))};
  const ReplayedBank bank = replayed({sha1_only, event(5, kEfiAction, "x")});
  ASSERT_TRUE(bank[4].unusable);
  EXPECT_EQ(*bank[4].unusable, "an event (EV_EFI_ACTION) has no digest in bank sha256");
  EXPECT_FALSE(bank[5].unusable);
}

}  // namespace
}  // namespace seaworthy::eventlog
