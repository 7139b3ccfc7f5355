#include "kube/exec_plugin.h"

#include <gtest/gtest.h>

#include "kube/temporary_directory.h"

namespace seaworthy::kube {
namespace {

using codec::Json;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

Result<ExecPlugin> parsed(const Json& json, const std::string& directory = "/etc/kube") {
  auto fields = codec::Fields::of(json, "exec");
  return parse_exec_plugin(*fields, directory);
}

class RunExecPlugin : public ::testing::Test {
 protected:
  ExecPlugin script(const std::string& text) {
    dir_.write("plugin", "#!/bin/sh\n" + text);
    dir_.make_executable("plugin");
    return {kV1, dir_.path() + "/plugin", {"get-token", "a b;c"}, {{"COLOUR", "blue"}}, "", true};
  }
  testing::TemporaryDirectory dir_;
};

TEST(ParseExecPlugin, ReadsAllOfIt) {
  const auto plugin = parsed({{"apiVersion", kV1},
                              {"command", "./get-token"},
                              {"args", {"--cluster", "x"}},
                              {"env", {{{"name", "A"}, {"value", "b"}}}},
                              {"interactiveMode", "IfAvailable"},
                              {"provideClusterInfo", true},
                              {"installHint", "apt install it"}});
  ASSERT_TRUE(plugin) << plugin.error().message();
  EXPECT_EQ(plugin->command, "/etc/kube/./get-token");
  EXPECT_EQ(plugin->args.size(), 2u);
  EXPECT_EQ(plugin->env.front().second, "b");
  EXPECT_TRUE(plugin->provide_cluster_info);
}

TEST(ParseExecPlugin, ANameWithoutSlashIsLeftToPath) {
  EXPECT_EQ(parsed({{"apiVersion", kV1}, {"command", "aws"}})->command, "aws");
}

TEST(ParseExecPlugin, RefusesOtherVersionsAndPluginsThatNeedAPerson) {
  const auto old =
      parsed({{"apiVersion", "client.authentication.k8s.io/v1alpha1"}, {"command", "x"}});
  EXPECT_EQ(old.error().code(), ErrorCode::kUnsupported);
  const auto person =
      parsed({{"apiVersion", kV1}, {"command", "x"}, {"interactiveMode", "Always"}});
  EXPECT_EQ(person.error().code(), ErrorCode::kUnsupported);
}

TEST_F(RunExecPlugin, GivesTheTokenAndWhenItExpires) {
  const auto got = run_exec_plugin(
      script(
          R"(echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)"
          R"("status":{"token":"'"$1-$2-$COLOUR"'","expirationTimestamp":"2027-01-02T03:04:05Z"}}')"),
      Json::object());
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->token, "get-token-a b;c-blue");  // no shell has read the arguments
  EXPECT_EQ(got->expires->rfc3339(), "2027-01-02T03:04:05Z");
}

TEST_F(RunExecPlugin, TellsThePluginOfTheCluster) {
  const auto got = run_exec_plugin(
      script(R"(case "$KUBERNETES_EXEC_INFO" in *'"server":"https://api"'*) t=yes;; *) t=no;; esac
echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$t'"}}')"),
      Json{{"server", "https://api"}});
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->token, "yes");
}

TEST_F(RunExecPlugin, AFailureDoesNotQuoteTheOutput) {
  const auto got = run_exec_plugin(script("echo s3cret; exit 3"), Json::object());
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("status 3"), std::string::npos);
  const auto bad = run_exec_plugin(script("echo s3cret"), Json::object());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message().find("s3cret"), std::string::npos);
}

TEST_F(RunExecPlugin, AMissingProgramNamesItAndTheHint) {
  ExecPlugin plugin{kV1, dir_.path() + "/none", {}, {}, "install it so", false};
  const auto got = run_exec_plugin(plugin, Json::object());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(got.error().message().find("install it so"), std::string::npos);
}

TEST_F(RunExecPlugin, EndlessOutputIsCutOff) {
  const auto got = run_exec_plugin(script("exec yes"), Json::object());
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("1 MiB"), std::string::npos);
}

TEST(ParseExecCredential, RefusesAnotherVersionAnEmptyOneAndHalfAKeyPair) {
  const auto parse = [](const char* status, const char* version) {
    return parse_exec_credential(
        std::string(R"({"apiVersion":")") + version + R"(","status":)" + status + "}", kV1);
  };
  EXPECT_TRUE(parse(R"({"token":"t"})", kV1));
  EXPECT_FALSE(parse(R"({"token":"t"})", "client.authentication.k8s.io/v1beta1"));
  EXPECT_FALSE(parse("{}", kV1));
  EXPECT_FALSE(parse(R"({"clientCertificateData":"x"})", kV1));
  EXPECT_TRUE(parse(R"({"clientCertificateData":"x","clientKeyData":"y"})", kV1));
}

}  // namespace
}  // namespace seaworthy::kube
