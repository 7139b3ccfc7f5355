#include "commands/what_if.h"

#include <gtest/gtest.h>

#include <thread>

#include "api/attestation.h"
#include "api/what_if.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"

namespace seaworthy::commands {
namespace {

using api::Verdict;
using codec::Json;

constexpr const char* kStrictSet = R"(
apiVersion: seaworthy.dev/v1alpha1
kind: ReferenceValueSet
metadata: { name: files }
spec: { files: [ { sha256: aa } ] }
)";

// Two nodes that are Trusted under the policy "production", which names the set "files"; a third
// that has never enrolled. Whenever the command sleeps, the test is the operator.
class WhatIfTest : public ::testing::Test {
 protected:
  WhatIfTest() {
    put_policy("production", "Enforce");
    server_.put(kube::kReferenceValueSets,
                {{"metadata", {{"name", "files"}}},
                 {"spec", {{"files", {{{"sha256", "aa"}}, {{"sha256", "bb"}}}}}}});
    for (const char* name : {"n1", "n2", "n3"}) {
      server_.put(kube::kNodes, {{"metadata", {{"name", name}}}});
    }
    say("n1", {{"production", Verdict::kTrusted}});
    say("n2", {{"production", Verdict::kTrusted}});
  }
  void put_policy(const std::string& name, const std::string& mode) {
    server_.put(kube::kAttestationPolicies,
                {{"metadata", {{"name", name}}},
                 {"spec",
                  {{"workloads", {{"namespaces", Json::array({"payments"})}}},
                   {"identity",
                    {{"trustAnchors",
                      Json::array({{{"configMap", {{"name", "roots"}, {"key", "roots.pem"}}}}})}}},
                   {"evidence",
                    {{"boot", "Any"}, {"runtime", {{"referenceValues", Json::array({"files"})}}}}},
                   {"enforcement", {{"mode", mode}}}}}});
  }
  // What the controller writes of a node.
  void say(const std::string& node, const std::map<std::string, Verdict>& verdicts,
           const api::FindingView& finding = {"UnknownFile", "/bin/miner", "list it"}) {
    std::vector<api::PolicyVerdict> list;
    for (const auto& [policy, verdict] : verdicts) {
      api::PolicyVerdict one;
      one.policy = PolicyName(policy);
      one.verdict = verdict;
      one.reason = verdict == Verdict::kViolated ? finding.reason : "Appraised";
      one.since = clock_.now();
      one.expires = clock_.now() + std::chrono::hours(2);
      if (verdict == Verdict::kViolated) {
        one.findings = {finding};
      }
      list.push_back(one);
    }
    Json record = {{"metadata", {{"name", node}}}, {"spec", Json::object()}};
    record["status"] = api::controller_status_patch(NodeName(node), list)["status"];
    server_.put(kube::kNodeAttestations, record);
  }
  // The dry runs that select nodes, by name.
  std::vector<Json> dry_runs() {
    std::vector<Json> out;
    for (const Json& policy : server_.all(kube::kAttestationPolicies)) {
      if (policy["spec"]["enforcement"]["mode"] == "DryRun" &&
          api::parse_policy(policy)->nodes.matches({})) {
        out.push_back(policy);
      }
    }
    return out;
  }
  std::size_t made() {  // of what-ifs, there now
    std::size_t out = 0;
    for (const auto* resource : {&kube::kAttestationPolicies, &kube::kReferenceValueSets}) {
      for (const Json& object : server_.all(*resource)) {
        out += object["metadata"].value("labels", Json::object()).contains(api::kWhatIfLabel);
      }
    }
    return out;
  }
  // The time is the fake clock's, which passes faster than the command's cache may follow.
  Result<WhatIfAnswer> ask(const std::string& text, Afterwards afterwards = Afterwards::kRemove,
                           seconds timeout = seconds(3'600)) {
    const Surroundings around{.client = *client_,
                              .clock = clock_,
                              .random = random_,
                              .sleep =
                                  [this](milliseconds time, const std::stop_token&) {
                                    operator_();
                                    // For the command's cache to see it.
                                    std::this_thread::sleep_for(milliseconds(2));
                                    clock_.advance(time);
                                  },
                              .tell = [this](const std::string& line) { told_ += line + "\n"; },
                              .stop = stop_.get_token()};
    return what_if(
        around, {.files = {{"new.yaml", text}}, .timeout = timeout, .afterwards = afterwards}, {});
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = server_.client();
  std::stop_source stop_;
  std::string told_;
  std::function<void()> operator_ = [] {};
};

TEST_F(WhatIfTest, AsksTheOperatorAndRemovesTheQuestion) {
  std::vector<Json> seen;
  operator_ = [&] {
    if (seen.empty() && !dry_runs().empty()) {
      seen = dry_runs();
      const std::string name = kube::key_of(seen[0]).name;
      say("n1", {{"production", Verdict::kTrusted}, {name, Verdict::kViolated}});
      say("n2", {{"production", Verdict::kTrusted}, {name, Verdict::kTrusted}});
    }
  };
  const auto answer = ask(kStrictSet);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->outcome, Outcome::kSomebodyWorse);
  EXPECT_TRUE(answer->text.ends_with(
      "production: 1 node stays Trusted, 1 becomes Violated, 1 gives no answer.\n"))
      << answer->text;
  EXPECT_NE(answer->text.find("n1 under production would be Violated:\n"
                              "    - UnknownFile (/bin/miner)"),
            std::string::npos);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_NE(told_.find("2 verdicts of 2"), std::string::npos) << told_;
  EXPECT_EQ(made(), 0u);
  const Json live = *server_.find(kube::kReferenceValueSets, kube::cluster_key("files"));
  EXPECT_EQ(live["spec"]["files"].size(), 2u) << "the set itself is as it was";
}

TEST_F(WhatIfTest, NoNodeIsJudgedBeforeTheSetsAreThereAndTheyBelongToTheDryRun) {
  bool checked = false;
  server_.on_request([&](const std::string& request) {
    if (request.starts_with("PATCH ") && request.find("/whatif-") != std::string::npos) {
      EXPECT_TRUE(dry_runs().empty());
      checked = true;
      for (const Json& set : server_.all(kube::kReferenceValueSets)) {
        if (set["metadata"].contains("labels")) {
          const std::string owner = set["metadata"]["ownerReferences"][0]["name"];
          EXPECT_TRUE(server_.find(kube::kAttestationPolicies, kube::cluster_key(owner)));
          EXPECT_EQ(made(), 2u);
        }
      }
    }
  });
  operator_ = [&] { stop_.request_stop(); };
  EXPECT_EQ(ask(kStrictSet).error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(checked);
  EXPECT_EQ(made(), 0u) << "also if the person does not want to know any more";
}

TEST_F(WhatIfTest, AnErrorInTheMiddleLeavesNothing) {
  server_.on_request([&](const std::string& request) {
    if (request.starts_with("POST ") && request.ends_with("/referencevaluesets")) {
      server_.fail_next(1, 403);
    }
  });
  EXPECT_EQ(ask(kStrictSet).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(made(), 0u);
}

TEST_F(WhatIfTest, NodesThatDoNotAnswerAreWaitedForUntilTheTimeIsOver) {
  const Time began = clock_.now();
  const auto answer = ask(kStrictSet, Afterwards::kRemove, seconds(180));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->outcome, Outcome::kUndecided);
  EXPECT_GE(clock_.now() - began, seconds(180));
  EXPECT_LT(clock_.now() - began, seconds(185));
  EXPECT_EQ(made(), 0u);
}

TEST_F(WhatIfTest, AVerdictThatMissesOurSetIsNoAnswerYet) {
  int rounds = 0;
  operator_ = [&] {
    const auto runs = dry_runs();
    if (runs.empty()) {
      return;
    }
    const std::string name = kube::key_of(runs[0]).name;
    const std::string set = runs[0]["spec"]["evidence"]["runtime"]["referenceValues"][0];
    const bool early = ++rounds < 10;
    for (const char* node : {"n1", "n2"}) {
      say(node,
          {{"production", Verdict::kTrusted},
           {name, early ? Verdict::kViolated : Verdict::kTrusted}},
          {"ReferenceValuesMissing", set, ""});
    }
  };
  const auto answer = ask(kStrictSet);
  ASSERT_TRUE(answer);
  EXPECT_GE(rounds, 10);
  EXPECT_EQ(answer->outcome, Outcome::kNobodyWorse) << answer->text;
}

TEST_F(WhatIfTest, KeepsTheQuestionIfAskedTo) {
  operator_ = [&] {
    for (const Json& run : dry_runs()) {
      for (const char* node : {"n1", "n2"}) {
        say(node, {{"production", Verdict::kTrusted}, {kube::key_of(run).name, Verdict::kTrusted}});
      }
    }
  };
  ASSERT_TRUE(ask(kStrictSet, Afterwards::kKeep));
  EXPECT_EQ(made(), 2u);
}

TEST_F(WhatIfTest, ASetThatIsInTheClusterAsItIsChangesNothing) {
  const auto answer = ask(R"(
apiVersion: seaworthy.dev/v1alpha1
kind: ReferenceValueSet
metadata: { name: files }
spec: { files: [ { sha256: aa }, { sha256: bb } ] }
)");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->text, "Nothing changes for any node.\n");
  EXPECT_NE(told_.find("is in the cluster as it is"), std::string::npos) << told_;
}

TEST_F(WhatIfTest, DryRunsOfOthersAreNotTried) {
  put_policy("production", "DryRun");
  EXPECT_EQ(ask(kStrictSet)->text, "Nothing changes for any node.\n");
  EXPECT_NE(told_.find("is named by no policy"), std::string::npos) << told_;
}

TEST_F(WhatIfTest, ARefusalOfTheApiServerNamesTheFile) {
  server_.on_request([&](const std::string& request) {
    if (request.starts_with("POST ") && request.find("dryRun=All") != std::string::npos) {
      EXPECT_NE(request.find("fieldValidation=Strict"), std::string::npos);
      server_.fail_next(1, 422);
    }
  });
  const auto refused = ask(kStrictSet);
  EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed);
  EXPECT_TRUE(refused.error().message().starts_with("new.yaml: create referencevaluesets files: "))
      << refused.error().message();
  EXPECT_EQ(made(), 0u);
}

TEST_F(WhatIfTest, OurOwnRefusalNamesTheFileToo) {
  EXPECT_EQ(ask("apiVersion: seaworthy.dev/v1alpha1\nkind: AttestationPolicy\n"
                "metadata: { name: " +
                std::string(51, 'a') + " }\nspec: {}\n")
                .error()
                .message(),
            "new.yaml: metadata.name: the name of a policy is a DNS label of at most 50 "
            "characters");
  EXPECT_EQ(ask("").error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(made(), 0u);
}

}  // namespace
}  // namespace seaworthy::commands
