// Reading a node's evidence: the route, and that it changes nothing. docs/evidence.md.
#include "verifier/reading.h"

#include <gtest/gtest.h>

#include "api/node_evidence.h"
#include "eventlog/ima.h"
#include "verifier_rig.h"
#include "verify/quote_reading.h"

namespace seaworthy::verifier {
namespace {

const std::string kReader =
    std::string("system:serviceaccount:seaworthy-system:") + api::kEvidenceReader;

class ReadingTest : public ::testing::Test {
 protected:
  ReadingTest() { add_token("reader", api::kEvidenceAudience, kReader); }

  void add_token(const std::string& token, const std::string& audience, const std::string& user) {
    kube::TokenIdentity who;
    who.user = user;
    rig_.server_.add_token(token, audience, who);
  }

  VerifierRig::Reply read(api::EvidenceRequest request) {
    if (request.token.empty()) {
      request.token = "reader";
    }
    return rig_.post(api::kEvidencePath, api::to_json(request), "");
  }
  VerifierRig::Reply read(const std::string& node = "n1", std::int64_t max_age = 0) {
    return read(
        api::EvidenceRequest{.node = NodeName(node), .token = "", .max_age_seconds = max_age});
  }
  // What was read, if it is there.
  std::optional<api::EvidenceAnswer::Part> shown(const VerifierRig::Reply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.body.dump().substr(0, 500);
    return reply.status == 200 ? api::parse_evidence_answer(reply.body)->part : std::nullopt;
  }

  // An agent that sends what it is asked for and no more.
  VerifierRig::Reply round(std::size_t most = api::kMaxImaBytes) {
    const api::ChallengeMessage asked = next_ ? *next_ : rig_.challenge("token-n1");
    api::AttestRequest request = rig_.answer(machine_, asked, "token-n1");
    if (asked.boot_log_known == request.boot_log_digest) {
      request.boot_log.reset();
      request.userspace_log.reset();
    }
    request.ima = slice(request.ima->entries, asked.ima_from, most);
    const auto reply = rig_.post("/v1/attest", api::to_json(request), "token-n1");
    next_ = *api::parse_challenge(codec::to_json_text(reply.body.at("challenge")));
    return reply;
  }
  static api::AttestRequest::Ima slice(ByteSpan list, std::uint64_t from, std::size_t most) {
    eventlog::ImaReader reader(list);
    while (reader.entries() < from) {
      (void)reader.next();
    }
    const std::size_t begin = reader.consumed();
    std::size_t end = begin;
    for (auto entry = reader.next(); *entry && reader.consumed() - begin <= most;
         entry = reader.next()) {
      end = reader.consumed();
    }
    return {from, to_bytes(list.subspan(begin, end - begin))};
  }
  std::string outcome(const VerifierRig::Reply& reply) { return reply.body.at("outcome"); }
  std::string verdict(const VerifierRig::Reply& reply) {
    return reply.body.at("verdicts").at(0).at("verdict");
  }

  // A machine whose list is longer than one message.
  void run_much() {
    std::vector<std::string> files{"/usr/lib/systemd/systemd", "/usr/bin/kubelet"};
    for (int i = 0; i < 1'300; ++i) {
      files.push_back("/" + std::string(3'900, 'x') + std::to_string(i));
      machine_.run(files.back());
    }
    rig_.allow_files(files);
  }

  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
  std::optional<api::ChallengeMessage> next_;
};

TEST_F(ReadingTest, ShowsTheNextVerifiedEvidenceWhole) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(round()), "Trusted");
  ASSERT_GT(next_->ima_from, 0u);
  const auto waiting = read();
  EXPECT_EQ(waiting.status, 202);
  EXPECT_EQ(waiting.body, (codec::Json{{"state", "Waiting"}}));

  // The challenge that the agent has is from before: it is judged, and asked for all at once.
  EXPECT_EQ(outcome(round()), "NeedMore");
  EXPECT_EQ(read("n1", 5).status, 202);
  const auto reply = round();
  EXPECT_EQ(verdict(reply), "Trusted");
  EXPECT_GT(next_->ima_from, 0u) << "nothing more is asked for";
  EXPECT_TRUE(next_->boot_log_known);

  const auto part = shown(read("n1", 5));
  ASSERT_TRUE(part && part->evidence);
  const api::NodeEvidence& evidence = *part->evidence;
  EXPECT_EQ(evidence.node_uid, rig_.uid("n1"));
  EXPECT_EQ(evidence.received, rig_.clock_.now());
  EXPECT_EQ(evidence.boot_log, eventlog::write_boot_log(machine_.boot));
  EXPECT_EQ(part->ima, machine_.ima_list());
  EXPECT_EQ(part->ima_size, machine_.ima_list().size());
  EXPECT_TRUE(evidence.findings.empty());
  // As a person checks it.
  const auto quote = verify::read_quote({.attested = evidence.attested,
                                         .signature = evidence.signature,
                                         .ak_public = evidence.ak_public,
                                         .nonce = evidence.qualifying_data});
  ASSERT_TRUE(quote);
  EXPECT_TRUE(quote->findings.empty());
  std::vector<Bytes> values;
  for (const auto& [index, value] : evidence.pcrs.at("sha256")) {
    values.push_back(value);
  }
  EXPECT_TRUE(verify::check_quoted_values(*quote, values).empty());
  const testing::EvidenceBuilder& machine = machine_;
  const Bytes ak_name = machine.ak().name();
  EXPECT_EQ(evidence.qualifying_data,
            to_bytes(tpm::qualifying_data({.nonces = {evidence.nonce},
                                           .node_uid = evidence.node_uid,
                                           .ak_name = ak_name,
                                           .channel = evidence.channel,
                                           .selection = quote->quote->pcrs})
                         .bytes()));
}

TEST_F(ReadingTest, AFirstRoundIsWholeByItself) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  EXPECT_TRUE(shown(read("n1", 5)));
}

TEST_F(ReadingTest, TheLogOfSystemdIsShownIfThereIsOne) {
  machine_.userspace = {testing::phase(11, "ready")};
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  const auto part = shown(read("n1", 5));
  ASSERT_TRUE(part && part->evidence->userspace_log);
  EXPECT_FALSE(part->evidence->userspace_log->empty());
}

// What the agent sends after the entry that the quote covers is not authenticated yet.
TEST_F(ReadingTest, EntriesThatTheQuoteDoesNotProveAreNotShown) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  const Bytes proven = machine_.ima_list();
  machine_.measured_ima = proven;
  machine_.run("/tmp/later");
  EXPECT_EQ(outcome(round()), "Appraised");
  const auto part = shown(read("n1", 5));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->ima, proven);
}

TEST_F(ReadingTest, WhatIsWrongWithTheEvidenceIsToldWithIt) {
  machine_.extra_extends[10] = Bytes(32, 1);
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(verdict(round()), "Violated");
  const auto part = shown(read("n1", 5));
  ASSERT_TRUE(part);
  ASSERT_EQ(part->evidence->findings.size(), 1u);
  EXPECT_EQ(part->evidence->findings[0].reason, "ImaListIncomplete");
  EXPECT_EQ(part->ima, Bytes()) << "no entry of it is proven";
}

TEST_F(ReadingTest, EvidenceThatIsRefusedIsNeverShown) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  rig_.edit_quote = [](tpm::Quote& quote) { quote.extra_data.clear(); };
  EXPECT_EQ(outcome(round()), "Refused");
  rig_.edit_quote = nullptr;
  testing::TestTpm other(9);
  testing::EvidenceBuilder liar(other);
  EXPECT_EQ(rig_.attest(liar, "token-n1").body.at("outcome"), "Refused");
  EXPECT_EQ(read("n1", 5).status, 202);
}

TEST_F(ReadingTest, WhatOneNodeSentIsNeverShownForAnother) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  testing::TestTpm second(2);
  second.maker = rig_.tpm_.maker;
  second.maker.ek_key = testing::new_ec_key();
  second.ek = testing::TestTpm::ek_area(testing::public_half(second.maker.ek_key));
  rig_.expect_enrolled(second, "n2");
  EXPECT_EQ(read("n2").status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  EXPECT_EQ(read("n2", 5).status, 202) << "n1 has sent something, n2 nothing";
  EXPECT_EQ(read("n1", 5).status, 202) << "nobody had asked for n1";
  testing::EvidenceBuilder machine(second);
  EXPECT_EQ(rig_.attest(machine, "token-n2").body.at("outcome"), "Appraised");
  const auto part = shown(read("n2", 5));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->evidence->node_uid, rig_.uid("n2"));
  // And the rest of n2's is no rest of n1's.
  const api::EvidenceRequest rest{
      .node = NodeName("n1"), .token = "", .rest = api::EvidenceRequest::Rest{part->id, 0}};
  EXPECT_EQ(read(rest).body.at("reason"), "EvidenceGone");
}

TEST_F(ReadingTest, WhatWasKeptGoesWithTheRecordAndWithTheNode) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  EXPECT_TRUE(shown(read("n1", 60)));
  rig_.server_.erase(kube::kNodeAttestations, kube::cluster_key("n1"));
  ASSERT_TRUE(rig_.eventually([&] { return rig_.records_.find("n1") == nullptr; }));
  EXPECT_EQ(read("n1", 60).status, 409);
  // Enrolled anew, on another replica, with nothing heard here since.
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read("n1", 60).status, 202);
  next_.reset();
  ASSERT_EQ(read("n1", 60).status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  EXPECT_TRUE(shown(read("n1", 60)));
  rig_.states_.forget(rig_.uid("n1"));
  EXPECT_EQ(rig_.states_.wanted().size(rig_.clock_.monotonic()), 0u);
}

// R13: the state of a node starts over, and what it showed before is not of this enrolment.
TEST_F(ReadingTest, AnotherEnrolmentDropsWhatWasKept) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(outcome(round()), "Appraised");
  rig_.server_.erase(kube::kNodeAttestations, kube::cluster_key("n1"));
  ASSERT_TRUE(rig_.eventually([&] { return rig_.records_.find("n1") == nullptr; }));
  rig_.expect_enrolled(rig_.tpm_, "n1");
  next_.reset();
  EXPECT_EQ(outcome(round()), "NeedMore");
  EXPECT_FALSE(rig_.states_.wanted().kept(rig_.uid("n1"), rig_.clock_.monotonic()));
  EXPECT_EQ(outcome(round()), "Appraised");
  EXPECT_TRUE(shown(read("n1", 60)));
}

TEST_F(ReadingTest, AWantEndsAndTheAgentIsAskedAsUsual) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  ASSERT_EQ(verdict(round()), "Trusted");
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(rig_.challenge("token-n1").ima_from, 0u);
  EXPECT_FALSE(rig_.challenge("token-n1").boot_log_known);
  EXPECT_EQ(rig_.challenge("token-n1").userspace_log_known, "");
  rig_.clock_.advance(WantedEvidence::Limits{}.life);
  EXPECT_GT(rig_.challenge("token-n1").ima_from, 0u);
  EXPECT_TRUE(rig_.challenge("token-n1").boot_log_known);
}

TEST_F(ReadingTest, ALongListIsPutTogether) {
  run_much();
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  const std::size_t part_size = verify::kUnfinishedBytes + (1 << 16);
  ASSERT_GT(machine_.ima_list().size(), part_size);
  EXPECT_EQ(outcome(round(part_size)), "NeedMore");
  EXPECT_GT(next_->ima_from, 1'000u);
  EXPECT_EQ(read("n1", 60).status, 202) << "nothing of it is proven yet";
  EXPECT_EQ(verdict(round(part_size)), "Trusted");

  auto part = shown(read("n1", 60));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->ima.size(), api::kMaxImaSlice);
  Bytes list = part->ima;
  const std::string id = part->id;
  while (list.size() < part->ima_size) {
    part = shown(read({.node = NodeName("n1"), .token = "", .rest = {{id, list.size()}}}));
    ASSERT_TRUE(part && !part->ima.empty() && !part->evidence);
    append(list, part->ima);
  }
  EXPECT_EQ(list, machine_.ima_list());
  EXPECT_EQ(read({.node = NodeName("n1"), .token = "", .rest = {{id, list.size() + 1}}}).status,
            400);
  EXPECT_EQ(read({.node = NodeName("n1"), .token = "", .rest = {{"other", 0}}}).body.at("reason"),
            "EvidenceGone");
}

TEST_F(ReadingTest, AListLongerThanCanBeShownIsSaidToBe) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  EXPECT_EQ(read().status, 202);
  const Bytes much(api::kMaxImaInAll + 1);
  rig_.states_.wanted().add_part(rig_.uid("n1"), {{}, 0, much}, {}, rig_.clock_.monotonic());
  const auto reply = read("n1", 60);
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.body.at("reason"), "EvidenceTooLarge");
  EXPECT_EQ(verdict(round()), "Trusted");
}

TEST_F(ReadingTest, OnlySoManyNodesAreWanted) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  for (std::size_t i = 0; i < WantedEvidence::Limits{}.max_nodes; ++i) {
    (void)rig_.states_.wanted().ask(NodeUid("u" + std::to_string(i)), milliseconds(0),
                                    rig_.clock_.monotonic());
  }
  const auto reply = read();
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.body.at("reason"), "TooManyWanted");
  EXPECT_EQ(reply.body.at("kind"), "Status");
  EXPECT_NE(reply.body.at("message").get<std::string>().find("some minutes"), std::string::npos);
}

TEST_F(ReadingTest, NodesThatCanShowNothingAreNotWaitedFor) {
  const auto unknown = read("n9");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body.at("reason"), "NoSuchNode");
  const auto not_enrolled = read("n1");
  EXPECT_EQ(not_enrolled.status, 409);
  EXPECT_EQ(not_enrolled.body.at("reason"), "NotEnrolled");
  EXPECT_EQ(rig_.states_.wanted().size(rig_.clock_.monotonic()), 0u);
}

TEST_F(ReadingTest, A112_OnlyATokenOfTheReadersOpensTheDoor) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const std::string agent = "system:serviceaccount:seaworthy-system:seaworthy-agent";
  add_token("agent-with-our-audience", api::kEvidenceAudience, agent);
  add_token("reader-for-agents", api::kAgentAudience, kReader);
  add_token("reader-elsewhere", api::kEvidenceAudience,
            std::string("system:serviceaccount:default:") + api::kEvidenceReader);
  add_token("person", api::kEvidenceAudience, api::kEvidenceReader);
  for (const char* token : {"token-n1", "agent-with-our-audience", "reader-for-agents",
                            "reader-elsewhere", "person", "unknown", "reader ", "\n"}) {
    const auto reply = read({.node = NodeName("n1"), .token = token});
    EXPECT_EQ(reply.status, 403) << token;
    EXPECT_EQ(reply.body.at("reason"), "Unauthenticated") << token;
    EXPECT_EQ(reply.body.dump().find(std::string("\"") + token), std::string::npos);
  }
  EXPECT_EQ(rig_.states_.wanted().size(rig_.clock_.monotonic()), 0u);
  // A bearer in the header is nobody's.
  EXPECT_EQ(
      rig_.post(api::kEvidencePath,
                api::to_json(api::EvidenceRequest{.node = NodeName("n1"), .token = "x"}), "reader")
          .status,
      403);
  for (const char* path : {"/v1/enrol", "/v1/enrol/activate", "/v1/challenge", "/v1/attest"}) {
    EXPECT_EQ(rig_.post(path, codec::Json::object(), "reader").status, 401) << path;
  }
}

TEST_F(ReadingTest, ATokenThatCannotBeCheckedIsNotTaken) {
  rig_.server_.fail_next(1'000, 500);  // an informer that lists anew may take some of them
  EXPECT_EQ(read().status, 503);
  rig_.server_.recover();
}

TEST_F(ReadingTest, A181_RefusesWhatIsNoMessage) {
  http::Request request;
  request.method = "POST";
  request.target = api::kEvidencePath;
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"node\":\"n1\"}"),
        "{\"node\":\"n1\",\"token\":\"reader\",\"maxAgeSeconds\":0}" +
            std::string(api::kMaxEvidenceRequestBody, ' ')}) {
    request.body = body;
    EXPECT_EQ(rig_.service_.handle(request, {}).status, 400) << body.substr(0, 40);
  }
  request.method = "GET";
  EXPECT_EQ(rig_.service_.handle(request, {}).status, 405);
}

// The verdict of a node is the same whether or not somebody reads, and costs no more writes.
TEST_F(ReadingTest, ReadingChangesNoVerdict) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  machine_.run("/tmp/miner");
  ASSERT_EQ(verdict(round()), "Violated");
  ASSERT_TRUE(rig_.eventually([&] {
    const auto record = rig_.records_.find("n1");
    return record && record->value && !record->value->results.empty();
  }));
  const std::size_t writes = rig_.server_.writes();
  EXPECT_EQ(read().status, 202);
  EXPECT_EQ(outcome(round()), "NeedMore");
  EXPECT_EQ(verdict(round()), "Violated");
  EXPECT_EQ(verdict(round()), "Violated");
  EXPECT_EQ(rig_.server_.writes(), writes);
}

}  // namespace
}  // namespace seaworthy::verifier
