// Reading evidence from the asker's side to the verifier's, through an API server in memory.
#include "commands/evidence.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "commands/inspect_boot_log.h"
#include "commands/inspect_ima.h"
#include "commands/inspect_quote.h"
#include "verifier/verifier_rig.h"

namespace seaworthy::commands {
namespace {

using verifier::VerifierRig;

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() {
    rig_.server_.put(kube::kServiceAccounts, named("ServiceAccount", api::kEvidenceReader));
    put_replica("operator-1");
    put_replica("operator-2");
    rig_.server_.on_proxy([this](const kube::ObjectKey& pod, const http::Request& request) {
      EXPECT_FALSE(request.headers.get("Authorization"));
      asked_.push_back(pod.name);
      if (silent_.contains(pod.name)) {
        return http::json_response(503, R"({"kind":"Status","message":"connection refused"})");
      }
      return (pod.name == "operator-1" ? rig_.service_ : rig_.other_).handle(request, {});
    });
  }

  static codec::Json named(const char* kind, const std::string& name) {
    return api::object_header("v1", kind, name, verifier::kNamespace);
  }
  void put_replica(const std::string& name, const std::string& phase = "Running",
                   const std::string& component = "operator") {
    codec::Json pod = named("Pod", name);
    pod["metadata"]["labels"] = {{"app.kubernetes.io/name", "seaworthy"},
                                 {"app.kubernetes.io/component", component}};
    pod["spec"]["containers"] = {{{"name", "operator"},
                                  {"ports",
                                   {{{"name", "health"}, {"containerPort", 8080}},
                                    {{"name", "https"}, {"containerPort", 8443}}}}}};
    pod["status"]["phase"] = phase;
    rig_.server_.put(kube::kPods, pod);
  }

  // Each second of waiting `meanwhile_` happens.
  Result<api::NodeEvidence> fetch(const std::string& node = "n1", seconds time = seconds(60)) {
    const EvidenceSource source{*rig_.client_, rig_.clock_,
                                [this](milliseconds pause, const std::stop_token&) {
                                  rig_.clock_.advance(pause);
                                  if (meanwhile_) {
                                    meanwhile_();
                                  }
                                },
                                [this](const std::string& line) { progress_.push_back(line); }};
    return fetch_evidence(source, node, kube::call_within(rig_.clock_, time, {}));
  }
  // The agent of n1 sends what it is asked for, to the second replica.
  void attest_once() {
    rig_.replica = &rig_.other_;
    EXPECT_EQ(rig_.attest(machine_, "token-n1").body.at("outcome"), "Appraised");
    rig_.replica = &rig_.service_;
    meanwhile_ = nullptr;
  }

  VerifierRig rig_;
  testing::EvidenceBuilder machine_{rig_.tpm_};
  std::function<void()> meanwhile_;
  std::vector<std::string> progress_;
  std::vector<std::string> asked_;
  std::set<std::string> silent_;
};

TEST_F(EvidenceTest, TakesItFromTheReplicaThatHasIt) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  meanwhile_ = [this] { attest_once(); };
  const auto evidence = fetch();
  ASSERT_TRUE(evidence) << evidence.error().message();
  EXPECT_EQ(evidence->boot_log, eventlog::write_boot_log(machine_.boot));
  EXPECT_EQ(evidence->ima, machine_.ima_list());
  EXPECT_EQ(asked_,
            (std::vector<std::string>{"operator-1", "operator-2", "operator-1", "operator-2"}));
  ASSERT_EQ(progress_.size(), 1u);
  EXPECT_NE(progress_[0].find("2 replicas"), std::string::npos);
}

TEST_F(EvidenceTest, PutsALongListTogether) {
  for (int i = 0; i < 800; ++i) {
    machine_.run("/" + std::string(3'900, 'x') + std::to_string(i));
  }
  rig_.expect_enrolled(rig_.tpm_, "n1");
  meanwhile_ = [this] { attest_once(); };
  const auto evidence = fetch();
  ASSERT_TRUE(evidence) << evidence.error().message();
  ASSERT_GT(evidence->ima.size(), api::kMaxImaSlice);
  EXPECT_EQ(evidence->ima, machine_.ima_list());
}

TEST_F(EvidenceTest, WhatCameBeforeTheQuestionIsNotTheAnswer) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  meanwhile_ = [this] { attest_once(); };
  ASSERT_TRUE(fetch());
  rig_.clock_.advance(milliseconds(1));
  machine_.run("/usr/bin/new");
  meanwhile_ = [this] { attest_once(); };
  const auto again = fetch();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->ima, machine_.ima_list());
}

TEST_F(EvidenceTest, OnlyRunningPodsOfTheOperatorAreAsked) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  put_replica("operator-3", "Succeeded");
  put_replica("webhook-1", "Running", "webhook");
  meanwhile_ = [this] { attest_once(); };
  ASSERT_TRUE(fetch());
  EXPECT_EQ(std::set<std::string>(asked_.begin(), asked_.end()),
            (std::set<std::string>{"operator-1", "operator-2"}));
}

TEST_F(EvidenceTest, AReplicaThatIsSilentDoesNotHinderTheOther) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  silent_ = {"operator-1"};
  meanwhile_ = [this] { attest_once(); };
  EXPECT_TRUE(fetch());
}

TEST_F(EvidenceTest, GivesUpInTimeAndSaysWhatWasInTheWay) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  const auto nothing = fetch("n1", seconds(25));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), ErrorCode::kDeadline);
  EXPECT_NE(nothing.error().message().find("explain node n1"), std::string::npos);
  EXPECT_EQ(progress_.size(), 3u) << "one line, and one in ten seconds";

  silent_ = {"operator-1", "operator-2"};
  const auto refused = fetch("n1", seconds(5));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("connection refused"), std::string::npos);
}

TEST_F(EvidenceTest, SaysAtOnceWhatNoWaitingMends) {
  const auto unknown = fetch("n9");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message().find("there is no node 'n9'"), std::string::npos);
  const auto not_enrolled = fetch("n1");
  ASSERT_FALSE(not_enrolled);
  EXPECT_EQ(not_enrolled.error().code(), ErrorCode::kConflict);
  EXPECT_NE(not_enrolled.error().message().find("not enrolled"), std::string::npos);
  EXPECT_TRUE(progress_.empty());
}

TEST_F(EvidenceTest, WhoMayNotReadIsToldWhichRoleIsMissing) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  rig_.server_.fail_next(1, 403);  // as the API server, to the request for a token
  const auto refused = fetch();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDenied);
  EXPECT_NE(refused.error().message().find("Role seaworthy-evidence-reader"), std::string::npos);
}

TEST_F(EvidenceTest, AnAnswerThatIsNoEvidenceIsNotTaken) {
  rig_.expect_enrolled(rig_.tpm_, "n1");
  meanwhile_ = [this] { attest_once(); };
  const auto good = fetch();
  ASSERT_TRUE(good);
  const auto answers = [&](const std::function<void(codec::Json&)>& change) {
    rig_.server_.on_proxy([good, change](const kube::ObjectKey&, const http::Request&) {
      api::EvidenceAnswer answer;
      answer.part = api::EvidenceAnswer::Part{.id = "a",
                                              .evidence = *good,
                                              .ima_size = good->ima.size(),
                                              .ima_offset = 0,
                                              .ima = good->ima};
      codec::Json json = api::to_json(answer);
      change(json);
      return http::json_response(200, codec::to_json_text(json));
    });
    return fetch();
  };
  EXPECT_TRUE(answers([](codec::Json&) {}));
  for (const auto& change : std::initializer_list<std::function<void(codec::Json&)>>{
           [](codec::Json& json) { json["evidence"]["qualifyingData"] = "AAAA"; },
           [](codec::Json& json) { json["evidence"]["signature"] = json["evidence"]["attested"]; },
           [](codec::Json& json) { json.erase("evidence"); },
           [](codec::Json& json) { json["ima"]["size"] = 1; },
           [](codec::Json& json) { json["ima"]["size"] = 100'000; }}) {
    const auto refused = answers(change);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed) << refused.error().message();
  }
}

TEST_F(EvidenceTest, ThereIsAnOperatorOrItIsSaid) {
  rig_.server_.erase(kube::kPods, {verifier::kNamespace, "operator-1"});
  rig_.server_.erase(kube::kPods, {verifier::kNamespace, "operator-2"});
  const auto nobody = fetch();
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message().find("no pod of the operator"), std::string::npos);
}

TEST_F(EvidenceTest, InspectReadsTheFiles) {
  machine_.userspace = {testing::phase(11, "ready")};
  rig_.expect_enrolled(rig_.tpm_, "n1");
  meanwhile_ = [this] { attest_once(); };
  const auto evidence = fetch();
  ASSERT_TRUE(evidence);
  std::map<std::string, Bytes> files;
  for (const EvidenceFile& file : evidence_files("n1", *evidence)) {
    files[file.name] = file.content;
  }
  EXPECT_EQ(files.size(), 9u);
  EXPECT_FALSE(files.at("userspace-log").empty());
  const auto quote = inspect_quote({.attested = files.at("quote.attest"),
                                    .signature = files.at("quote.signature"),
                                    .ak_public = files.at("ak.tpmt_public"),
                                    .nonce = files.at("quote.nonce")},
                                   files.at("quote.pcrs"), {.format = Format::kJson});
  ASSERT_TRUE(quote) << quote.error().message();
  EXPECT_FALSE(quote->findings) << quote->text;
  EXPECT_NE(quote->text.find("\"pcrs\": {"), std::string::npos) << "the values are the quoted ones";
  EXPECT_TRUE(inspect_boot_log(files.at("boot-log"), ShowEvents::kNo, {}));
  EXPECT_TRUE(inspect_ima(files.at("ima"), {}));
  const auto rest = codec::parse_json(as_text(files.at("evidence.json")), {.max_bytes = 100'000});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->at("nodeUID"), rig_.uid("n1").str());
  EXPECT_EQ(rest->at("nonce").get<std::string>().size(), 2 * evidence->nonce.size());
}

TEST(CapturedText, NamesFilesAndFindings) {
  api::NodeEvidence evidence;
  evidence.received = Time::from_unix(seconds(1'800'000'000));
  evidence.findings = {{"ImaViolation", "IMA list", "somebody wrote while it was read"}};
  const std::vector<EvidenceFile> files{{"ima", Bytes(17)}};
  const std::string text = captured_text("n1", evidence, files, "dir", {});
  EXPECT_NE(text.find("dir/ima"), std::string::npos);
  EXPECT_NE(text.find("ImaViolation"), std::string::npos);
  EXPECT_NE(text.find("inspect quote --attest dir/quote.attest"), std::string::npos);
  const auto json =
      codec::parse_json(captured_text("n1", evidence, files, "dir", {.format = Format::kJson}),
                        {.max_bytes = 10'000});
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("files").at("ima"), 17);
  EXPECT_EQ(json->at("findings").size(), 1u);
}

}  // namespace
}  // namespace seaworthy::commands
