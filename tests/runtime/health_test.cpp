#include "runtime/health.h"

#include <gtest/gtest.h>

#include "telemetry/names.h"

namespace seaworthy::runtime {
namespace {

TEST(Health, SaysWhichCheckFailsAndWhy) {
  Health health;
  bool synced = false;
  health.add_readiness("certificate", [] { return Result<void>(); });
  health.add_readiness("caches", [&]() -> Result<void> {
    return synced ? Result<void>() : Result<void>(unavailable("nodes not listed yet"));
  });
  const auto before = health.readiness();
  EXPECT_EQ(before.status, 503);
  EXPECT_EQ(before.body,
            "[+]running ok\n[+]certificate ok\n[-]caches failed: nodes not listed yet\n");
  EXPECT_EQ(health.liveness().status, 200);
  synced = true;
  EXPECT_EQ(health.readiness().status, 200);
}

TEST(Health, IsLiveButNotReadyWhileStopping) {
  Health health;
  health.begin_stopping();
  EXPECT_EQ(health.readiness().status, 503);
  EXPECT_EQ(health.readiness().body, "[-]running failed: the process is stopping\n");
  EXPECT_EQ(health.liveness().status, 200);
}

TEST(Observability, RoutesItsFourPaths) {
  Health health;
  health.add_liveness("loop", []() -> Result<void> { return internal_error("stuck"); });
  telemetry::Metrics metrics;
  int scrapes = 0;
  const auto handler = observability_handler(
      health, metrics, [&] { metrics.gauge("seaworthy_scrapes", "S.").set(++scrapes); });
  const auto status = [&](const char* method, const char* target) {
    return handler({.method = method, .target = target}, {}).status;
  };
  EXPECT_EQ(status("GET", "/readyz"), 200);
  EXPECT_EQ(status("HEAD", "/readyz?verbose"), 200);
  EXPECT_EQ(status("GET", "/healthz"), 503);
  EXPECT_EQ(status("GET", "/livez"), 503);
  EXPECT_EQ(status("GET", "/"), 404);
  EXPECT_EQ(status("POST", "/readyz"), 405);
  const auto text = handler({.target = "/metrics"}, {});
  EXPECT_EQ(text.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(text.body.find("seaworthy_scrapes 1\n"), std::string::npos);
}

class FakeServer final : public http::Server {
 public:
  Result<void> start(http::Handler) override { return {}; }
  std::uint16_t port() const override { return 1; }
  void drain(std::chrono::milliseconds) override {}
  http::ServerStats stats() const override { return now; }
  http::ServerStats now;
};

TEST(ServerMetrics, AddWhatIsNewSinceTheLastTime) {
  telemetry::Metrics metrics;
  FakeServer server;
  ServerMetrics counts(metrics, server, "webhook");
  server.now.requests = 5;
  server.now.connections_now = 3;
  counts.update();
  counts.update();
  server.now.requests = 7;
  counts.update();
  EXPECT_NE(metrics.text().find("seaworthy_http_requests_total{server=\"webhook\"} 7\n"),
            std::string::npos);
  EXPECT_NE(metrics.text().find("seaworthy_http_connections{server=\"webhook\"} 3\n"),
            std::string::npos);
}

}  // namespace
}  // namespace seaworthy::runtime
