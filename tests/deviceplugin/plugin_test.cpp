#include "deviceplugin/plugin.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "deviceplugin/grpc/endpoint.h"
#include "fake_kubelet.h"
#include "support/fake_clock.h"

namespace seaworthy::deviceplugin {
namespace {

namespace fs = std::filesystem;

class Lines final : public telemetry::LogSink {
 public:
  void write(std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++found;
  }
  return found;
}

// A plugin and a kubelet in a folder of their own. The plugin looks when the test says so.
class PluginTest : public ::testing::Test {
 protected:
  PluginTest() : root(fs::temp_directory_path() / ("seaworthy-" + std::to_string(::getpid()))) {
    fs::remove_all(root);
    fs::create_directories(root / "plugins");
  }
  ~PluginTest() override {
    endpoint->close();
    kubelet.reset();
    fs::remove_all(root);
  }

  void start_kubelet() { kubelet = std::make_unique<FakeKubelet>(root / "plugins"); }
  void plug_in() { std::ofstream(root / "tpmrm0") << "10:224\n"; }
  void pull_out() { fs::remove(root / "tpmrm0"); }
  fs::path socket() const { return root / "plugins" / "seaworthy.dev-tpm.sock"; }

  const fs::path root;
  const Offer offer{.resource = "seaworthy.dev/tpm", .id = "tpmrm0", .path = "/dev/tpmrm0"};
  std::vector<std::string> asked;  // outcomes
  const std::unique_ptr<Endpoint> endpoint =
      grpc::create_endpoint(offer, [this](const Result<void>& outcome) {
        asked.push_back(outcome ? "granted" : outcome.error().message());
      });
  Lines lines;
  const testing::FakeClock clock;
  const telemetry::Log log{lines, clock, telemetry::Level::kInfo, telemetry::Format::kJson};
  telemetry::Metrics metrics;
  Plugin plugin{{.offer = offer,
                 .presence = (root / "tpmrm0").string(),
                 .folder = (root / "plugins").string(),
                 .interval = std::chrono::milliseconds(10)},
                *endpoint,
                log,
                metrics};
  std::unique_ptr<FakeKubelet> kubelet;
};

TEST_F(PluginTest, RegistersAndListsTheDevice) {
  plug_in();
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  const auto registrations = kubelet->registrations();
  ASSERT_EQ(registrations.size(), 1U);
  EXPECT_EQ(registrations[0].version(), "v1beta1");
  EXPECT_EQ(registrations[0].resource_name(), "seaworthy.dev/tpm");
  EXPECT_EQ(registrations[0].endpoint(), "seaworthy.dev-tpm.sock");
  EXPECT_FALSE(registrations[0].options().pre_start_required());
  EXPECT_FALSE(kubelet->options().get_preferred_allocation_available());
  EXPECT_TRUE(plugin.ready());
  EXPECT_NE(metrics.text().find("seaworthy_device_present 1"), std::string::npos);
}

TEST_F(PluginTest, RegistersOnceWithOneKubelet) {
  plug_in();
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  for (int i = 0; i < 30; ++i) {
    plugin.look();
  }
  EXPECT_EQ(kubelet->registrations().size(), 1U);
  EXPECT_EQ(kubelet->lists(), 1U);
}

TEST_F(PluginTest, ListsNothingOnANodeWithoutTheDevice) {
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "");
  EXPECT_TRUE(plugin.ready()) << "there is nothing to mend in the plugin";
}

TEST_F(PluginTest, TellsAtOnceThatTheDeviceAppearsVanishesAndComesBack) {
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "");
  plug_in();
  plugin.look();
  EXPECT_EQ(kubelet->list(2), "tpmrm0=Healthy");
  pull_out();
  plugin.look();
  EXPECT_EQ(kubelet->list(3), "tpmrm0=Unhealthy");
  plug_in();
  plugin.look();
  EXPECT_EQ(kubelet->list(4), "tpmrm0=Healthy");
  EXPECT_EQ(kubelet->registrations().size(), 1U);
}

TEST_F(PluginTest, HandsOutTheDeviceForReadingAndWriting) {
  plug_in();
  start_kubelet();
  plugin.look();
  v1beta1::AllocateResponse response;
  ASSERT_TRUE(kubelet->allocate({"tpmrm0"}, response).ok());
  ASSERT_EQ(response.container_responses_size(), 1);
  ASSERT_EQ(response.container_responses(0).devices_size(), 1);
  const auto& device = response.container_responses(0).devices(0);
  EXPECT_EQ(device.host_path(), "/dev/tpmrm0");
  EXPECT_EQ(device.container_path(), "/dev/tpmrm0");
  EXPECT_EQ(device.permissions(), "rw");
  EXPECT_EQ(asked, std::vector<std::string>{"granted"});
}

TEST_F(PluginTest, HandsNothingToAContainerThatAsksForNothing) {
  plug_in();
  start_kubelet();
  plugin.look();
  v1beta1::AllocateResponse response;
  ASSERT_TRUE(kubelet->allocate({}, response).ok());
  ASSERT_EQ(response.container_responses_size(), 1);
  EXPECT_EQ(response.container_responses(0).devices_size(), 0);
}

TEST_F(PluginTest, RefusesADeviceThatItDoesNotOffer) {
  plug_in();
  start_kubelet();
  plugin.look();
  v1beta1::AllocateResponse response;
  for (const std::string& id : {std::string("sda"), std::string(), std::string(1000, 'x')}) {
    const auto status = kubelet->allocate({"tpmrm0", id}, response);
    EXPECT_EQ(status.error_code(), ::grpc::StatusCode::NOT_FOUND);
    EXPECT_NE(status.error_message().find("only tpmrm0"), std::string::npos);
    EXPECT_LT(status.error_message().size(), 200U);
  }
}

TEST_F(PluginTest, RefusesADeviceThatIsGone) {
  plug_in();
  start_kubelet();
  plugin.look();
  pull_out();
  plugin.look();
  v1beta1::AllocateResponse response;
  EXPECT_EQ(kubelet->allocate({"tpmrm0"}, response).error_code(),
            ::grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(asked, std::vector<std::string>{"device tpmrm0 is not there"});
}

TEST_F(PluginTest, RefusesAMessageAboveTheLimit) {
  plug_in();
  start_kubelet();
  plugin.look();
  v1beta1::AllocateResponse response;
  EXPECT_EQ(kubelet->allocate({std::string(64 * 1024, 'x')}, response).error_code(),
            ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(kubelet->allocate({"tpmrm0"}, response).ok()) << "and goes on";
}

TEST_F(PluginTest, WaitsForAKubeletAndSaysSoOnce) {
  plug_in();
  for (int i = 0; i < 5; ++i) {
    plugin.look();
  }
  EXPECT_FALSE(plugin.ready());
  EXPECT_EQ(count(lines.text, "no kubelet listens at"), 1U);
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  EXPECT_TRUE(plugin.ready());
}

TEST_F(PluginTest, RegistersAgainWithAKubeletThatRestarted) {
  plug_in();
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  kubelet.reset();
  start_kubelet();
  EXPECT_FALSE(fs::exists(socket())) << "a kubelet that starts removes it";
  plugin.look();
  EXPECT_EQ(kubelet->registrations().size(), 1U);
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  v1beta1::AllocateResponse response;
  EXPECT_TRUE(kubelet->allocate({"tpmrm0"}, response).ok());
}

TEST_F(PluginTest, ServesAgainWhenItsSocketWasRemoved) {
  plug_in();
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  fs::remove(socket());
  plugin.look();
  EXPECT_EQ(kubelet->registrations().size(), 2U);
  EXPECT_TRUE(fs::exists(socket()));
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
}

TEST_F(PluginTest, RegistersAgainWithAKubeletThatDoesNotWatch) {
  plug_in();
  start_kubelet();
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
  kubelet->stop_watching();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (endpoint->watched() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(plugin.ready());
  for (int i = 0; i < 10; ++i) {
    plugin.look();
  }
  EXPECT_EQ(kubelet->registrations().size(), 2U);
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
}

TEST_F(PluginTest, SaysWhyAKubeletRefusesItAndTriesAgain) {
  start_kubelet();
  kubelet->refuse("the ResourceName is invalid");
  plugin.look();
  plugin.look();
  EXPECT_EQ(kubelet->registrations().size(), 2U);
  EXPECT_EQ(count(lines.text, "the ResourceName is invalid"), 1U);
  EXPECT_FALSE(plugin.ready());
}

TEST_F(PluginTest, SaysWhereItCannotListen) {
  start_kubelet();
  fs::create_directories(socket() / "in the way");
  plugin.look();
  EXPECT_EQ(count(lines.text, "cannot listen at"), 1U);
  EXPECT_TRUE(kubelet->registrations().empty());
}

TEST_F(PluginTest, ReplacesTheSocketOfAPluginThatWasKilled) {
  plug_in();
  start_kubelet();
  std::ofstream(socket()) << "left over";
  plugin.look();
  EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
}

TEST_F(PluginTest, LooksUntilItIsStoppedAndRemovesItsSocket) {
  plug_in();
  start_kubelet();
  {
    std::jthread loop([this](std::stop_token stop) { plugin.run(std::move(stop)); });
    while (kubelet->registrations().empty()) {
      std::this_thread::yield();
    }
    EXPECT_EQ(kubelet->list(1), "tpmrm0=Healthy");
    pull_out();
    EXPECT_EQ(kubelet->list(2), "tpmrm0=Unhealthy");
  }
  EXPECT_FALSE(fs::exists(socket()));
  EXPECT_TRUE(fs::exists(root / "plugins" / "kubelet.sock"));
  EXPECT_FALSE(plugin.ready());
}

}  // namespace
}  // namespace seaworthy::deviceplugin
