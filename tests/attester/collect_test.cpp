#include "attester/collect.h"

#include <gtest/gtest.h>

#include "attester/fakes.h"
#include "codec/hex.h"
#include "tpm/qualifying_data.h"

namespace seaworthy::attester {
namespace {

using testing::append_file;
using testing::ima_entries;
using testing::write_file;

class CollectTest : public ::testing::Test {
 protected:
  CollectTest() {
    write_file(log_path_, log_);
    write_file(ima_path_, ima_entries(0, 5));
    challenge_ = {.nonce = {1, 2, 3},
                  .node_uid = NodeUid("uid"),
                  .expires_seconds = 60,
                  .selection = {{.bank = "sha256", .pcrs = {0, 1, 10, 14}}},
                  .boot_log_known = {},
                  .userspace_log_known = {},
                  .ima_from = 0,
                  .interval_seconds = 30};
  }

  Result<Evidence> collect_now(BootLog boot_log = BootLog::kIfUnknown) {
    return collect({.device = device_,
                    .boot_log_path = log_path_,
                    .userspace_log_path = userspace_path_,
                    .ima = ima_},
                   challenge_, {.ak_name = ak_name_, .token = "token"}, boot_log, checkpoint_);
  }

  testing::TempFolder folder_;
  const std::string log_path_ = folder_ / "log";
  std::string userspace_path_ = folder_ / "tpm2-measure.log";
  const std::string ima_path_ = folder_ / "ima";
  const Bytes log_ = Bytes(1000, 3);
  const Bytes ak_name_ = Bytes(34, 8);
  testing::FakeDevice device_;
  ImaHistory ima_{{.list = ima_path_}};
  api::ChallengeMessage challenge_;
  Carried checkpoint_;
};

TEST_F(CollectTest, A105_TheListBeginsWhereTheCheckpointEnds) {
  struct Row {
    std::uint64_t asked;
    bool whole;
    std::uint64_t verified;  // by the checkpoint
    std::uint64_t begins;
  };
  for (const Row& row : {Row{0, false, 3, 3}, Row{2, false, 3, 3}, Row{4, false, 3, 4},
                         Row{0, true, 3, 0}, Row{0, false, 9, 0}}) {
    challenge_.ima_from = row.asked;
    challenge_.ima_whole = row.whole;
    checkpoint_ = api::CheckpointMessage{row.verified, {7}};
    const auto evidence = collect_now();
    ASSERT_TRUE(evidence) << evidence.error().message();
    EXPECT_EQ(evidence->request.checkpoint, Bytes{7});
    EXPECT_EQ(evidence->request.ima->from, row.begins) << row.asked << row.whole << row.verified;
  }
  checkpoint_.reset();
  EXPECT_FALSE(collect_now()->request.checkpoint);
}

TEST_F(CollectTest, AnswersTheChallenge) {
  const auto evidence = collect_now();
  ASSERT_TRUE(evidence) << evidence.error().message();
  const api::AttestRequest& request = evidence->request;
  EXPECT_EQ(request.nonce, challenge_.nonce);
  EXPECT_EQ(request.attested, (Bytes{1, 2, 3}));
  EXPECT_EQ(request.signature, (Bytes{4, 5}));
  ASSERT_EQ(request.pcrs.at("sha256").size(), 4u);
  EXPECT_EQ(request.pcrs.at("sha256").at(14), Bytes(32, 14));
  EXPECT_EQ(request.boot_log_digest, codec::to_hex(crypto::sha256(log_).bytes()));
  EXPECT_EQ(request.boot_log, log_);
  ASSERT_TRUE(request.ima);
  EXPECT_EQ(request.ima->from, 0u);
  EXPECT_EQ(request.ima->entries, ima_entries(0, 5));
  EXPECT_EQ(evidence->ima_entries, 5u);
}

TEST_F(CollectTest, A85_SendsTheLogOfSystemdIfTheVerifierReadsItAndDoesNotKnowIt) {
  const Bytes log = to_bytes(as_bytes("a record"));
  challenge_.userspace_log_known = "";
  EXPECT_FALSE(collect_now()->request.userspace_log) << "there is none, which is no error";
  write_file(userspace_path_, log);
  EXPECT_EQ(collect_now()->request.userspace_log, log);
  challenge_.boot_log_known = codec::to_hex(crypto::sha256(log_).bytes());
  EXPECT_EQ(collect_now()->request.userspace_log, log);
  challenge_.userspace_log_known = codec::to_hex(crypto::sha256(log).bytes());
  EXPECT_FALSE(collect_now()->request.userspace_log);
  EXPECT_EQ(collect_now(BootLog::kAlways)->request.userspace_log, log);
  challenge_.boot_log_known.reset();  // the two are read together
  EXPECT_EQ(collect_now()->request.userspace_log, log);
  challenge_.userspace_log_known.reset();  // an older verifier would refuse the field
  EXPECT_FALSE(collect_now()->request.userspace_log);
  challenge_.userspace_log_known = "";
  write_file(userspace_path_, Bytes(api::kMaxUserspaceLogBytes + 1, 'x'));
  EXPECT_FALSE(collect_now());
  userspace_path_.clear();
  EXPECT_TRUE(collect_now());
}

TEST_F(CollectTest, R7_TheQuoteIsBoundToNonceNodeKeyTokenAndSelection) {
  ASSERT_TRUE(collect_now());
  const std::vector<tpm::PcrSelection> selection{
      {.bank = crypto::HashAlg::kSha256,
       .pcrs = {tpm::PcrIndex::at<0>(), tpm::PcrIndex::at<1>(), tpm::PcrIndex::at<10>(),
                tpm::PcrIndex::at<14>()}}};
  const auto channel = channel_binding("token");
  const auto expected = tpm::qualifying_data({.nonces = {challenge_.nonce},
                                              .node_uid = challenge_.node_uid,
                                              .ak_name = ak_name_,
                                              .channel = channel.bytes(),
                                              .selection = selection});
  EXPECT_EQ(device_.qualifying.front(), to_bytes(expected.bytes()));
}

TEST_F(CollectTest, A90_TheListIsReadAfterTheQuoteAndNothingIsTriedTwice) {
  device_.during_quote = [this] { append_file(ima_path_, ima_entries(5, 1)); };
  const auto evidence = collect_now();
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->request.ima->entries, ima_entries(0, 6));
  EXPECT_EQ(device_.quotes, 1);
}

TEST_F(CollectTest, SendsEntriesFromWhereTheVerifierStands) {
  challenge_.ima_from = 3;
  const auto evidence = collect_now();
  EXPECT_EQ(evidence->request.ima->from, 3u);
  EXPECT_EQ(evidence->request.ima->entries, ima_entries(3, 2));
}

TEST_F(CollectTest, DoesNotSendABootLogThatIsKnown) {
  challenge_.boot_log_known = codec::to_hex(crypto::sha256(log_).bytes());
  EXPECT_FALSE(collect_now()->request.boot_log);
  EXPECT_EQ(collect_now(BootLog::kAlways)->request.boot_log, log_);
}

TEST_F(CollectTest, ANodeWithoutBootLogSendsAnEmptyOne) {
  std::filesystem::remove(log_path_);
  const auto evidence = collect_now();
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->request.boot_log, Bytes());
  EXPECT_EQ(evidence->request.boot_log_digest, codec::to_hex(crypto::sha256(Bytes()).bytes()));
}

TEST_F(CollectTest, ANodeWithoutImaListSendsNone) {
  std::filesystem::remove(ima_path_);
  const auto evidence = collect_now();
  ASSERT_TRUE(evidence);
  EXPECT_FALSE(evidence->request.ima);
}

TEST_F(CollectTest, AnImaListThatWentAwayIsAnErrorAndNotANodeWithoutOne) {
  ASSERT_TRUE(collect_now());
  std::filesystem::remove(ima_path_);
  EXPECT_EQ(collect_now().error().code(), ErrorCode::kUnavailable);
}

TEST_F(CollectTest, RefusesAChallengeForNothing) {
  challenge_.selection.clear();
  EXPECT_EQ(collect_now().error().code(), ErrorCode::kMalformed);
  challenge_.selection = {{.bank = "md5", .pcrs = {1}}};
  EXPECT_EQ(collect_now().error().code(), ErrorCode::kMalformed);
  challenge_.selection = {{.bank = "sha256", .pcrs = {24}}};
  EXPECT_EQ(collect_now().error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(device_.quotes, 0);
}

TEST_F(CollectTest, RefusesABootLogAboveTheLimit) {
  write_file(log_path_, Bytes(api::kMaxBootLogBytes));
  EXPECT_TRUE(collect_now());
  write_file(log_path_, Bytes(api::kMaxBootLogBytes + 1));
  EXPECT_EQ(collect_now().error().code(), ErrorCode::kMalformed);
}

TEST_F(CollectTest, SaysThatTheImaListDoesNotFitIntoOneMessage) {
  const Bytes thousand = ima_entries(0, 1000);
  Bytes many;
  while (many.size() <= api::kMaxImaBytes) {
    append(many, thousand);
  }
  write_file(ima_path_, many);
  const auto evidence = collect_now();
  ASSERT_TRUE(evidence);
  EXPECT_FALSE(evidence->ima_complete);
  EXPECT_LE(evidence->request.ima->entries.size(), api::kMaxImaBytes);
}

TEST_F(CollectTest, AnErrorOfTheTpmIsPassedOn) {
  device_.broken = unavailable("no TPM");
  EXPECT_EQ(collect_now().error().message(), "no TPM");
}

}  // namespace
}  // namespace seaworthy::attester
