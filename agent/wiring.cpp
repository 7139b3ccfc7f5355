#include "wiring.h"

#include <cstdlib>
#include <utility>

#include "attester/files.h"
#include "attester/loop.h"
#include "attester/tss/device.h"
#include "http/beast/server.h"
#include "http/cpprest/client.h"
#include "reporter.h"
#include "runtime/health.h"
#include "runtime/process.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "telemetry/names.h"

namespace seaworthy::agent {
namespace {

namespace field = telemetry::field;

constexpr std::size_t kMaxCaBytes = 1 << 20;  // a ConfigMap's limit

http::ClientConfig client_config(const Options& options) {
  http::ClientConfig config;
  config.base_url = options.verifier_url;
  config.ca_provider = [path = options.ca_path]() -> Result<std::string> {
    const Bytes pem = TRY(attester::read_bounded(path, kMaxCaBytes));
    return std::string(as_text(pem));
  };
  config.user_agent = "seaworthy-agent/" SEAWORTHY_VERSION;
  return config;
}

}  // namespace

int run(const Options& options) {
  // The library's own messages are not JSON; what they say comes back as errors.
  ::setenv("TSS2_LOG", "all+none", 0);

  const runtime::SystemClock clock;
  runtime::SystemRandom random;
  const auto sink = telemetry::stderr_sink();
  const telemetry::Log log(*sink, clock, options.log_level, options.log_format);
  telemetry::Metrics metrics;
  runtime::Health health;
  runtime::Process process(log, {.health = &health});

  Reporter reporter(log, metrics, clock);
  health.add_readiness("attestation", [&reporter] { return reporter.ready(); });
  health.add_liveness("attester", [&reporter] { return reporter.live(); });

  auto client = http::cpprest::create_client(client_config(options), clock);
  if (!client) {
    log.error("cannot talk to the verifier", {{field::kError, client.error()}});
    return 1;
  }
  const auto device = attester::tss::create_device(
      options.tcti,
      [&reporter](std::string_view operation, std::chrono::nanoseconds held,
                  attester::tss::Success success) {
        reporter.tpm_operation(operation, held, success == attester::tss::Success::kYes);
      },
      options.ek_certificates);
  attester::Loop loop({.device = *device,
                       .client = **client,
                       .token = attester::token_file(options.token_path),
                       .clock = clock,
                       .random = random,
                       .observer = reporter},
                      {.boot_log_path = options.boot_log_path,
                       .userspace_log_path = options.userspace_log_path,
                       .ima_path = options.ima_path,
                       .state_folder = options.state_folder});

  metrics
      .gauge(telemetry::metric::kBuildInfo, "1; what runs is in the labels.",
             {{"version", SEAWORTHY_VERSION}, {"component", "agent"}})
      .set(1);
  const auto server = http::beast::create_server(
      runtime::health_server_config(options.health_address, options.health_port, log));
  // Health first, so that probes are answered while the TPM makes keys.
  process.add_server(
      "health", *server,
      runtime::observability_handler(health, metrics, [&reporter] { reporter.update(); }));
  process.add_thread("attester", [&loop](std::stop_token stop) -> Result<void> {
    loop.run(std::move(stop));
    return {};
  });
  log.info("starting", {{field::kVersion, SEAWORTHY_VERSION}, {field::kAddress, options.tcti}});
  return process.run();
}

}  // namespace seaworthy::agent
