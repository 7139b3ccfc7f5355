#include "tpm/qualifying_data.h"

#include <gtest/gtest.h>

#include "codec/hex.h"

namespace seaworthy::tpm {
namespace {

const Bytes kNonce(48, 0xA0);
const Bytes kOtherNonce(48, 0xA1);
const NodeUid kUid("7b0c9b3e-2f43-4d0a-9a9b-3f0a8b1c2d3e");
const Bytes kAkName(34, 0x0B);
const Bytes kChannel(32, 0xC0);
const std::vector<PcrSelection> kSelection = {{crypto::HashAlg::kSha256, PcrMask::range<0, 10>()}};

QualifyingData some() {
  return {{kNonce}, kUid, kAkName, kChannel, kSelection};
}

TEST(QualifyingData, IsTheDocumentedHash) {
  // Computed independently from docs/agent-protocol.md.
  EXPECT_EQ(codec::to_hex(qualifying_data(some()).bytes()),
            "c79d117d4809483c7a95e946011afa0448f796ab8aa1038043f98b39007362fd");
}

TEST(QualifyingData, R7_ChangesWithEveryPart) {
  const crypto::Digest base = qualifying_data(some());
  EXPECT_NE(base, qualifying_data({{kOtherNonce}, kUid, kAkName, kChannel, kSelection}));
  EXPECT_NE(base, qualifying_data({{}, kUid, kAkName, kChannel, kSelection}));
  EXPECT_NE(base, qualifying_data({{kNonce, kNonce}, kUid, kAkName, kChannel, kSelection}));
  const NodeUid other_uid("other");
  EXPECT_NE(base, qualifying_data({{kNonce}, other_uid, kAkName, kChannel, kSelection}));
  const Bytes other(34, 0x0C);
  EXPECT_NE(base, qualifying_data({{kNonce}, kUid, other, kChannel, kSelection}));
  EXPECT_NE(base, qualifying_data({{kNonce}, kUid, kAkName, other, kSelection}));
  const std::vector<PcrSelection> fewer = {{crypto::HashAlg::kSha256, PcrMask::range<0, 9>()}};
  EXPECT_NE(base, qualifying_data({{kNonce}, kUid, kAkName, kChannel, fewer}));
}

TEST(QualifyingData, HasNoTwoReadings) {
  const Bytes a{1, 2}, b{3}, c{1}, d{2, 3};
  EXPECT_NE(qualifying_data({{a, b}, kUid, kAkName, kChannel, kSelection}),
            qualifying_data({{c, d}, kUid, kAkName, kChannel, kSelection}));
}

}  // namespace
}  // namespace seaworthy::tpm
