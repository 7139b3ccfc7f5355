// The agent's half and the verifier's half over a software machine (e2e/machine): what one
// collects, the other accepts, and it says what the machine booted and ran.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <thread>

#include "attester/collect.h"
#include "attester/fakes.h"
#include "attester/swtpm.h"
#include "attester/tss/device.h"
#include "codec/hex.h"
#include "codec/yaml.h"
#include "tpm/qualifying_data.h"
#include "verify/evidence.h"
#include "verify/identity.h"

namespace seaworthy::attester {
namespace {

#ifdef SEAWORTHY_MACHINE

constexpr const char* kToken = "token";
const NodeUid kNode("node-uid");

std::string text_of(const verify::Findings& findings) {
  std::string out;
  for (const verify::Finding& finding : findings) {
    out += std::string(verify::name(finding.reason)) + " " + finding.about + "; ";
  }
  return out;
}

class MachineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::Swtpm::installed()) {
      GTEST_SKIP() << "swtpm is not installed (Debian: apt-get install swtpm)";
    }
    ::setenv("TSS2_LOG", "all+none", 0);
    start();
    device_ = tss::create_device("swtpm:path=" + (folder_ / "runtime/tpm.sock"));
    ima_ = std::make_unique<ImaHistory>(
        ImaHistory::Config{.list = folder_ / "runtime/binary_runtime_measurements"});
  }
  void TearDown() override { stop(SIGTERM); }

  void start() {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const std::string state = folder_ / "state";
      const std::string runtime = folder_ / "runtime";
      const std::string ca = folder_ / "ca";
      ::execl(SEAWORTHY_MACHINE, "seaworthy-machine", "run", "--state", state.c_str(), "--runtime",
              runtime.c_str(), "--ca", ca.c_str(), static_cast<const char*>(nullptr));
      ::_exit(127);
    }
    for (int i = 0; i < 1000; ++i) {
      if (std::filesystem::exists(folder_ / "state/control.sock")) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "the machine does not boot";
  }
  void stop(int signal) {
    if (pid_ > 0) {
      ::kill(pid_, signal);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
      std::filesystem::remove(folder_ / "state/control.sock");
    }
  }

  std::string verb(const std::string& arguments) {
    const std::string command = std::string(SEAWORTHY_MACHINE) + " " + arguments;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      out.append(buffer.data(), n);
    }
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return out;
  }
  std::string verb_here(const std::string& name, const std::string& rest = "") {
    return verb(name + " --state " + (folder_ / "state") + " " + rest);
  }

  // One round: challenge, evidence, verification.
  verify::VerifiedEvidence attest() {
    const Identity who = *device_->identity();
    const auto ak = std::get<verify::AttestationKey>(verify::verify_attestation_key(who.ak_public));
    const api::ChallengeMessage challenge{
        .nonce = to_bytes(as_bytes("nonce")),
        .node_uid = kNode,
        .expires_seconds = 60,
        .selection = {{.bank = "sha256", .pcrs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14}}},
        .boot_log_known = progress_.boot_log_digest(),
        .ima_from = progress_.ima_entries(),
        .interval_seconds = 30};
    sent_ = collect({.device = *device_,
                     .boot_log_path = folder_ / "runtime/binary_bios_measurements",
                     .ima = *ima_},
                    challenge, {.ak_name = ak.name(), .token = kToken})
                ->request;
    const std::vector<tpm::PcrSelection> selection{
        {.bank = crypto::HashAlg::kSha256,
         .pcrs = tpm::PcrMask::range<0, 10>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};
    const auto channel = channel_binding(kToken);
    const verify::Challenge asked{.extra_data = tpm::qualifying_data({.nonces = {challenge.nonce},
                                                                      .node_uid = kNode,
                                                                      .ak_name = ak.name(),
                                                                      .channel = channel.bytes(),
                                                                      .selection = selection}),
                                  .selection = selection};
    auto result = verify::verify_evidence(
        {.attested = sent_.attested,
         .signature = sent_.signature,
         .pcrs = sent_.pcrs,
         .boot_log_digest_hex = sent_.boot_log_digest,
         .boot_log = sent_.boot_log ? std::optional<ByteSpan>(*sent_.boot_log) : std::nullopt,
         .ima = verify::ImaPart{.from = sent_.ima->from, .entries = sent_.ima->entries}},
        ak, asked, progress_);
    if (const auto* refused = std::get_if<verify::Refused>(&result)) {
      ADD_FAILURE() << text_of(refused->findings);
    }
    if (std::holds_alternative<verify::NeedMore>(result)) {  // another boot: from zero
      progress_ = {};
      return attest();
    }
    auto evidence = std::get<verify::VerifiedEvidence>(std::move(result));
    progress_ = evidence.progress();
    return evidence;
  }

  testing::TempFolder folder_;
  pid_t pid_ = -1;
  std::unique_ptr<Device> device_;
  std::unique_ptr<ImaHistory> ima_;
  api::AttestRequest sent_;
  verify::AttestationProgress progress_;
};

TEST_F(MachineTest, ItsKeysAreAcceptedUnderItsTestCaAndNoOther) {
  const Identity who = *device_->identity();
  const auto keys = verify::verify_keys({.ek_certificates = who.ek_certificates,
                                         .ek_public = who.ek_public,
                                         .ak_public = who.ak_public});
  ASSERT_TRUE(std::holds_alternative<verify::VerifiedKeys>(keys))
      << text_of(std::get<verify::Findings>(keys));
  EXPECT_EQ(std::get<verify::VerifiedKeys>(keys).ek_hash() + "\n", verb_here("ek-hash"));

  const Time now = Time::from_unix(seconds(1'800'000'000));
  const auto endorsed = [&](const std::string& ca) {
    const std::string pem = verb("ca --ca " + ca);
    return verify::verify_endorsement(who.ek_public, who.ek_certificates,
                                      {{.certificate = *crypto::Certificate::parse_pem(pem)}}, now);
  };
  const auto good = endorsed(folder_ / "ca");
  EXPECT_TRUE(std::holds_alternative<verify::VerifiedEndorsement>(good))
      << text_of(std::get<verify::Findings>(good));
  EXPECT_TRUE(std::holds_alternative<verify::Findings>(endorsed(folder_ / "another-ca")));
}

TEST_F(MachineTest, TheGoodBootIsProvenWithoutFindingsAndFitsItsReferenceValues) {
  const auto evidence = attest();
  EXPECT_EQ(text_of(evidence.findings()), "");
  EXPECT_EQ(text_of(evidence.boot().secure_boot_findings()), "");
  EXPECT_EQ(evidence.boot().secure_boot(), verify::SecureBoot::kOn);

  const std::string yaml = verb("reference-values --name good --pcrs 0,1,2,3,4,5,6,7,8,9,14");
  const auto documents = codec::parse_yaml(yaml, {.max_bytes = 1 << 20});
  ASSERT_TRUE(documents) << documents.error().message();
  const codec::Json& boot = documents->front()["spec"]["boot"];
  for (const codec::Json& pcr : boot["pcrs"]) {
    const auto index = *tpm::PcrIndex::of(pcr["index"].get<std::uint32_t>());
    EXPECT_EQ(codec::to_hex(evidence.boot().pcr(index)->bytes()), pcr["sha256"]) << pcr["index"];
  }
  codec::Json applications = codec::Json::array();
  for (const auto& application : evidence.boot().applications()) {
    applications.push_back(codec::to_hex(application.digest.bytes()));
  }
  EXPECT_EQ(applications, boot["applications"]);
  EXPECT_EQ(codec::Json(evidence.boot().command_lines()), boot["commandLines"]);
  codec::Json files = codec::Json::array();
  for (const auto& file : evidence.ima().files()) {
    codec::Json entry;
    entry["sha256"] = codec::to_hex(file.digest.bytes());
    entry["path"] = std::string(file.path);
    files.push_back(entry);
  }
  EXPECT_EQ(files, documents->front()["spec"]["files"]);
}

TEST_F(MachineTest, AFileThatRunsComesWithTheNextEvidenceAndNothingElse) {
  attest();
  const std::string digest = verb_here("run-file", "/usr/bin/unknown --content hello");
  const auto evidence = attest();
  EXPECT_FALSE(evidence.new_epoch());
  EXPECT_FALSE(sent_.boot_log);
  ASSERT_EQ(evidence.ima().files().size(), 1u);
  EXPECT_EQ(evidence.ima().files()[0].path, "/usr/bin/unknown");
  EXPECT_EQ(codec::to_hex(evidence.ima().files()[0].digest.bytes()) + "\n", digest);
  EXPECT_EQ(text_of(evidence.findings()), "");
}

TEST_F(MachineTest, OtherBootsShowWhatTheyAre) {
  const auto good = attest();
  verb_here("boot", "other-kernel");
  const auto other = attest();
  EXPECT_TRUE(other.new_epoch());
  EXPECT_EQ(text_of(other.findings()), "");
  EXPECT_EQ(other.boot().secure_boot(), verify::SecureBoot::kOn);
  EXPECT_NE(other.boot().applications(), good.boot().applications());

  verb_here("boot", "secure-boot-off");
  const auto off = attest();
  EXPECT_EQ(off.boot().secure_boot(), verify::SecureBoot::kOff);
  EXPECT_EQ(off.boot().applications(), good.boot().applications());

  verb_here("boot", "other-command-line");
  const auto shell = attest();
  ASSERT_EQ(shell.boot().command_lines().size(), 1u);
  EXPECT_NE(shell.boot().command_lines()[0].find("init=/bin/sh"), std::string::npos);
}

TEST_F(MachineTest, A58_APowerLossIsANewEpochAndNothingWorse) {
  const auto before = attest();
  stop(SIGKILL);
  start();
  const auto after = attest();
  EXPECT_TRUE(after.new_epoch());
  EXPECT_EQ(after.quote().clock().reset_count, before.quote().clock().reset_count + 1);
  EXPECT_EQ(text_of(after.findings()), "");
}

// What the verifier forgot as well has to come from what was kept.
TEST_F(MachineTest, A106_ATrimmedListIsShownFromItsFirstEntry) {
  const std::string state = folder_ / "kept";
  std::filesystem::create_directory(state);
  const auto restart_agent = [&] {
    ima_ = std::make_unique<ImaHistory>(ImaHistory::Config{
        .list = folder_ / "runtime/binary_runtime_measurements", .folder = state});
  };
  restart_agent();
  const auto whole = attest().ima().entries();
  verb_here("trim", "15");
  verb_here("run-file", "/usr/bin/next --content x");
  EXPECT_EQ(attest().ima().entries(), whole + 1);
  EXPECT_EQ(sent_.ima->from, whole);
  restart_agent();
  progress_ = {};
  const auto again = attest();
  EXPECT_EQ(again.ima().entries(), whole + 1);
  EXPECT_EQ(text_of(again.findings()), "");
  // Another epoch begins with nothing of it.
  verb_here("boot", "good");
  EXPECT_EQ(text_of(attest().findings()), "");

  verb_here("trim", "15");
  std::filesystem::remove_all(state);
  restart_agent();
  progress_ = {};
  EXPECT_NE(text_of(attest().findings()).find("ImaListIncomplete"), std::string::npos);
}

TEST_F(MachineTest, A53_ACloneHasTheSameKeys) {
  const Identity original = *device_->identity();
  verb_here("clone", folder_ / "clone");
  stop(SIGTERM);
  std::filesystem::rename(folder_ / "state", folder_ / "original");
  std::filesystem::rename(folder_ / "clone", folder_ / "state");
  start();
  EXPECT_EQ(*device_->identity(), original);
}

#endif

}  // namespace
}  // namespace seaworthy::attester
