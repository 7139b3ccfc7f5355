#include "verifier/shared_key.h"

#include <gtest/gtest.h>

#include "api/meta.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::verifier {
namespace {

class SharedKeyTest : public ::testing::Test {
 protected:
  Result<crypto::SealKey> take() {
    return shared_key(*client_, "seaworthy-system", random_,
                      kube::call_within(clock_, seconds(5), {}));
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = server_.client();
};

TEST_F(SharedKeyTest, A50_EveryReplicaHasTheSameKeyAlsoAfterARestart) {
  const auto first = take();
  const auto second = take();
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_TRUE(same_bytes(first->bytes(), second->bytes()));
}

TEST_F(SharedKeyTest, WhoIsSecondTakesWhatTheFirstMade) {
  bool raced = false;
  server_.on_request([&](const std::string& request) {
    if (!raced && request.starts_with("POST")) {
      raced = true;
      codec::Json secret = api::object_header("v1", "Secret", kSharedKeySecret, "seaworthy-system");
      secret["data"] = {{"hmac", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}};
      server_.put(kube::kSecrets, secret);
    }
  });
  const auto key = take();
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_TRUE(same_bytes(key->bytes(), Bytes(32, 1)));
}

TEST_F(SharedKeyTest, ASecretThatHoldsNoKeyIsAnErrorNotANewKey) {
  codec::Json secret = api::object_header("v1", "Secret", kSharedKeySecret, "seaworthy-system");
  secret["data"] = {{"hmac", "AQE="}};
  server_.put(kube::kSecrets, secret);
  EXPECT_EQ(take().error().code(), ErrorCode::kMalformed);
}

}  // namespace
}  // namespace seaworthy::verifier
