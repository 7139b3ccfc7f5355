// An API server to test against: the fake one, or a real one whose kubeconfig is named by
// SEAWORTHY_TEST_KUBECONFIG (with the rights of an administrator).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "codec/hex.h"
#include "http/cpprest/client.h"
#include "kube/config.h"
#include "kube/real_environment.h"
#include "support/fake_api_server/fake_api_server.h"

namespace seaworthy::testing {

enum class Server { kFake, kReal };

// Everything a test makes is in a namespace of its own or has its prefix in the name, and is
// removed at the end.
class ContractTest : public ::testing::TestWithParam<Server> {
 protected:
  void SetUp() override {
    RealRandom random;
    prefix_ = "contract-" + codec::to_hex(random.bytes(4));
    if (GetParam() == Server::kFake) {
      fake_ = std::make_unique<FakeApiServer>(clock_);
      client_ = fake_->client();
    } else {
      const char* path = std::getenv("SEAWORTHY_TEST_KUBECONFIG");
      if (path == nullptr || *path == '\0') {
        GTEST_SKIP() << "SEAWORTHY_TEST_KUBECONFIG names no control plane to test against "
                        "(e2e/cluster/control-plane starts one)";
      }
      auto config = kube::load_kubeconfig({.path = path}, kube::process_environment(), clock_);
      ASSERT_TRUE(config) << config.error().message();
      auto http = http::cpprest::create_client(config->http, clock_);
      ASSERT_TRUE(http) << http.error().message();
      client_ = kube::create_client(*std::move(http), config->impersonation);
      ASSERT_TRUE(client_->create(
          kube::kNamespaces,
          {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", prefix_}}}},
          call()));
    }
  }
  void TearDown() override {
    if (client_ && GetParam() == Server::kReal) {
      (void)client_->delete_(kube::kNamespaces, kube::cluster_key(prefix_), {}, call());
    }
  }

  kube::Call call() { return kube::call_within(clock_, std::chrono::milliseconds(20'000), {}); }
  codec::Json config_map(const std::string& name, const codec::Json& data) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", name}, {"namespace", prefix_}}},
            {"data", data}};
  }
  kube::ObjectKey key(const std::string& name) { return {prefix_, name}; }

  RealClock clock_;
  std::string prefix_;
  std::unique_ptr<FakeApiServer> fake_;
  std::unique_ptr<kube::Client> client_;
};

}  // namespace seaworthy::testing
