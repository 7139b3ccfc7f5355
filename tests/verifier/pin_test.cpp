#include "verifier/pin.h"

#include <gtest/gtest.h>

namespace seaworthy::verifier {
namespace {

using Kind = PinDecision::Kind;
const std::string kEk = "sha256:" + std::string(64, '1');
const std::string kOtherEk = "sha256:" + std::string(64, '2');

api::NodeAttestation record(const std::string& pin, const std::string& enrolled_ek = "",
                            const std::string& enrolled_ak = "", const std::string& uid = "uid-1") {
  api::NodeAttestation out;
  out.meta.name = "n1";
  out.ek_hash = pin;
  if (!enrolled_ek.empty()) {
    out.identity = api::NodeIdentity{};
    out.identity->node_uid = NodeUid(uid);
    out.identity->ek_hash = enrolled_ek;
    out.identity->ak_name = enrolled_ak;
  }
  return out;
}

struct PinRow {
  const char* name;
  api::NodeAttestation record;
  api::EnrolmentRule rule;
  std::vector<NodeName> others;
  Kind kind;
  const char* reason;
};

class Pin : public ::testing::TestWithParam<PinRow> {};

TEST_P(Pin, IsDecided) {
  const PinRow& row = GetParam();
  const PinDecision decision = decide_pin({.node = NodeName("n1"),
                                           .node_uid = NodeUid("uid-1"),
                                           .ek_hash = kEk,
                                           .ak_name = "aa",
                                           .record = row.record,
                                           .rule = row.rule,
                                           .others = row.others});
  EXPECT_EQ(decision.kind, row.kind);
  EXPECT_EQ(decision.reason, row.reason);
  EXPECT_EQ(decision.message.empty(), decision.reason == "Enrolled");
  EXPECT_EQ(decision.also_alarm, row.others);
}

constexpr auto kInventory = api::EnrolmentRule::kInventory;
constexpr auto kManual = api::EnrolmentRule::kManual;
constexpr auto kCertified = api::EnrolmentRule::kCertifiedTpm;

INSTANTIATE_TEST_SUITE_P(
    Table, Pin,
    ::testing::Values(
        PinRow{"CertifiedTpmPinsTheFirst", record(""), kCertified, {}, Kind::kPin, "Enrolled"},
        PinRow{"ManualWaits", record(""), kManual, {}, Kind::kWait, "PendingApproval"},
        PinRow{"InventoryWaits", record(""), kInventory, {}, Kind::kWait, "NotInInventory"},
        PinRow{"InventoryListed", record(kEk), kInventory, {}, Kind::kKeep, "Enrolled"},
        PinRow{"ManualApproved", record(kEk), kManual, {}, Kind::kKeep, "Enrolled"},
        PinRow{"SameAgain", record(kEk, kEk, "aa"), kCertified, {}, Kind::kKeep, "Enrolled"},
        PinRow{"A20_AnotherTpmThanPinned",
               record(kOtherEk),
               kCertified,
               {},
               Kind::kRefuse,
               "EkNotPinned"},
        PinRow{"A20_AnotherTpmThanEnrolled",
               record("", kOtherEk, "bb"),
               kCertified,
               {},
               Kind::kRefuse,
               "EkChanged"},
        PinRow{"A27_AnotherAkOfTheSameTpm",
               record(kEk, kEk, "bb"),
               kCertified,
               {},
               Kind::kRefuse,
               "AkChanged"},
        PinRow{"ANewNodeOfTheSameNameKeepsThePin",
               record(kEk, kEk, "bb", "uid-0"),
               kCertified,
               {},
               Kind::kKeep,
               "Enrolled"},
        PinRow{"A22_TheTpmOfAnotherNode",
               record(""),
               kCertified,
               {NodeName("n2")},
               Kind::kRefuse,
               "DuplicateTpm"},
        PinRow{"A53_AlsoIfPinnedHere",
               record(kEk, kEk, "aa"),
               kManual,
               {NodeName("n2")},
               Kind::kRefuse,
               "DuplicateTpm"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace seaworthy::verifier
