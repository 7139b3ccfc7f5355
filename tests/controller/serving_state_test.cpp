#include <gtest/gtest.h>

#include "controller/serving.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::controller {
namespace {

const std::vector<std::string> kNames = {"seaworthy-webhook.seaworthy-system.svc"};

class ServingState : public ::testing::Test {
 protected:
  CaState step(CaState state) {
    auto next = advance(std::move(state), clock_.now(), random_);
    EXPECT_TRUE(next) << next.error().message();
    return *std::move(next);
  }
  std::string bundle_now(const CaState& state) { return bundle(state, clock_.now()); }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
};

TEST_F(ServingState, MakesACaAndThenLeavesItAlone) {
  const CaState first = step({});
  ASSERT_TRUE(first.current);
  EXPECT_TRUE(first.current->certificate.is_ca());
  EXPECT_EQ(ca_data(step(first)), ca_data(first));
  EXPECT_EQ(next_due(first), renewal_of(first.current->certificate));
}

TEST_F(ServingState, SurvivesBeingWrittenAndRead) {
  CaState state = step({});
  clock_.advance(kCaLife * 2 / 3);
  state = step(state);
  ASSERT_TRUE(state.next);
  EXPECT_EQ(ca_data(parse_ca(ca_data(state))), ca_data(state));
}

TEST_F(ServingState, ANewCaIsPublishedBeforeItSignsAndTheOldStaysUntilItExpires) {
  const CaState old = step({});
  const std::string old_pem = old.current->certificate.to_pem();
  clock_.advance(kCaLife * 2 / 3);
  const CaState both = step(old);
  ASSERT_TRUE(both.next);
  EXPECT_EQ(both.current->certificate.to_pem(), old_pem) << "still signs";
  const std::string new_pem = both.next->certificate.to_pem();
  EXPECT_EQ(bundle_now(both), old_pem + new_pem);

  clock_.advance(kCaOverlap - milliseconds(1));
  EXPECT_EQ(ca_data(step(both)), ca_data(both));
  clock_.advance(milliseconds(1'000));
  const CaState promoted = step(both);
  EXPECT_EQ(promoted.current->certificate.to_pem(), new_pem);
  EXPECT_FALSE(promoted.next);
  EXPECT_EQ(bundle_now(promoted), new_pem + old_pem);

  clock_.advance(kCaLife / 3);
  EXPECT_EQ(bundle_now(step(promoted)), new_pem);
  EXPECT_TRUE(step(promoted).previous.empty());
}

TEST_F(ServingState, AnExpiredOrBrokenCaIsReplacedAtOnce) {
  CaState state = step({});
  const std::string old_pem = state.current->certificate.to_pem();
  clock_.advance(kCaLife);
  EXPECT_NE(step(state).current->certificate.to_pem(), old_pem);
  auto data = ca_data(state);
  data["tls.key"] = ca_data(step({}))["tls.key"];  // of another certificate
  EXPECT_FALSE(parse_ca(data).current);
  data["tls.key"] = "nonsense";
  EXPECT_FALSE(parse_ca(data).current);
}

TEST_F(ServingState, ALeafIsGoodForTwoThirdsOfItsLifeUnderItsCaAndNames) {
  const CaState ca = step({});
  const auto leaf = make_leaf(*ca.current, kNames, clock_.now(), random_);
  ASSERT_TRUE(leaf) << leaf.error().message();
  const auto data = leaf_data(*leaf, *ca.current, bundle_now(ca));
  const auto good = [&](const auto& d, const auto& names, const CertifiedKey& issuer) {
    return leaf_is_good(d, names, issuer, clock_.now());
  };
  EXPECT_TRUE(good(data, kNames, *ca.current));
  EXPECT_FALSE(good(data, std::vector<std::string>{"other.svc"}, *ca.current));
  EXPECT_FALSE(good(data, kNames, *step({}).current)) << "another CA";
  auto broken = data;
  broken["tls.key"] = "";
  EXPECT_FALSE(good(broken, kNames, *ca.current));
  EXPECT_FALSE(good(std::map<std::string, std::string>{}, kNames, *ca.current));
  clock_.advance(renewal_of(leaf->certificate) - clock_.now() - milliseconds(1));
  EXPECT_TRUE(good(data, kNames, *ca.current));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(good(data, kNames, *ca.current));
}

TEST_F(ServingState, ALeafNeverOutlivesItsCa) {
  const CaState ca = step({});
  clock_.advance(kCaLife - std::chrono::hours(24));
  const auto leaf = make_leaf(*ca.current, kNames, clock_.now(), random_);
  ASSERT_TRUE(leaf);
  EXPECT_LE(leaf->certificate.not_after(), ca.current->certificate.not_after());
}

}  // namespace
}  // namespace seaworthy::controller
