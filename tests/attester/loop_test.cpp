#include "attester/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "attester/fakes.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"
#include "tpm/attest.h"

namespace seaworthy::attester {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeVerifier;

using Targets = std::vector<std::string>;

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() {
    testing::write_file(folder_ / "log", Bytes(100, 1));
    testing::write_file(folder_ / "ima", testing::ima_entries(0, 3));
  }

  // Steps until the loop would wait.
  milliseconds settle() {
    for (int i = 0; i < 50; ++i) {
      const milliseconds wait = loop_.step({});
      if (wait.count() > 0) {
        return wait;
      }
    }
    ADD_FAILURE() << "the loop does not come to rest";
    return milliseconds{0};
  }
  // Lets time pass as run() would.
  void pass(milliseconds whole) {
    while (whole.count() > 0) {
      const milliseconds wait = std::min(settle(), whole);
      clock_.advance(wait);
      whole -= wait;
    }
    settle();
  }
  Targets newly_asked() {
    Targets out(verifier_.asked.begin() + static_cast<std::ptrdiff_t>(seen_),
                verifier_.asked.end());
    seen_ = verifier_.asked.size();
    return out;
  }
  void run_something(int number) {
    testing::append_file(folder_ / "ima", testing::ima_entry(number));
  }

  testing::TempFolder folder_;
  seaworthy::testing::FakeClock clock_;
  seaworthy::testing::FakeRandom random_;
  testing::FakeDevice device_;
  FakeVerifier verifier_;
  testing::RecordingObserver observer_;
  std::string token_ = "token";
  std::size_t seen_ = 0;
  Loop loop_{{.device = device_,
              .client = verifier_,
              .token = [this]() -> Result<std::string> { return token_; },
              .clock = clock_,
              .random = random_,
              .observer = observer_},
             {.boot_log_path = folder_ / "log",
              .ima_path = folder_ / "ima",
              .state_folder = folder_ / "state"}};
};

TEST_F(LoopTest, EnrolsAndAttestsAtOnce) {
  settle();
  EXPECT_EQ(newly_asked(),
            (Targets{"/v1/challenge", "/v1/enrol", "/v1/enrol/activate", "/v1/attest"}));
  EXPECT_EQ(observer_.enrolments, 1);
  EXPECT_EQ(observer_.attestations, std::vector<bool>{false});
}

TEST_F(LoopTest, AnEnrolledNodeDoesNotEnrolAgain) {
  verifier_.enrolled = true;
  settle();
  EXPECT_EQ(newly_asked(), (Targets{"/v1/challenge", "/v1/attest"}));
}

TEST_F(LoopTest, InSteadyStateOnePostPerInterval) {
  verifier_.enrolled = true;
  settle();
  newly_asked();
  pass(seconds(300));
  const Targets asked = newly_asked();
  EXPECT_GE(asked.size(), 10u);
  EXPECT_LE(asked.size(), 11u);  // intervals are shortened by up to a twentieth, never lengthened
  for (const std::string& target : asked) {
    EXPECT_EQ(target, "/v1/attest");
  }
}

TEST_F(LoopTest, SendsAtOnceWhenSomethingRan) {
  verifier_.enrolled = true;
  pass(seconds(5));
  newly_asked();
  run_something(3);
  pass(milliseconds(750));
  EXPECT_EQ(newly_asked(), Targets{"/v1/attest"});
  EXPECT_EQ(observer_.attestations.back(), true);
  EXPECT_EQ(verifier_.evidence.back().ima->entries, testing::ima_entries(0, 4));
}

TEST_F(LoopTest, CoalescesWhatRunsInOneGo) {
  verifier_.enrolled = true;
  pass(seconds(5));
  newly_asked();
  for (int i = 3; i < 300; ++i) {
    run_something(i);
    pass(milliseconds(100));  // 30 seconds of a busy node
  }
  pass(seconds(15));
  const Targets asked = newly_asked();
  EXPECT_LE(asked.size(), 9u);
  EXPECT_EQ(verifier_.evidence.back().ima->entries, testing::ima_entries(0, 300));
}

TEST_F(LoopTest, SendsAgainSoonWhenSomethingRanDuringTheQuote) {
  verifier_.enrolled = true;
  pass(seconds(5));
  newly_asked();
  bool once = true;
  device_.during_quote = [&] {
    if (std::exchange(once, false)) {
      run_something(4);
    }
  };
  run_something(3);
  pass(seconds(4));
  EXPECT_EQ(newly_asked(), (Targets{"/v1/attest", "/v1/attest"}));
}

TEST_F(LoopTest, SendsWhatIsAskedForWithoutWaiting) {
  verifier_.enrolled = true;
  verifier_.outcomes = {api::AttestOutcome::kNeedMore};
  verifier_.need_boot_log = true;
  settle();
  EXPECT_EQ(newly_asked(), (Targets{"/v1/challenge", "/v1/attest", "/v1/attest"}));
  EXPECT_TRUE(verifier_.evidence.back().boot_log);
}

TEST_F(LoopTest, AVerifierThatAlwaysAsksForMoreDoesNotKeepTheTpmBusy) {
  verifier_.enrolled = true;
  verifier_.outcomes.assign(100, api::AttestOutcome::kNeedMore);
  settle();
  EXPECT_EQ(device_.quotes, 4);
  pass(seconds(60));
  EXPECT_LT(device_.quotes, 40);
}

TEST_F(LoopTest, ARefusalBacksOffAndUsesTheNewChallenge) {
  verifier_.enrolled = true;
  verifier_.outcomes = {api::AttestOutcome::kRefused, api::AttestOutcome::kRefused};
  pass(seconds(5));
  EXPECT_EQ(newly_asked(), (Targets{"/v1/challenge", "/v1/attest", "/v1/attest", "/v1/attest"}));
  ASSERT_EQ(observer_.troubles.size(), 2u);
  EXPECT_NE(observer_.troubles[0].why.find("NonceMismatch"), std::string::npos);
  EXPECT_GT(observer_.troubles[1].delay, observer_.troubles[0].delay);
}

TEST_F(LoopTest, A45_NoNonceIsUsedTwiceWhenAnAnswerIsLost) {
  verifier_.enrolled = true;
  settle();
  newly_asked();
  verifier_.unreachable = unavailable("connection reset");
  pass(seconds(31));
  EXPECT_EQ(newly_asked().front(), "/v1/attest");
  verifier_.unreachable.reset();
  pass(seconds(30));
  const Targets asked = newly_asked();
  ASSERT_GE(asked.size(), 2u);
  EXPECT_EQ(asked[asked.size() - 2], "/v1/challenge");
  EXPECT_EQ(asked.back(), "/v1/attest");
}

TEST_F(LoopTest, AnOldNonceIsReplacedBeforeItIsUsed) {
  verifier_.enrolled = true;
  verifier_.interval_seconds = 300;
  settle();
  newly_asked();
  pass(seconds(301));
  EXPECT_EQ(newly_asked(), (Targets{"/v1/challenge", "/v1/attest"}));
}

TEST_F(LoopTest, SurvivesALongOutageOfTheVerifier) {
  verifier_.unreachable = unavailable("no route");
  pass(seconds(600));
  const std::size_t tries = newly_asked().size();
  EXPECT_GE(tries, 20u);
  EXPECT_LE(tries, 50u);
  verifier_.unreachable.reset();
  pass(seconds(31));
  EXPECT_FALSE(verifier_.evidence.empty());
}

TEST_F(LoopTest, AVerifierThatForgotTheNodeIsEnrolledWithAgain) {
  verifier_.enrolled = true;
  settle();
  newly_asked();
  verifier_.enrolled = false;
  pass(seconds(33));
  EXPECT_EQ(newly_asked(),
            (Targets{"/v1/attest", "/v1/enrol", "/v1/enrol/activate", "/v1/attest"}));
}

TEST_F(LoopTest, AsksAgainForApprovalWhenTheVerifierSaid) {
  verifier_.pending = "PendingApproval";
  settle();
  newly_asked();
  pass(seconds(39));
  EXPECT_EQ(newly_asked(), Targets{});
  pass(seconds(1));
  EXPECT_EQ(newly_asked(), (Targets{"/v1/enrol", "/v1/enrol/activate"}));
  verifier_.pending.clear();
  pass(seconds(40));
  EXPECT_EQ(observer_.enrolments, 1);
  EXPECT_EQ(verifier_.evidence.size(), 1u);
  EXPECT_EQ(device_.identities, 1);  // the keys are not made anew each time
}

// In a cluster that is being installed everything fails a dozen times first. What failed then says
// nothing of what fails after the verifier has answered.
TEST_F(LoopTest, AnAnswerThatSomebodyHasToActEndsTheTroublesBefore) {
  verifier_.unreachable = unavailable("no route");
  pass(seconds(300));
  verifier_.unreachable.reset();
  verifier_.pending = "NotInInventory";
  pass(seconds(31));
  verifier_.pending.clear();
  device_.broken = unavailable("the machine boots");
  pass(seconds(41));
  const auto first_failure = std::ranges::find(observer_.troubles, "the machine boots",
                                               &testing::RecordingObserver::HeldUp::why);
  ASSERT_NE(first_failure, observer_.troubles.end());
  EXPECT_LE(first_failure->delay, Backoff::kFirst);
}

// With a TPM that has its certificate, nothing but the answer can change: making keys takes
// seconds.
TEST_F(LoopTest, LooksAgainForACertificateWhileItHasNone) {
  device_.who.ek_certificates.clear();
  verifier_.pending = "EkCertificateMissing";
  pass(seconds(65));
  EXPECT_GT(device_.identities, 1);
  device_.who.ek_certificates = {{0x30, 2}};
  pass(seconds(65));
  const int seen = device_.identities;
  pass(seconds(65));
  EXPECT_EQ(device_.identities, seen);
  verifier_.pending.clear();
  pass(seconds(65));
  EXPECT_EQ(observer_.enrolments, 1);
}

TEST_F(LoopTest, WaitsForATpmThatIsNotThereYet) {
  device_.broken = unavailable("no TPM");
  pass(seconds(20));
  EXPECT_EQ(newly_asked(), Targets{});
  device_.broken.reset();
  pass(seconds(30));
  EXPECT_EQ(observer_.enrolments, 1);
}

TEST_F(LoopTest, LooksAgainWhoItIsWhenTheTpmIsAnotherOne) {
  verifier_.enrolled = true;
  settle();
  device_.broken = Error(ErrorCode::kConflict, "another key");
  pass(seconds(30));
  device_.broken.reset();
  device_.who.ak_public = testing::some_ak_public(7);
  pass(seconds(30));
  EXPECT_GE(device_.identities, 2);
  EXPECT_GE(verifier_.evidence.size(), 2u);
}

TEST_F(LoopTest, A105_ShowsTheLastCheckpointWithEachMessage) {
  verifier_.enrolled = true;
  verifier_.checkpoint = api::CheckpointMessage{2, {1}};
  settle();
  EXPECT_FALSE(verifier_.evidence.back().checkpoint);
  verifier_.checkpoint = api::CheckpointMessage{3, {2}};
  pass(seconds(31));
  EXPECT_EQ(verifier_.evidence.back().checkpoint, Bytes{1});
  EXPECT_EQ(verifier_.evidence.back().ima->from, 2u);
  // One that was refused is shown again, and not begun with.
  verifier_.outcomes = {api::AttestOutcome::kNeedMore};
  verifier_.ima_whole = true;
  verifier_.checkpoint.reset();
  pass(seconds(31));
  EXPECT_EQ(verifier_.evidence.back().checkpoint, Bytes{2});
  EXPECT_EQ(verifier_.evidence.back().ima->from, 0u);
  pass(seconds(31));
  EXPECT_FALSE(verifier_.evidence.back().checkpoint) << "the last answer had none";
}

// What a kernel does not show any more comes from the folder; without it the list is as it is
// shown.
TEST_F(LoopTest, A106_KeepsTheListAndSaysIfItCannot) {
  verifier_.enrolled = true;
  device_.attested = tpm::write_quote({.qualified_signer = {},
                                       .extra_data = {},
                                       .clock = {.clock = 1, .reset_count = 7},
                                       .firmware_version = 1,
                                       .pcrs = {},
                                       .pcr_digest = {}});
  pass(seconds(1));
  EXPECT_NE(observer_.not_kept.find(folder_ / "state"), std::string::npos) << observer_.not_kept;
  EXPECT_EQ(verifier_.evidence.back().ima->entries, testing::ima_entries(0, 3));
  std::filesystem::create_directory(folder_ / "state");
  pass(seconds(31));
  testing::write_file(folder_ / "ima", testing::ima_entries(2, 3));
  pass(seconds(2));
  EXPECT_EQ(verifier_.evidence.back().ima->entries, testing::ima_entries(0, 5));
}

TEST_F(LoopTest, AVerifierThatReadsNoCheckpointGetsNone) {
  verifier_.enrolled = true;
  verifier_.checkpoint = api::CheckpointMessage{2, {1}};
  settle();
  verifier_.instead = FakeVerifier::refuse(400, "BadRequest");
  pass(seconds(31));
  verifier_.instead.reset();
  pass(seconds(60));
  ASSERT_GE(verifier_.evidence.size(), 2u);
  EXPECT_FALSE(verifier_.evidence[1].checkpoint);
}

TEST_F(LoopTest, ARebootUnderneathStartsTheListAnew) {
  verifier_.enrolled = true;
  pass(seconds(5));
  testing::write_file(folder_ / "new", testing::ima_entries(50, 3));
  std::filesystem::rename(folder_ / "new", folder_ / "ima");
  pass(seconds(2));
  EXPECT_EQ(verifier_.evidence.back().ima->entries, testing::ima_entries(50, 3));
}

TEST_F(LoopTest, TheTokenIsReadBeforeEachRequestAndBindsTheQuote) {
  verifier_.enrolled = true;
  settle();
  token_ = "rotated";
  pass(seconds(31));
  EXPECT_EQ(verifier_.authorizations.back(), "Bearer rotated");
  ASSERT_GE(device_.qualifying.size(), 2u);
  EXPECT_NE(device_.qualifying[0], device_.qualifying[1]);
}

TEST_F(LoopTest, WaitsAsLongAsTheVerifierAsks) {
  verifier_.enrolled = true;
  settle();
  newly_asked();
  verifier_.instead = FakeVerifier::refuse(503, "Busy");
  verifier_.instead->retry_after = seconds(100);
  pass(seconds(31));
  EXPECT_EQ(newly_asked().size(), 1u);
  pass(seconds(60));
  EXPECT_EQ(newly_asked(), Targets{});
}

TEST_F(LoopTest, StopsWhenAskedTo) {
  verifier_.enrolled = true;
  std::jthread thread([this](std::stop_token stop) { loop_.run(std::move(stop)); });
  while (observer_.steps == 0) {
    std::this_thread::yield();
  }
  thread.request_stop();
  thread.join();
}

}  // namespace
}  // namespace seaworthy::attester
