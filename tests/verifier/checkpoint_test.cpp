#include "verifier/checkpoint.h"

#include <gtest/gtest.h>

#include <random>

#include "codec/base64.h"
#include "verifier_rig.h"

namespace seaworthy::verifier {
namespace {

using testing::EvidenceBuilder;
using verify::Reason;

constexpr const char* kToken = "token-n1";
const PolicyName kPolicy("production");

// The agent of n1, as far as checkpoints matter: it shows the last one that it got, and begins the
// list where that ends unless it is told not to.
class Agent {
 public:
  Agent(VerifierRig& rig, EvidenceBuilder& machine) : rig_(rig), machine_(machine) {}

  std::optional<api::CheckpointMessage> checkpoint;
  std::size_t trimmed = 0;  // entries that the kernel does not show any more
  int sent = 0;
  std::uint64_t from = 0;  // of the last message

  // One message to the replica of the moment, in answer to the challenge of the last one.
  VerifierRig::Reply send() {
    if (!asked_) {
      asked_ = rig_.challenge(kToken);
    }
    const api::AttestRequest request = answer(*asked_);
    const auto reply = rig_.post("/v1/attest", api::to_json(request), kToken);
    const auto response = api::parse_attest_response(codec::to_json_text(reply.body));
    EXPECT_TRUE(response) << reply.body.dump();
    asked_ = response->challenge;
    if (response->outcome == api::AttestOutcome::kAppraised) {
      checkpoint = response->checkpoint;
    }
    ++sent;
    return reply;
  }
  // As often as it is asked for more.
  VerifierRig::Reply attest() {
    VerifierRig::Reply reply = send();
    for (int i = 0; i < 2 && reply.body.at("outcome") == "NeedMore"; ++i) {
      reply = send();
    }
    return reply;
  }

  api::AttestRequest answer(const api::ChallengeMessage& asked) {
    api::AttestRequest request = rig_.answer(machine_, asked, kToken);
    if (request.boot_log_digest == asked.boot_log_known) {
      request.boot_log.reset();
    }
    from = asked.ima_from;
    if (checkpoint) {
      request.checkpoint = checkpoint->sealed;
      from = asked.ima_whole ? 0 : std::max(from, checkpoint->ima_entries);
    }
    from = from > machine_.files.size() + 1 ? 0 : from;  // that was another boot
    request.ima = api::AttestRequest::Ima{from, entries_from(from)};
    return request;
  }

 private:
  Bytes entries_from(std::uint64_t index) const {
    const Bytes list = machine_.ima_list();
    eventlog::ImaReader reader(list);
    while (reader.entries() < std::max<std::uint64_t>(index, trimmed)) {
      EXPECT_TRUE(reader.next());
    }
    return to_bytes(ByteSpan(list).subspan(reader.consumed()));
  }

  VerifierRig& rig_;
  EvidenceBuilder& machine_;
  std::optional<api::ChallengeMessage> asked_;
};

// Two replicas, one TPM.
class TwoReplicas : public ::testing::Test {
 protected:
  TwoReplicas() {
    rig_.expect_enrolled(rig_.tpm_, "n1");
    for (Context* context : {&rig_.context_, &rig_.other_context_}) {
      context->checkpoint_used = [this](std::string_view outcome) { used_.emplace_back(outcome); };
    }
  }
  void meet(Service& replica) { rig_.replica = &replica; }
  // As a replica that was restarted.
  void forget(NodeStates& states) { states.forget(rig_.uid("n1")); }

  static std::string verdict(const VerifierRig::Reply& reply) {
    const auto& verdicts = reply.body.at("verdicts");
    return verdicts.empty() ? "none: " + reply.body.dump() : std::string(verdicts[0].at("verdict"));
  }
  static std::vector<std::string> reasons(const VerifierRig::Reply& reply) {
    return reply.body.at("verdicts").at(0).at("reasons");
  }
  static std::string outcome(const VerifierRig::Reply& reply) { return reply.body.at("outcome"); }

  // What the replica remembers, and what it says of the node with that.
  Checkpoint opened(const Agent& agent) const {
    return *open_checkpoint(rig_.context_.key, "test", agent.checkpoint->sealed);
  }
  void show_instead(Agent& agent, const Checkpoint& checkpoint) const {
    agent.checkpoint->sealed = *seal_checkpoint(rig_.context_.key, "test", checkpoint);
  }

  VerifierRig rig_;
  EvidenceBuilder machine_{rig_.tpm_};
  Agent agent_{rig_, machine_};
  std::vector<std::string> used_;
};

TEST_F(TwoReplicas, A105_AnotherReplicaGoesOnFromWhereTheFirstOneCame) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  machine_.run("/usr/bin/kubelet");
  meet(rig_.other_);
  EXPECT_EQ(verdict(agent_.attest()), "Trusted");
  EXPECT_EQ(agent_.from, 3u) << "what was verified is not sent again";
  EXPECT_EQ(agent_.sent, 3) << "once more for the boot log";
  EXPECT_EQ(used_, std::vector<std::string>{"Continued"});
  // Back to the first one, which remembers less by now.
  machine_.run("/usr/lib/systemd/systemd");
  meet(rig_.service_);
  EXPECT_EQ(verdict(agent_.attest()), "Trusted");
  EXPECT_EQ(agent_.from, 4u);
  EXPECT_EQ(agent_.sent, 4);
}

// The list of the new boot has an entry where the old one ended, and something bad before it.
// Neither what a replica remembers nor what a checkpoint tells it counts any more.
TEST_F(TwoReplicas, A105_AResetBetweenRoundsBeginsTheListAnew) {
  for (Service* replica : {&rig_.service_, &rig_.other_}) {
    meet(rig_.service_);
    ASSERT_EQ(verdict(agent_.attest()), "Trusted");
    const auto good = machine_.files;
    ++machine_.clock.reset_count;
    machine_.files.clear();
    machine_.run("/tmp/malware");
    machine_.files.insert(machine_.files.end(), good.begin(), good.end());
    meet(*replica);
    EXPECT_EQ(verdict(agent_.attest()), "Violated");
    EXPECT_EQ(agent_.from, 0u) << "from the first entry";
    ++machine_.clock.reset_count;
    machine_.files = good;
  }
}

TEST_F(TwoReplicas, A106_ATrimmedListIsGoneOnWithByAReplicaThatRemembersNothing) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  machine_.run("/usr/bin/kubelet");
  agent_.trimmed = 3;
  forget(rig_.states_);
  EXPECT_EQ(verdict(agent_.attest()), "Trusted");
  // Without its checkpoint the list leads nowhere: nobody is believed for what is not shown.
  forget(rig_.states_);
  agent_.checkpoint.reset();
  const auto reply = agent_.attest();
  EXPECT_EQ(verdict(reply), "Violated");
  EXPECT_EQ(reasons(reply).front(), "ImaListIncomplete");
}

TEST_F(TwoReplicas, AReplicaThatRemembersTheNodeLooksAtNoCheckpoint) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(verdict(agent_.attest()), "Trusted");
    machine_.run("/usr/bin/kubelet");
  }
  EXPECT_EQ(agent_.sent, 3);
  EXPECT_TRUE(used_.empty());
}

struct Lie {
  const char* name;
  void (*tell)(Checkpoint& checkpoint);
  const char* outcome;
};
class FalseCheckpoint : public TwoReplicas, public ::testing::WithParamInterface<Lie> {};

// Nothing is found against the node: it is asked for its list, as if it had shown none.
TEST_P(FalseCheckpoint, IsAsGoodAsNone) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  Checkpoint checkpoint = opened(agent_);
  GetParam().tell(checkpoint);
  show_instead(agent_, checkpoint);
  meet(rig_.other_);
  const auto reply = agent_.send();
  EXPECT_EQ(outcome(reply), "NeedMore") << reply.body.dump();
  EXPECT_EQ(reply.body.at("challenge").at("imaFrom"), 0);
  EXPECT_EQ(reply.body.at("challenge").at("imaWhole"), true);
  EXPECT_FALSE(reply.body.contains("findings"));
  EXPECT_EQ(used_, std::vector<std::string>{GetParam().outcome});
  EXPECT_EQ(verdict(agent_.send()), "Trusted") << "one round more, and the whole list";
  EXPECT_EQ(agent_.from, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FalseCheckpoint,
    ::testing::Values(
        Lie{"A105_OfAnotherNode", [](Checkpoint& c) { c.node_uid = NodeUid("n2"); }, "OtherNode"},
        Lie{"A105_OfAnEnrolmentThatWasTakenBack", [](Checkpoint& c) { c.record_uid = "gone"; },
            "OtherEnrolment"},
        Lie{"A105_OfAnotherKey", [](Checkpoint& c) { c.ak_name.back() ^= 1; }, "OtherEnrolment"},
        Lie{"A105_OfTheBootBefore", [](Checkpoint& c) { --c.last.clock.reset_count; }, "OtherBoot"},
        Lie{"A105_OfBeforeASuspension", [](Checkpoint& c) { ++c.last.clock.restart_count; },
            "OtherBoot"},
        Lie{"A105_OfCountersThatWentBackSince",
            [](Checkpoint& c) { c.last.clock.reset_count = 99; }, "OtherBoot"},
        Lie{"A105_OfAnotherFirmware",
            [](Checkpoint& c) { c.boot_pcrs = crypto::sha256(as_bytes("another")); }, "OtherBoot"}),
    [](const auto& row) { return row.param.name; });

TEST_F(TwoReplicas, A105_OnlyWhatThisBuildSealedIsACheckpoint) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  const Bytes honest = agent_.checkpoint->sealed;
  const Checkpoint content = opened(agent_);
  const crypto::SealKey& key = rig_.context_.key;
  const std::string statement = rig_.record("n1")->identity->statement;
  const std::vector<std::pair<Bytes, const char*>> lies = {
      {*seal_checkpoint(crypto::SealKey::generate(rig_.random_), "test", content), "NotOurs"},
      {*seal_checkpoint(key, "test 2", content), "OtherBuild"},
      {*codec::from_base64(statement), "NotOurs"},
      {to_bytes(ByteSpan(honest).first(honest.size() - 1)), "NotOurs"},
      {Bytes(), "NotOurs"}};
  for (const auto& [lie, why] : lies) {
    used_.clear();
    agent_.checkpoint = api::CheckpointMessage{3, lie};
    forget(rig_.other_states_);
    meet(rig_.other_);
    EXPECT_EQ(outcome(agent_.send()), "NeedMore");
    EXPECT_EQ(used_, std::vector<std::string>{why});
    EXPECT_EQ(verdict(agent_.send()), "Trusted");
  }
  for (std::size_t i = 0; i < honest.size(); ++i) {
    Bytes flipped = honest;
    flipped[i] ^= 0x20;
    ASSERT_FALSE(open_checkpoint(key, "test", flipped)) << "byte " << i;
  }
}

// R13. What a replica remembers of a later quote stands, whatever it is shown.
TEST_F(TwoReplicas, A105_AnOldCheckpointMakesNobodyForget) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  const auto old = agent_.checkpoint;
  machine_.run("/usr/bin/kubelet");
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  agent_.checkpoint = old;
  api::AttestRequest request = rig_.answer(machine_, rig_.challenge(kToken), kToken);
  request.ima = api::AttestRequest::Ima{3, {}};
  request.checkpoint = old->sealed;
  EXPECT_EQ(outcome(rig_.post("/v1/attest", api::to_json(request), kToken)), "NeedMore");
  EXPECT_EQ(used_, std::vector<std::string>{"Older"});
  const auto state = rig_.states_.of(rig_.uid("n1"));
  MutexLock lock(state->mutex);
  EXPECT_EQ(state->progress.ima.entries, 4u);
}

TEST_F(TwoReplicas, R13_ACheckpointBringsTheLaterClockWithIt) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  meet(rig_.other_);
  machine_.clock.clock -= 5'000;
  const auto reply = agent_.send();
  EXPECT_EQ(outcome(reply), "Refused");
  EXPECT_EQ(reply.body.at("findings").at(0).at("reason"), "ClockWentBack");
}

// From an old checkpoint on everything has to be shown again, because PCR 10 is extended.
TEST_F(TwoReplicas, A105_AnOldCheckpointHidesNothing) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  const auto before = agent_.checkpoint;
  machine_.run("/tmp/miner");
  ASSERT_EQ(verdict(agent_.attest()), "Violated");

  meet(rig_.other_);
  Agent restored(rig_, machine_);
  restored.checkpoint = before;
  auto reply = restored.attest();
  EXPECT_EQ(restored.from, 3u);
  EXPECT_EQ(reasons(reply), std::vector<std::string>{"UnknownFile"});

  // With the entry left out it leads nowhere, nor does the list from its start.
  forget(rig_.other_states_);
  EvidenceBuilder liar(rig_.tpm_);
  liar.clock = machine_.clock;
  liar.measured_ima = machine_.ima_list();
  Agent lying(rig_, liar);
  lying.checkpoint = before;
  reply = lying.attest();
  EXPECT_EQ(reasons(reply).front(), "ImaListIncomplete");
}

TEST_F(TwoReplicas, A105_FindingsStandOnTheOtherReplicaToo) {
  machine_.run("/tmp/miner");
  machine_.files.push_back({.file_digest = Bytes(32), .name = "/var/log/x", .violation = true});
  const auto first = reasons(agent_.attest());
  EXPECT_EQ(first, (std::vector<std::string>{"ImaViolation", "UnknownFile"}));
  meet(rig_.other_);
  EXPECT_EQ(reasons(agent_.attest()), first);
  EXPECT_EQ(agent_.from, 5u) << "of nothing new";
}

// What was judged under other reference values has to be judged again, and by every replica.
TEST_F(TwoReplicas, A105_AnAppraisalUnderOtherReferenceValuesDoesNotCount) {
  machine_.run("/tmp/miner");
  ASSERT_EQ(verdict(agent_.attest()), "Violated");
  const auto before = rig_.view_.current()->front()->compiled->generation;
  rig_.allow_files({"/usr/lib/systemd/systemd", "/usr/bin/kubelet", "/tmp/miner"});
  ASSERT_TRUE(rig_.eventually(
      [&] { return rig_.view_.current()->front()->compiled->generation != before; }));
  meet(rig_.other_);
  EXPECT_EQ(outcome(agent_.send()), "NeedMore");
  EXPECT_EQ(verdict(agent_.send()), "Trusted");
  EXPECT_EQ(agent_.from, 0u);
  // The replica that remembers the node says so at once.
  meet(rig_.service_);
  const auto asked = rig_.challenge(kToken);
  EXPECT_EQ(asked.ima_from, 0u);
  EXPECT_TRUE(asked.ima_whole);
}

TEST_F(TwoReplicas, AnOrdinaryCheckpointIsBelowOneKilobyte) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  EXPECT_LT(agent_.checkpoint->sealed.size(), 512u);
}

Checkpoint with_everything() {
  Checkpoint c;
  c.node_uid = NodeUid("node");
  c.record_uid = "record";
  c.ak_name = Bytes(34, 1);
  c.last = {{.clock = 1, .reset_count = 2, .restart_count = 3, .safe = true}, 4};
  c.boot_pcrs = crypto::sha256(as_bytes("boot"));
  c.ima = {.entries = 5,
           .rule = eventlog::TemplateDigests::kSha1Padded,
           .pcr10 = crypto::sha256(as_bytes("10")),
           .padded = crypto::sha256(as_bytes("padded")),
           .violations = 6,
           .kexecs_announced = 7,
           .findings = {{Reason::kImaViolation, "about", "detail"}, {Reason::kImaKexec, "", ""}}};
  policy::FileAppraisal files{.generation = 8,
                              .entries = 9,
                              .unknown = {{api::Sha256Value{1}, "/a", Reason::kUnknownFile}},
                              .more = 10,
                              .refused = {{api::Sha256Value{2}, "/b", Reason::kFileDenied}},
                              .more_refused = 11,
                              .ima_policy_seen = true};
  c.files[PolicyName("a")] = files;
  c.files[PolicyName("b")] = {};
  return c;
}

TEST(CheckpointTest, IsReadAsItWasSealed) {
  testing::FakeRandom random;
  const auto key = crypto::SealKey::generate(random);
  for (const Checkpoint& content : {with_everything(), Checkpoint{}}) {
    const auto opened = open_checkpoint(key, "b", *seal_checkpoint(key, "b", content));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(*opened, content);
  }
}

TEST(CheckpointTest, A181_ThereIsNoneAboveTheLimit) {
  testing::FakeRandom random;
  const auto key = crypto::SealKey::generate(random);
  Checkpoint large = with_everything();
  policy::FileAppraisal full;
  full.unknown.assign(policy::kMaxUnknownFiles, {{}, std::string(policy::kMaxUnknownPath, 'x')});
  large.files[PolicyName("c")] = full;
  large.files[PolicyName("d")] = full;
  EXPECT_TRUE(open_checkpoint(key, "b", *seal_checkpoint(key, "b", large)));
  large.files[PolicyName("e")] = full;
  EXPECT_FALSE(seal_checkpoint(key, "b", large));
}

TEST_F(TwoReplicas, A181_ANodeWithoutCheckpointIsAskedForItsWholeList) {
  ASSERT_EQ(verdict(agent_.attest()), "Trusted");
  {
    const auto state = rig_.states_.of(rig_.uid("n1"));
    MutexLock lock(state->mutex);
    state->progress.ima.findings.push_back({Reason::kImaWeakDigest, "x", std::string(70'000, 'x')});
  }
  ASSERT_EQ(outcome(agent_.attest()), "Appraised");
  EXPECT_FALSE(agent_.checkpoint) << "nor one of before";
  EXPECT_EQ(used_, std::vector<std::string>{"TooLarge"});
  meet(rig_.other_);
  EXPECT_EQ(verdict(agent_.attest()), "Trusted");
  EXPECT_EQ(agent_.from, 0u);
}

// Whichever replica a node meets, whatever any of them forgets and however the list is cut: what
// is known in the end is what one replica knows that saw all of it at once.
TEST_F(TwoReplicas, A105_NoCutOfAListMakesADifference) {
  std::mt19937 any(7);  // NOLINT(cert-msc51-cpp): the same story each time
  const auto one_in = [&](unsigned n) { return any() % n == 0; };
  const char* const programs[] = {"/usr/lib/systemd/systemd", "/usr/bin/kubelet", "/tmp/unknown"};
  for (int boot = 0; boot < 30; ++boot) {
    ++machine_.clock.reset_count;
    machine_.files.clear();
    for (int round = 0; round < 8; ++round) {
      for (unsigned i = any() % 4; i > 0; --i) {
        machine_.run(programs[any() % 12 == 0 ? 2 : any() % 2]);
      }
      const bool first = one_in(2);
      meet(first ? rig_.service_ : rig_.other_);
      if (one_in(4)) {
        forget(first ? rig_.states_ : rig_.other_states_);
      }
      if (one_in(5)) {
        agent_.checkpoint.reset();
      }
      ASSERT_EQ(outcome(agent_.attest()), "Appraised") << boot << ", " << round;
    }
    const Checkpoint in_parts = opened(agent_);
    Agent another(rig_, machine_);
    forget(rig_.states_);
    meet(rig_.service_);
    another.attest();
    Checkpoint at_once = opened(another);
    EXPECT_EQ(another.from, 0u);
    at_once.last = in_parts.last;
    ASSERT_EQ(in_parts, at_once) << boot;
  }
}

}  // namespace
}  // namespace seaworthy::verifier
