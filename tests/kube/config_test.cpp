#include "kube/config.h"

#include <gtest/gtest.h>

#include "kube/temporary_directory.h"
#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  Environment environment() {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto at = env_.find(name);
      return at == env_.end() ? std::nullopt : std::optional(at->second);
    };
  }
  std::string kubeconfig(const std::string& user, const std::string& cluster = "") {
    return dir_.write("config",
                      "current-context: x\n"
                      "clusters: [{name: c, cluster: {server: 'https://api:6443'" +
                          cluster +
                          "}}]\n"
                          "users: [{name: u, user: {" +
                          user +
                          "}}]\n"
                          "contexts: [{name: x, context: {cluster: c, user: u}}]\n");
  }

  testing::TemporaryDirectory dir_;
  testing::FakeClock clock_;
  std::map<std::string, std::string> env_;
};

TEST_F(ConfigTest, InAPodItUsesTheServiceAccount) {
  dir_.write("token", "abc\n");
  dir_.write("ca.crt", "CA");
  dir_.write("namespace", "seaworthy-system\n");
  env_ = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  const auto config = in_cluster_config(environment(), clock_, dir_.path());
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->http.base_url, "https://[fd00::1]:443");
  EXPECT_EQ(config->namespace_, "seaworthy-system");
  EXPECT_EQ(*config->http.token_provider(), "abc");
  EXPECT_EQ(*config->http.ca_provider(), "CA");

  dir_.write("token", "def");
  dir_.write("ca.crt", "CA2");
  EXPECT_EQ(*config->http.ca_provider(), "CA2");
  EXPECT_EQ(*config->http.token_provider(), "abc");
  config->on_unauthorized();
  EXPECT_EQ(*config->http.token_provider(), "def");
}

TEST_F(ConfigTest, OutsideAPodThatIsNotFound) {
  EXPECT_EQ(in_cluster_config(environment(), clock_, dir_.path()).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(ConfigTest, AStaticTokenAndInlineCa) {
  const auto config =
      load_kubeconfig({.path = kubeconfig("token: abc", ", certificate-authority-data: Q0E=")},
                      environment(), clock_);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->http.ca_pem, "CA");
  EXPECT_EQ(*config->http.token_provider(), "abc");
  EXPECT_EQ(config->namespace_, "default");
}

TEST_F(ConfigTest, CertificateFilesAreRelativeToTheFile) {
  dir_.write("c.pem", "CERT");
  dir_.write("k.pem", "KEY");
  const auto config = load_kubeconfig(
      {.path = kubeconfig("client-certificate: c.pem, client-key: k.pem")}, environment(), clock_);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->http.client_certificate_pem, "CERT");
  EXPECT_EQ(config->http.client_key_pem, "KEY");
}

TEST_F(ConfigTest, WhatIsNotSupportedIsSaidInsteadOfLeftOut) {
  for (const auto& [user, cluster] :
       std::vector<std::pair<std::string, std::string>>{{"username: joe, password: x", ""},
                                                        {"auth-provider: {name: gcp}", ""},
                                                        {"token: t", ", proxy-url: 'http://p'"}}) {
    const auto config = load_kubeconfig({.path = kubeconfig(user, cluster)}, environment(), clock_);
    ASSERT_FALSE(config) << user << cluster;
    EXPECT_EQ(config.error().code(), ErrorCode::kUnsupported);
  }
}

TEST_F(ConfigTest, MergesTheFilesOfKubeconfigAndSkipsAbsentOnes) {
  const std::string one =
      dir_.write("one", "contexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]\n");
  const std::string two = kubeconfig("token: abc");
  env_ = {{"KUBECONFIG", dir_.path() + "/none:" + one + "::" + two}};
  const auto config = load_config({}, environment(), clock_);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->namespace_, "n");
}

TEST_F(ConfigTest, NamesTheContextClusterOrUserThatIsMissing) {
  const std::string path = kubeconfig("token: abc");
  const auto context = load_kubeconfig({.path = path, .context = "prod"}, environment(), clock_);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().message().find("prod"), std::string::npos);
  const auto file = load_kubeconfig({.path = dir_.path() + "/none"}, environment(), clock_);
  EXPECT_EQ(file.error().code(), ErrorCode::kNotFound);
  env_ = {{"HOME", dir_.path()}};
  EXPECT_EQ(load_kubeconfig({}, environment(), clock_).error().code(), ErrorCode::kNotFound);
}

TEST_F(ConfigTest, AnExecPluginsTokenIsKeptUntilItExpires) {
  dir_.write("plugin",
             "#!/bin/sh\necho x >> $(dirname $0)/calls\n"
             "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":"
             "{\"token\":\"t'$(wc -l < $(dirname $0)/calls)'\","
             "\"expirationTimestamp\":\"" +
                 (clock_.now() + std::chrono::hours(1)).rfc3339() + "\"}}'\n");
  dir_.make_executable("plugin");
  const auto config = load_kubeconfig(
      {.path = kubeconfig("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
                          "interactiveMode: Never}")},
      environment(), clock_);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(*config->http.token_provider(), "t1");
  EXPECT_EQ(*config->http.token_provider(), "t1");
  clock_.advance(std::chrono::minutes(60) - std::chrono::seconds(5));
  EXPECT_EQ(*config->http.token_provider(), "t2");
  config->on_unauthorized();
  EXPECT_EQ(*config->http.token_provider(), "t3");
}

}  // namespace
}  // namespace seaworthy::kube
