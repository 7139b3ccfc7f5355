// The controller whole, on the fake API server, with its real threads.
#include "controller/controllers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "api/what_if.h"
#include "controller/policy.h"
#include "controller/world.h"
#include "telemetry/metrics.h"

namespace seaworthy::controller {
namespace {

using api::Verdict;
using codec::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Lines final : public telemetry::LogSink {
 public:
  void write(std::string_view line) override {
    MutexLock lock(mutex_);
    text_.append(line).append("\n");
  }
  std::string text() const {
    MutexLock lock(mutex_);
    return text_;
  }

 private:
  mutable Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

class ControllersTest : public ::testing::Test {
 protected:
  ControllersTest() {
    world_.server.put(kube::kAttestationPolicies, testing::policy_json("p"));
    for (const char* node : {"n1", "n2"}) {
      world_.server.put(kube::kNodes, testing::node_json(node));
    }
    world_.server.put(kube::kNodes, testing::node_json("dev", "dev"));
    world_.say("n1", "p", Verdict::kTrusted);
    // Discovery: the fake knows no /apis lists, so it is given one.
  }
  void start() {
    controllers_ =
        std::make_unique<Controllers>(*client_, Options{.identity = "operator-0"}, log_, registry_,
                                      world_.clock, world_.random, [this] { lost_ = true; });
    controllers_->start();
    ASSERT_TRUE(eventually([&] { return controllers_->leading(); })) << lines_.text();
  }
  static bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 4'000 && !condition(); ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    return condition();
  }
  bool exists(const kube::Resource& resource, const std::string& name) {
    return world_.server.find(resource, kube::cluster_key(name)).has_value();
  }
  void delete_own_namespace() {
    Json own = *world_.server.find(kube::kNamespaces, kube::cluster_key("seaworthy-system"));
    own["metadata"]["deletionTimestamp"] = world_.clock.now().rfc3339();
    own["metadata"]["finalizers"] = Json::array({"kubernetes"});
    world_.server.put(kube::kNamespaces, own);
  }
  bool nothing_binds() {
    return world_.label("n1", "p").empty() && !world_.tainted("n2") &&
           !exists(kube::kValidatingWebhookConfigurations, "seaworthy-p") &&
           !exists(kube::kValidatingAdmissionPolicyBindings, "seaworthy-floor-p") &&
           !exists(kube::kValidatingAdmissionPolicies, "seaworthy-floor-p") &&
           !exists(kube::kMutatingAdmissionPolicies, "seaworthy-steer-p");
  }
  bool settled() {
    return world_.label("n1", "p") == "trusted" && world_.tainted("n2") &&
           exists(kube::kValidatingWebhookConfigurations, "seaworthy-p") &&
           world_.holders("p").contains("n1");
  }

  testing::World world_;
  std::unique_ptr<kube::Client> client_ = world_.server.client();
  Lines lines_;
  telemetry::Log log_{lines_, world_.clock, telemetry::Level::kDebug, telemetry::Format::kText};
  telemetry::Metrics registry_;
  std::unique_ptr<Controllers> controllers_;
  std::atomic<bool> lost_{false};
};

TEST_F(ControllersTest, PutsAPolicyIntoForce) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); })) << lines_.text();
  EXPECT_FALSE(world_.tainted("n1"));
  EXPECT_EQ(world_.label("n2", "p"), "");
  EXPECT_FALSE(world_.tainted("dev"));
  EXPECT_EQ(world_.holders("p"), (Json{{"n1", kube::uid_of(world_.node("n1"))}}));
  EXPECT_TRUE(exists(kube::kValidatingAdmissionPolicies, "seaworthy-floor-p"));
  EXPECT_TRUE(exists(kube::kValidatingAdmissionPolicyBindings, "seaworthy-floor-p"));
  EXPECT_TRUE(exists(kube::kMutatingAdmissionPolicies, "seaworthy-steer-p"));
  ASSERT_TRUE(eventually([&] {
    const Json policy = *world_.server.find(kube::kAttestationPolicies, kube::cluster_key("p"));
    return policy.contains("status") && policy["status"]["nodes"]["trusted"] == 1 &&
           policy["status"]["conditions"][0]["status"] == "True";
  }));
  const Json attestation = *world_.server.find(kube::kNodeAttestations, kube::cluster_key("n1"));
  EXPECT_EQ(attestation["status"]["verdicts"][0]["verdict"], "Trusted");
  EXPECT_EQ(attestation["status"]["results"].size(), 1u) << "the verifiers' part is untouched";
}

TEST_F(ControllersTest, WritesOnChangeOnly) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  const auto quiet = [&] {  // until nothing is written for a while
    for (std::size_t last = 0, now = 1; last != now;) {
      last = world_.server.writes();
      std::this_thread::sleep_for(milliseconds(100));
      now = world_.server.writes();
    }
  };
  const auto writes_to = [&](const std::string& path) {
    const auto requests = world_.server.requests();
    return std::count_if(requests.begin(), requests.end(), [&](const std::string& request) {
      return !request.starts_with("GET ") && request.find(path) != std::string::npos;
    });
  };
  quiet();
  const auto nodes = writes_to("/nodes/");
  const auto verdicts = writes_to("/nodeattestations/");
  const auto classes = writes_to("/attestationclasses/");
  for (int i = 0; i < 5; ++i) {
    world_.clock.advance(seconds(5));
    world_.say("n1", "p", Verdict::kTrusted);  // a renewed result, and nothing new in it
    quiet();
  }
  EXPECT_EQ(writes_to("/nodes/"), nodes);
  EXPECT_EQ(writes_to("/nodeattestations/"), verdicts);
  EXPECT_EQ(writes_to("/attestationclasses/"), classes);
}

TEST_F(ControllersTest, AViolationWithdrawsTheClassAndTellsPeople) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  world_.clock.advance(seconds(1));
  world_.say("n1", "p", Verdict::kViolated);
  ASSERT_TRUE(eventually([&] {
    return world_.label("n1", "p").empty() && world_.tainted("n1") && world_.holders("p").empty();
  })) << lines_.text();
  EXPECT_TRUE(eventually([&] {
    for (const Json& event : world_.server.all(kube::kEvents)) {
      if (event["reason"] == "NodeViolated" && event["type"] == "Warning") {
        return true;
      }
    }
    return false;
  }));
}

TEST_F(ControllersTest, A121_WhatIsDeletedOrEditedIsPutBack) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  ASSERT_TRUE(world_.server.erase(kube::kValidatingWebhookConfigurations,
                                  kube::cluster_key("seaworthy-p")));
  EXPECT_TRUE(
      eventually([&] { return exists(kube::kValidatingWebhookConfigurations, "seaworthy-p"); }));

  const kube::ObjectKey floor = kube::cluster_key("seaworthy-floor-p");
  Json object = *world_.server.find(kube::kValidatingAdmissionPolicyBindings, floor);
  object["spec"]["validationActions"] = Json::array({"Audit"});
  world_.server.put(kube::kValidatingAdmissionPolicyBindings, object);
  EXPECT_TRUE(eventually([&] {
    return (*world_.server.find(kube::kValidatingAdmissionPolicyBindings,
                                floor))["spec"]["validationActions"] == Json::array({"Deny"});
  }));

  // Added, not changed: server-side apply would let it stand.
  const kube::ObjectKey hook = kube::cluster_key("seaworthy-p");
  object = *world_.server.find(kube::kValidatingWebhookConfigurations, hook);
  object["webhooks"][0]["matchConditions"].push_back({{"name", "off"}, {"expression", "false"}});
  world_.server.put(kube::kValidatingWebhookConfigurations, object);
  EXPECT_TRUE(eventually([&] {
    return (*world_.server.find(kube::kValidatingWebhookConfigurations,
                                hook))["webhooks"][0]["matchConditions"]
               .size() == 1;
  }));
  // Hidden from our selector by taking the label off.
  object = *world_.server.find(kube::kValidatingWebhookConfigurations, hook);
  object["metadata"].erase("labels");
  object["webhooks"][0]["failurePolicy"] = "Ignore";
  world_.server.put(kube::kValidatingWebhookConfigurations, object);
  EXPECT_TRUE(eventually([&] {
    return (*world_.server.find(kube::kValidatingWebhookConfigurations,
                                hook))["webhooks"][0]["failurePolicy"] == "Fail";
  }));
  EXPECT_NE(registry_.text().find("seaworthy_controller_drift_repaired_total"), std::string::npos);
}

TEST_F(ControllersTest, APolicyThatGoesTakesEverythingWithIt) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  world_.server.erase(kube::kAttestationPolicies, kube::cluster_key("p"));
  EXPECT_TRUE(eventually([&] {
    return world_.label("n1", "p").empty() && !world_.tainted("n2") &&
           !exists(kube::kValidatingWebhookConfigurations, "seaworthy-p") &&
           !exists(kube::kValidatingAdmissionPolicies, "seaworthy-floor-p");
  })) << lines_.text();
}

TEST_F(ControllersTest, APolicyThatBecomesADryRunBindsNothingAndIsStillJudged) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  ASSERT_NE(registry_.text().find(R"(seaworthy_nodes{policy="p")"), std::string::npos);
  world_.server.put(kube::kAttestationPolicies, testing::policy_json("p", "DryRun"));
  world_.say("n1", "p", Verdict::kTrusted);
  world_.say("n2", "p", Verdict::kViolated);
  ASSERT_TRUE(eventually([&] {
    const Json policy = *world_.server.find(kube::kAttestationPolicies, kube::cluster_key("p"));
    return policy.contains("status") && policy["status"]["nodes"]["trusted"] == 1 &&
           policy["status"]["nodes"]["violated"] == 1 &&
           policy["status"]["conditions"][0]["reason"] == kDryRun;
  })) << lines_.text();
  EXPECT_TRUE(eventually([&] {
    const Json record = *world_.server.find(kube::kNodeAttestations, kube::cluster_key("n2"));
    return record["status"].contains("verdicts") &&
           record["status"]["verdicts"][0]["verdict"] == "Violated" && nothing_binds();
  })) << lines_.text();
  EXPECT_FALSE(exists(kube::kAttestationClasses, "p"));
  EXPECT_EQ(registry_.text().find(R"(seaworthy_nodes{policy="p")"), std::string::npos);
  controllers_->stop();  // sends the Events that wait
  for (const Json& event : world_.server.all(kube::kEvents)) {
    EXPECT_NE(event["reason"], "NodeViolated");
  }
}

TEST_F(ControllersTest, AWhatIfThatItsCommandLeftBehindIsRemoved) {
  const auto put = [&](const std::string& name, const char* mode) {
    Json policy = testing::policy_json(name, mode);
    policy["metadata"]["labels"] = {{api::kWhatIfLabel, "x"}};
    world_.server.put(kube::kAttestationPolicies, policy);
  };
  put("what-if", "DryRun");
  put("in-force", "Enforce");
  world_.clock.advance(std::chrono::hours(1));
  put("another", "DryRun");
  start();
  EXPECT_TRUE(eventually([&] {
    const auto another =
        world_.server.find(kube::kAttestationPolicies, kube::cluster_key("another"));
    return !exists(kube::kAttestationPolicies, "what-if") && another->contains("status");
  })) << lines_.text();
  EXPECT_TRUE(exists(kube::kAttestationPolicies, "in-force"));
  EXPECT_TRUE(exists(kube::kAttestationPolicies, "p"));
}

TEST_F(ControllersTest, ADryRunHasNoSayInReferenceValues) {
  const auto naming = [](const std::string& name, const char* mode) {
    Json policy = testing::policy_json(name, mode);
    policy["spec"]["evidence"] = {{"referenceValues", Json::array({"debian"})},
                                  {"runtime", {{"ima", "Ignored"}}}};
    return policy;
  };
  world_.server.put(kube::kReferenceValueSets,
                    {{"metadata", {{"name", "debian"}}},
                     {"spec",
                      {{"boot",
                        {{"commandLines", Json::array({"ro"})},
                         {"applications", Json::array({std::string(64, 'a')})}}}}}});
  world_.server.put(kube::kAttestationPolicies, naming("p", "DryRun"));
  world_.say("n1", "p", Verdict::kTrusted, seconds(120), "debian");
  const auto users = [&] {
    const Json set = *world_.server.find(kube::kReferenceValueSets, kube::cluster_key("debian"));
    return set.contains("status") ? set["status"].value("nodes", -1) : -1;
  };
  start();
  ASSERT_TRUE(eventually([&] { return users() >= 0; })) << lines_.text();
  EXPECT_EQ(users(), 0);
  world_.server.put(kube::kAttestationPolicies, naming("p", "Audit"));
  EXPECT_TRUE(eventually([&] { return users() == 1; })) << lines_.text();
}

TEST_F(ControllersTest, A123_UninstallingLeavesNothingThatBinds) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  delete_own_namespace();
  EXPECT_TRUE(eventually([&] { return nothing_binds(); })) << lines_.text();
  controllers_->stop();
  EXPECT_TRUE(nothing_binds());
}

// Found by reading: a worker that was removing traces when the pod was told to stop gave up, and
// nobody went on. `kubectl delete namespace` stops the pods moments after it marks the namespace.
TEST_F(ControllersTest, A123_AnUninstallationCutOffByTheStopIsFinished) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  std::atomic<bool> stopping{false};
  world_.server.on_request([&](const std::string& request) {
    if (request == "GET /api/v1/namespaces/seaworthy-system") {
      stopping = true;  // asked at the end only
      world_.server.recover();
    } else if (request.starts_with("DELETE ") && !stopping) {
      world_.server.fail_next(1'000, 403);
    }
  });
  delete_own_namespace();
  ASSERT_TRUE(eventually(
      [&] { return lines_.text().find("not everything could be removed") != std::string::npos; }));
  EXPECT_FALSE(nothing_binds());
  controllers_->stop();
  EXPECT_TRUE(stopping);
  EXPECT_TRUE(nothing_binds()) << lines_.text();
}

TEST_F(ControllersTest, A123_AnUninstallationThatFailedIsTriedAgain) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  std::atomic<bool> once{false};
  world_.server.on_request([&](const std::string& request) {
    if (request.starts_with("DELETE ") && !once.exchange(true)) {
      world_.server.fail_next(20, 403);
    }
  });
  delete_own_namespace();
  ASSERT_TRUE(eventually(
      [&] { return lines_.text().find("not everything could be removed") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] {
    world_.clock.advance(seconds(1));
    return nothing_binds();
  })) << lines_.text();
}

// What a worker is about to write when the uninstallation begins goes as well.
TEST_F(ControllersTest, A123_UninstallingWaitsForWhoIsWriting) {
  std::atomic<bool> once{false};
  world_.server.on_request([&](const std::string& request) {
    if (request.find("/validatingwebhookconfigurations") != std::string::npos &&
        request.starts_with("POST ") && !once.exchange(true)) {
      delete_own_namespace();
      // Room for whoever would not wait; who does ends this by letting time pass.
      for (int i = 0; i < 100 && lines_.text().find("nothing that binds") == std::string::npos;
           ++i) {
        std::this_thread::sleep_for(milliseconds(5));
      }
    }
  });
  start();
  ASSERT_TRUE(eventually([&] {
    return lines_.text().find("nothing that binds") != std::string::npos;
  })) << lines_.text();
  controllers_->stop();
  EXPECT_TRUE(once);
  EXPECT_TRUE(nothing_binds()) << lines_.text();
}

// `kubectl delete -f crds/` and `kubectl apply -f crds/`: this process may live on through both.
TEST_F(ControllersTest, InstalledAgainItWorksAgain) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  const kube::ObjectKey definition = kube::cluster_key("attestationpolicies.seaworthy.dev");
  const Json before = *world_.server.find(kube::kCustomResourceDefinitions, definition);
  world_.server.erase(kube::kCustomResourceDefinitions, definition);
  ASSERT_TRUE(eventually([&] { return nothing_binds(); })) << lines_.text();
  world_.server.put(kube::kCustomResourceDefinitions, before);
  EXPECT_TRUE(eventually([&] { return settled(); })) << lines_.text();
}

TEST_F(ControllersTest, AnOrdinaryStopLeavesEverythingInForce) {
  start();
  ASSERT_TRUE(eventually([&] { return settled(); }));
  controllers_->stop();
  EXPECT_TRUE(settled());
  EXPECT_FALSE(lost_);
  const Json lease =
      *world_.server.find(kube::kLeases, {"seaworthy-system", "seaworthy-controller"});
  EXPECT_EQ(lease["spec"]["holderIdentity"], "");
}

TEST_F(ControllersTest, MakesTheServingCertificates) {
  start();
  ASSERT_TRUE(eventually([&] {
    return world_.server.find(kube::kSecrets, {"seaworthy-system", kWebhookTlsSecret}) &&
           world_.server.find(kube::kSecrets, {"seaworthy-system", kOperatorTlsSecret});
  })) << lines_.text();
  const Json map = *world_.server.find(kube::kConfigMaps, {"seaworthy-system", kCaConfigMap});
  EXPECT_NE(map["data"]["ca.crt"].get<std::string>().find("BEGIN CERTIFICATE"), std::string::npos);
  const Json secret = *world_.server.find(kube::kSecrets, {"seaworthy-system", kWebhookTlsSecret});
  EXPECT_EQ(secret["type"], "kubernetes.io/tls");
}

}  // namespace
}  // namespace seaworthy::controller
