#include "controller/keys.h"

#include <gtest/gtest.h>

#include "controller/world.h"

namespace seaworthy::controller {
namespace {

using std::chrono::seconds;

TEST(Keys, RemovesTheExpiredAndAsksAgainForTheNext) {
  testing::FakeClock clock;
  const testing::TestSigner a, b, c;
  const auto jwk = [&](const testing::TestSigner& signer, seconds from_now) {
    return token::to_jwk_text(
        token::Jwk::of(signer.key().public_key(), "seaworthy-operator", clock.now() + from_now));
  };
  ConfigMap jwks;
  jwks.data = {{"a", jwk(a, seconds(-61))},
               {"b", jwk(b, seconds(-30))},
               {"c", jwk(c, seconds(500))},
               {"new-kind", R"({"kty":"AKP"})"}};
  const KeysDecision decision = decide(jwks, clock.now());
  EXPECT_EQ(decision.expired, std::vector<std::string>{"a"});
  EXPECT_EQ(decision.next_check, clock.now() + seconds(30));
}

TEST(Keys, NothingExpiresWhatHasNoEnd) {
  testing::FakeClock clock;
  const testing::TestSigner a;
  ConfigMap jwks;
  jwks.data = {{"a", token::to_jwk_text(a.jwk())}};
  EXPECT_TRUE(decide(jwks, clock.now()).expired.empty());
  EXPECT_FALSE(decide(jwks, clock.now()).next_check);
}

}  // namespace
}  // namespace seaworthy::controller
