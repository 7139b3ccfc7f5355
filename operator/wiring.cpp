#include "wiring.h"

#include <cstdio>

#include "codec/hex.h"
#include "controller/controllers.h"
#include "http/beast/server.h"
#include "http/cpprest/client.h"
#include "kube/clock_check.h"
#include "kube/config.h"
#include "runtime/process.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "telemetry/names.h"
#include "verifier_part.h"

namespace seaworthy::program {
namespace {

// Serving goes on after readiness turned false until endpoints have been updated everywhere.
constexpr seconds kDrainDelay{3};

struct Connected {
  std::shared_ptr<kube::ClockCheck> clock_check;
  std::unique_ptr<kube::Client> client;
};
Result<Connected> connect(const Options& options, const Clock& clock, const telemetry::Log& log) {
  kube::Config config =
      TRY(kube::load_config({.path = options.kubeconfig}, kube::process_environment(), clock));
  config.http.user_agent = "seaworthy-operator/" SEAWORTHY_VERSION;
  std::shared_ptr<http::Client> http =
      TRY(http::cpprest::create_client(std::move(config.http), clock));
  const auto clock_changed = [&log](const Result<void>& agrees) {
    if (agrees) {
      log.info("the clock agrees with the API server's again: nodes are judged");
    } else {
      log.error("wrong clock", {{telemetry::field::kError, agrees.error()}});
    }
  };
  auto clock_check = std::make_shared<kube::ClockCheck>(std::move(http), clock, clock_changed);
  auto client = kube::create_client(clock_check, std::move(config.impersonation),
                                    std::move(config.on_unauthorized));
  return Connected{std::move(clock_check), std::move(client)};
}

controller::Options controller_options(const Options& options) {
  controller::Options out;
  out.identity = options.identity;
  out.webhook.service_namespace = options.namespace_;
  out.serving.namespace_ = options.namespace_;
  out.serving.mode = options.serving == ServingCertificates::kExternal
                         ? controller::ServingOptions::Mode::kExternal
                         : controller::ServingOptions::Mode::kManaged;
  return out;
}

}  // namespace

int run(const Options& given) {
  Options options = given;
  const runtime::SystemClock clock;
  runtime::SystemRandom random;
  if (options.identity.empty()) {
    options.identity = "seaworthy-operator-" + codec::to_hex(random.bytes(8));
  }
  const auto sink = telemetry::stderr_sink();
  const telemetry::Log log(*sink, clock, options.log_level, telemetry::stderr_format());
  runtime::Health health;
  runtime::Process process(log, {.health = &health, .drain_delay = kDrainDelay});
  telemetry::Metrics metrics;
  metrics
      .gauge(telemetry::metric::kBuildInfo, "Which program and version this is.",
             {{"component", "operator"}, {"version", SEAWORTHY_VERSION}})
      .set(1);

  const auto connected = connect(options, clock, log);
  if (!connected) {
    log.error("cannot set up the API client", {{telemetry::field::kError, connected.error()}});
    return 1;
  }
  kube::Client& client = *connected->client;
  const Environment environment{options, client, *connected->clock_check, clock, random,
                                log,     metrics};
  VerifierPart verifier(environment);
  controller::Controllers controllers(
      client, controller_options(options), log, metrics, clock, random, [&process] {
        process.fail("controller",
                     Error(ErrorCode::kUnavailable, "no longer leader; starting anew"));
      });
  http::ServerConfig health_config;
  health_config.address = options.health_address;
  health_config.port = options.health_port;
  health_config.handler_threads = 2;
  const auto health_server = http::beast::create_server(health_config);

  health.add_readiness("controller-caches", [&controllers]() -> Result<void> {
    return controllers.caches_synced() ? Result<void>() : unavailable("not filled yet");
  });

  // In the order of starting; stopped in reverse.
  process.add_server(
      "health", *health_server,  // first and last: probes are always answered
      runtime::observability_handler(health, metrics, [&verifier] { verifier.update_metrics(); }));
  process.add({.name = "controller",  // before the verifier: it makes the serving certificates
               .start = [&controllers](std::stop_token) -> Result<void> {
                 controllers.start();
                 return {};
               },
               .stop = [&controllers](milliseconds) { controllers.stop(); },
               .stop_patience = std::chrono::seconds(35)});
  verifier.add_to(process, health);
  log.info("starting", {{telemetry::field::kVersion, SEAWORTHY_VERSION},
                        {telemetry::field::kNamespace, options.namespace_}});
  return process.run();
}

}  // namespace seaworthy::program
