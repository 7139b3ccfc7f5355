#include "wiring.h"

#include <cstdlib>
#include <utility>

#include "deviceplugin/grpc/endpoint.h"
#include "deviceplugin/plugin.h"
#include "http/beast/server.h"
#include "runtime/health.h"
#include "runtime/process.h"
#include "runtime/system_clock.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "telemetry/names.h"

namespace seaworthy::device {
namespace {

namespace field = telemetry::field;
namespace metric = telemetry::metric;

// Logs and counts what the kubelet asks for.
deviceplugin::grpc::OnAllocate tell(const telemetry::Log& log, telemetry::Metrics& metrics,
                                    const std::string& id) {
  constexpr const char* kHelp = "Requests of the kubelet for the device.";
  auto granted = metrics.counter(metric::kDeviceAllocations, kHelp, {{"outcome", "granted"}});
  auto refused = metrics.counter(metric::kDeviceAllocations, kHelp, {{"outcome", "refused"}});
  return [&log, id, granted, refused](const Result<void>& outcome) mutable {
    if (outcome) {
      granted.add();
      log.info("handed out", {{field::kName, id}});
    } else {
      refused.add();
      log.warning("not handed out", {{field::kError, outcome.error()}});
    }
  };
}

}  // namespace

int run(const Options& options) {
  // gRPC's own messages are not JSON; what they say comes back as errors.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);

  const runtime::SystemClock clock;
  const auto sink = telemetry::stderr_sink();
  const telemetry::Log log(*sink, clock, options.log_level, options.log_format);
  telemetry::Metrics metrics;
  runtime::Health health;
  runtime::Process process(log, {.health = &health});

  const deviceplugin::Offer offer{
      .resource = options.resource, .id = options.id, .path = options.device};
  const auto endpoint = deviceplugin::grpc::create_endpoint(offer, tell(log, metrics, options.id));
  deviceplugin::Plugin plugin(
      {.offer = offer, .presence = options.presence, .folder = options.folder}, *endpoint, log,
      metrics);
  health.add_readiness("kubelet", [&plugin] { return plugin.ready(); });
  metrics
      .gauge(metric::kBuildInfo, "1; what runs is in the labels.",
             {{"version", SEAWORTHY_VERSION}, {"component", "device"}})
      .set(1);

  const auto server = http::beast::create_server(
      runtime::health_server_config(options.health_address, options.health_port, log));
  process.add_server("health", *server, runtime::observability_handler(health, metrics));
  process.add_thread("plugin", [&plugin](std::stop_token stop) -> Result<void> {
    plugin.run(std::move(stop));
    return {};
  });
  log.info("starting", {{field::kVersion, SEAWORTHY_VERSION},
                        {field::kName, options.resource},
                        {field::kPath, options.device}});
  return process.run();
}

}  // namespace seaworthy::device
