#include "kube/kubeconfig.h"

#include <gtest/gtest.h>

namespace seaworthy::kube {
namespace {

constexpr const char* kText = R"(
apiVersion: v1
kind: Config
current-context: dev
preferences: {}
clusters:
- name: c1
  cluster:
    server: https://198.51.100.1:6443
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    extensions: [{name: minikube, extension: {x: 1}}]
- name: c2
  cluster: {server: "https://b", certificate-authority-data: Y2E=, insecure-skip-tls-verify: true}
users:
- name: u1
  user:
    client-certificate-data: Y2VydA==
    client-key: keys/k.pem
    as: alice
    as-groups: [a, b]
    as-user-extra: {reason: [test]}
- name: u2
  user: {tokenFile: /abs/token}
- name: u3
  user: {username: joe, password: x}
- name: u4
  user:
contexts:
- name: dev
  context: {cluster: c1, user: u1, namespace: payments}
)";

TEST(Kubeconfig, ReadsClustersUsersAndContexts) {
  const auto config = parse_kubeconfig(kText, "/home/joe/.kube/config");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->current_context, "dev");
  const KubeCluster& c1 = config->clusters.at("c1");
  EXPECT_EQ(c1.ca_file, "/home/joe/.kube/pki/ca.crt");
  EXPECT_EQ(c1.tls_server_name, "kubernetes");
  EXPECT_FALSE(c1.insecure_skip_verify);
  EXPECT_EQ(config->clusters.at("c2").ca_pem, "ca");
  EXPECT_TRUE(config->clusters.at("c2").insecure_skip_verify);
  const KubeUser& u1 = config->users.at("u1");
  EXPECT_EQ(u1.certificate_pem, "cert");
  EXPECT_EQ(u1.key_file, "/home/joe/.kube/keys/k.pem");
  EXPECT_EQ(u1.impersonation.user, "alice");
  EXPECT_EQ(u1.impersonation.groups.size(), 2u);
  EXPECT_EQ(u1.impersonation.extra.at("reason").front(), "test");
  EXPECT_EQ(config->users.at("u2").token_file, "/abs/token");
  EXPECT_NE(config->users.at("u3").unsupported, "");
  EXPECT_TRUE(config->users.contains("u4"));
  EXPECT_EQ(config->contexts.at("dev").namespace_, "payments");
}

TEST(Kubeconfig, TheFirstFileToDefineANameWins) {
  auto first = parse_kubeconfig("clusters: [{name: c, cluster: {server: 'https://one'}}]", "/a");
  auto second = parse_kubeconfig(
      "current-context: x\n"
      "clusters: [{name: c, cluster: {server: 'https://two'}}, "
      "{name: d, cluster: {server: 'https://three'}}]",
      "/b");
  ASSERT_TRUE(first && second);
  merge(*first, *std::move(second));
  EXPECT_EQ(first->clusters.at("c").server, "https://one");
  EXPECT_EQ(first->clusters.at("d").server, "https://three");
  EXPECT_EQ(first->current_context, "x");
}

TEST(Kubeconfig, ErrorsNameFileAndField) {
  const auto bad = parse_kubeconfig("clusters: [{name: c, cluster: {server: [1]}}]", "/etc/k");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("/etc/k"), std::string::npos);
  EXPECT_NE(bad.error().message().find("server"), std::string::npos);
  EXPECT_FALSE(parse_kubeconfig("kind: Pod", "/x"));
  EXPECT_FALSE(parse_kubeconfig("clusters: {a: b}", "/x"));
  EXPECT_FALSE(parse_kubeconfig("a: 1\n---\nb: 2\n", "/x"));
}

TEST(Kubeconfig, AnEmptyFileIsAnEmptyConfiguration) {
  EXPECT_TRUE(parse_kubeconfig("", "/x"));
}

TEST(Kubeconfig, AnotherUsersUnknownPluginDoesNotMakeTheFileUnreadable) {
  const auto config = parse_kubeconfig(
      "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, "
      "command: x}}}]",
      "/x");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_NE(config->users.at("u").unsupported, "");
}

}  // namespace
}  // namespace seaworthy::kube
