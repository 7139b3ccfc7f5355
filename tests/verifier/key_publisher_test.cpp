#include "verifier/key_publisher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"
#include "token/jwks.h"

namespace seaworthy::verifier {
namespace {

class KeyPublisherTest : public ::testing::Test {
 protected:
  bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 500 && !holds(); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    return holds();
  }
  std::optional<codec::Json> keys() const {
    return server_.find(kube::kConfigMaps, {"seaworthy-system", kKeysConfigMap});
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = server_.client();
  ResultSigner signer_{"seaworthy-operator", random_};
  std::atomic<int> problems_ = 0;
  KeyPublisher publisher_{*client_, signer_, "seaworthy-system", clock_,
                          [this](const std::string&) { ++problems_; }};
};

TEST_F(KeyPublisherTest, PublishesAKeyThatSaysWhoseItIsAndUntilWhen) {
  publisher_.start();
  ASSERT_TRUE(eventually([&] { return publisher_.published(); }));
  const auto jwk =
      token::parse_jwk(keys()->at("data").at(signer_.key_id()).get_ref<const std::string&>());
  ASSERT_TRUE(jwk) << jwk.error().message();
  EXPECT_EQ(jwk->verifier, "seaworthy-operator");
  EXPECT_EQ(*jwk->not_after, clock_.now() + kKeyLife);
}

TEST_F(KeyPublisherTest, ReplicasDoNotOverwriteOneAnother) {
  const ResultSigner other("seaworthy-operator", random_);
  const auto call = kube::call_within(clock_, seconds(5), {});
  ASSERT_TRUE(other.publish(*client_, "seaworthy-system", clock_.now(), call));
  ASSERT_TRUE(signer_.publish(*client_, "seaworthy-system", clock_.now(), call));
  EXPECT_TRUE(keys()->at("data").contains(other.key_id()));
  EXPECT_TRUE(keys()->at("data").contains(signer_.key_id()));
}

TEST_F(KeyPublisherTest, PublishesAgainWhatSomebodyRemoved) {
  publisher_.start();
  ASSERT_TRUE(eventually([&] { return publisher_.published(); }));
  server_.erase(kube::kConfigMaps, {"seaworthy-system", kKeysConfigMap});
  publisher_.observed(false);
  EXPECT_TRUE(eventually([&] { return keys().has_value(); }));
}

TEST_F(KeyPublisherTest, TriesAgainAfterAFailure) {
  server_.fail_next(1, 500);
  publisher_.start();
  EXPECT_TRUE(eventually([&] { return publisher_.published(); }));
  EXPECT_EQ(problems_, 1);
}

}  // namespace
}  // namespace seaworthy::verifier
