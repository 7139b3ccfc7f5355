#include "verifier/claims.h"

#include <gtest/gtest.h>

namespace seaworthy::verifier {
namespace {

api::NodeAttestation record(const std::string& pin, const std::string& ek, const std::string& ak) {
  api::NodeAttestation out;
  out.ek_hash = pin;
  out.identity = api::NodeIdentity{};
  out.identity->ek_hash = ek;
  out.identity->ak_name = ak;
  return out;
}

const NodeName kA("a"), kB("b");

TEST(ClaimIndex, A22_FindsTheOtherNodeByPinEkOrAk) {
  ClaimIndex index;
  const auto a = record("pin-a", "ek-a", "ak-a");
  index.update(kA, &a);
  EXPECT_EQ(index.others(kB, "pin-a", "x"), std::vector{kA});
  EXPECT_EQ(index.others(kB, "ek-a", "x"), std::vector{kA});
  EXPECT_EQ(index.others(kB, "x", "ak-a"), std::vector{kA});
  EXPECT_TRUE(index.others(kB, "x", "y").empty());
  EXPECT_TRUE(index.others(kA, "ek-a", "ak-a").empty()) << "a node does not contradict itself";
}

TEST(ClaimIndex, ForgetsWhatARecordNoLongerSays) {
  ClaimIndex index;
  auto a = record("", "ek-1", "ak");
  index.update(kA, &a);
  a = record("", "ek-2", "ak");
  index.update(kA, &a);
  EXPECT_TRUE(index.others(kB, "ek-1", "x").empty());
  EXPECT_EQ(index.others(kB, "ek-2", "x"), std::vector{kA});
  index.update(kA, nullptr);
  EXPECT_TRUE(index.others(kB, "ek-2", "ak").empty());
}

TEST(ClaimIndex, AnEmptyPinIsNoClaim) {
  ClaimIndex index;
  const auto a = record("", "", "");
  index.update(kA, &a);
  EXPECT_TRUE(index.others(kB, "", "").empty());
}

}  // namespace
}  // namespace seaworthy::verifier
