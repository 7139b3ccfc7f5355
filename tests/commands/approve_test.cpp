#include "commands/approve.h"

#include <gtest/gtest.h>

#include "api/attestation.h"
#include "api/policy.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"

namespace seaworthy::commands {
namespace {

const std::string kEk = "sha256:" + std::string(64, '1');
const std::string kOther = "sha256:" + std::string(64, '2');

class ApproveTest : public ::testing::Test {
 protected:
  void put_waiting(const std::string& pin = "") {
    codec::Json record = api::object_header(api::kGroupVersion, "NodeAttestation", "n1");
    record["spec"] = codec::Json::object();
    if (!pin.empty()) {
      record["spec"]["ekHash"] = pin;
    }
    record["status"]["pending"] = {
        {"ekHash", kEk}, {"akName", "000b"}, {"sinceTime", "2026-11-24T13:34:05Z"}};
    server_.put(kube::kNodeAttestations, record);
  }
  Result<std::string> ask(const std::string& ek_hash = "") {
    return approve(*client_, {.node = "n1", .ek_hash = ek_hash}, {},
                   kube::call_within(clock_, seconds(5), {}));
  }
  std::string pin() const {
    return server_.find(kube::kNodeAttestations, kube::cluster_key("n1"))
        ->at("spec")
        .value("ekHash", "");
  }

  testing::FakeClock clock_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = server_.client();
};

TEST_F(ApproveTest, PinsTheTpmThatWaits) {
  put_waiting();
  const auto text = ask();
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, "nodeattestation/n1 approved: TPM " + kEk + "\n");
  EXPECT_EQ(pin(), kEk);
  EXPECT_EQ(*ask(), "nodeattestation/n1 unchanged: TPM " + kEk + "\n");
}

TEST_F(ApproveTest, RefusesAnotherTpmThanTheOneNamed) {
  put_waiting();
  EXPECT_EQ(ask(kOther).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(pin(), "");
}

TEST_F(ApproveTest, NeverRepinsSilently) {
  put_waiting(kOther);
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("kubectl delete nodeattestation n1"), std::string::npos);
  EXPECT_EQ(pin(), kOther);
}

TEST_F(ApproveTest, ListsATpmBeforehand) {
  EXPECT_EQ(ask().error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(ask(kEk));
  EXPECT_EQ(pin(), kEk);
}

TEST_F(ApproveTest, SaysWhatAHashLooksLike) {
  EXPECT_EQ(ask("sha256:zz").error().code(), ErrorCode::kMalformed);
}

}  // namespace
}  // namespace seaworthy::commands
