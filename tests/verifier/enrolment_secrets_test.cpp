#include "verifier/enrolment_secrets.h"

#include <gtest/gtest.h>

#include <set>

#include "support/fake_random.h"

namespace seaworthy::verifier {
namespace {

const Time kNow = Time::from_unix(seconds(1'800'000'000));
const NodeUid kNode("node-uid-1");

class SessionTest : public ::testing::Test {
 protected:
  // An answer as an honest agent gives it, whose TPM has released the secret.
  api::ActivateRequest answer() {
    const Bytes session = sessions_.start(kNode, "pod", request_, kNow);
    return {session, EnrolmentSessions::proof(sessions_.secret(session), session), request_};
  }

  testing::FakeRandom random_;
  crypto::SealKey key_ = crypto::SealKey::generate(random_);
  EnrolmentSessions sessions_{key_, random_};
  api::EnrolRequest request_{{Bytes{1, 2}, Bytes{3}}, Bytes{4, 5}, Bytes{6, 7}};
};

TEST_F(SessionTest, AnotherReplicaAcceptsTheAnswer) {
  const EnrolmentSessions replica(key_, random_);
  EXPECT_TRUE(replica.check(answer(), kNode, "pod", kNow + seconds(60)));
}

TEST_F(SessionTest, R5_SecretsAreFreshPerSession) {
  std::set<Bytes> secrets;
  for (int i = 0; i < 100; ++i) {
    secrets.insert(sessions_.secret(sessions_.start(kNode, "pod", request_, kNow)));
  }
  EXPECT_EQ(secrets.size(), 100u);
}

TEST_F(SessionTest, A18_RefusesALateOrForeignAnswer) {
  EXPECT_FALSE(sessions_.check(answer(), kNode, "pod", kNow + seconds(61)));
  EXPECT_FALSE(sessions_.check(answer(), NodeUid("node-uid-2"), "pod", kNow));
  EXPECT_FALSE(sessions_.check(answer(), kNode, "pod-2", kNow));
}

TEST_F(SessionTest, A05_RefusesAnAnswerForAnotherKeyOrCertificate) {
  for (auto change : {+[](api::EnrolRequest& r) { r.ak_public[0] ^= 1; },
                      +[](api::EnrolRequest& r) { r.ek_public[0] ^= 1; },
                      +[](api::EnrolRequest& r) { r.ek_certificates[0][0] ^= 1; },
                      +[](api::EnrolRequest& r) {
                        r.ek_certificates = {Bytes{1, 2, 3}};
                      }}) {
    api::ActivateRequest a = answer();
    change(a.enrol);
    EXPECT_FALSE(sessions_.check(a, kNode, "pod", kNow));
  }
}

TEST_F(SessionTest, A24_AllRefusalsReadTheSame) {
  std::set<std::string> messages;
  api::ActivateRequest wrong_proof = answer();
  wrong_proof.proof[0] ^= 1;
  api::ActivateRequest wrong_session = answer();
  wrong_session.session[0] ^= 1;
  api::ActivateRequest no_proof = answer();
  no_proof.proof.clear();
  for (const auto& a : {wrong_proof, wrong_session, no_proof}) {
    const auto result = sessions_.check(a, kNode, "pod", kNow);
    ASSERT_FALSE(result);
    messages.insert(result.error().message());
  }
  EXPECT_EQ(messages.size(), 1u);
}

TEST(Statement, IsBelievedForItsSeal) {
  testing::FakeRandom random;
  const auto key = crypto::SealKey::generate(random);
  const EnrolmentStatement statement{NodeName("n1"), NodeUid("u1"),
                                     "sha256:00",    Bytes{1, 2, 3},
                                     Bytes{4},       crypto::sha256(as_bytes("c")),
                                     true,           Time::from_unix(seconds(5))};
  std::string sealed = seal_statement(key, statement);
  const auto opened = open_statement(key, sealed);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->node, statement.node);
  EXPECT_EQ(opened->node_uid, statement.node_uid);
  EXPECT_EQ(opened->ek_hash, statement.ek_hash);
  EXPECT_EQ(opened->ak_public, statement.ak_public);
  EXPECT_EQ(opened->ek_public, statement.ek_public);
  EXPECT_EQ(opened->certificates, statement.certificates);
  EXPECT_TRUE(opened->ak_certified);
  EXPECT_EQ(opened->enrolled, statement.enrolled);

  EXPECT_FALSE(open_statement(crypto::SealKey::generate(random), sealed));
  sealed[4] = sealed[4] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(open_statement(key, sealed));
}

TEST(Statement, ANonceOrSessionIsNoStatement) {
  testing::FakeRandom random;
  const auto key = crypto::SealKey::generate(random);
  const Bytes other = crypto::seal(key, "seaworthy/nonce/v1", Bytes{1});
  EXPECT_FALSE(open_statement(key, "not base64"));
  EXPECT_FALSE(open_statement(key, std::string(as_text(other))));
}

}  // namespace
}  // namespace seaworthy::verifier
