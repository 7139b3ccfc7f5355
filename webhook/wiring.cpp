#include "wiring.h"

#include <optional>

#include "admission/book.h"
#include "api/admission.h"
#include "caches.h"
#include "codec/fields.h"
#include "endpoint.h"
#include "http/beast/server.h"
#include "http/cpprest/client.h"
#include "kube/config.h"
#include "kube/informer.h"
#include "runtime/cert_reload.h"
#include "runtime/process.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "telemetry/names.h"

namespace seaworthy::program {
namespace {

namespace field = telemetry::field;

// A first start waits for the API server, the CRDs and the operator's certificate as long as it
// takes; readiness says for what.
constexpr std::chrono::hours kAsLongAsItTakes{24};
// A cut-off replica denies, and says why. When that lasts, it leaves the Service to the others.
constexpr int kAgesUntilNotReady = 4;

Result<std::unique_ptr<kube::Client>> connect(const Options& options, const Clock& clock) {
  kube::Config config =
      TRY(kube::load_config({.path = options.kubeconfig}, kube::process_environment(), clock));
  config.http.user_agent = "seaworthy-webhook/" SEAWORTHY_VERSION;
  std::shared_ptr<http::Client> http =
      TRY(http::cpprest::create_client(std::move(config.http), clock));
  return kube::create_client(std::move(http), std::move(config.impersonation),
                             std::move(config.on_unauthorized));
}

http::ServerConfig server_config(const Options& options, const http::KeyPairHolder& key_pair,
                                 const telemetry::Log& log) {
  http::ServerConfig config;
  config.address = options.listen_address;
  config.port = options.listen_port;
  config.limits.max_body_bytes = api::kMaxReviewBytes;
  // Parsed, a body takes several times its size; reviews of pods have a few KiB.
  config.limits.max_total_body_bytes = std::size_t{32} << 20;
  config.tls = [&key_pair] { return key_pair.get(); };
  config.on_problem = [&log](std::string_view problem) {
    log.warning("https server", {{field::kError, problem}});
  };
  return config;
}

// The serving certificate out of a Secret, followed through the API: a mounted Secret would come
// up to a minute late.
class SecretCertificate {
 public:
  SecretCertificate(kube::Client& client, const Options& options, std::string client_ca_pem,
                    const Clock& clock, Random& random, const telemetry::Log& log,
                    http::KeyPairHolder& holder)
      : client_ca_pem_(std::move(client_ca_pem)),
        informer_(
            client, kube::kSecrets,
            {.namespace_ = options.namespace_,
             .field_selector = "metadata.name=" + options.serving_secret},
            [this](const codec::Json& object) { return parse(object); }, clock, random) {
    informer_.add_handler([&log, &holder](const auto&, const auto&, const auto& now) {
      if (now && now->value) {
        holder.set(*now->value);
        log.info("serving certificate loaded");
      } else if (now) {
        log.warning("serving certificate", {{field::kError, now->value.error()}});
      }
    });
  }
  void start() { informer_.start(); }
  void stop() { informer_.stop(); }

 private:
  Result<http::KeyPair> parse(const codec::Json& object) const {
    auto fields = TRY(codec::Fields::of(object, "Secret"));
    auto data = TRY(fields.object("data"));
    const Bytes certificate = TRY(data.base64("tls.crt", 64 * 1024));
    const Bytes key = TRY(data.base64("tls.key", 16 * 1024));
    return http::KeyPair{std::string(as_text(certificate)), std::string(as_text(key)),
                         client_ca_pem_};
  }

  const std::string client_ca_pem_;
  kube::Informer<http::KeyPair> informer_;
};

// The parts of the program, and the order in which they stand.
class Webhook {
 public:
  Webhook(const Options& options, kube::Client& client, const Clock& clock, Random& random,
          const telemetry::Log& log, telemetry::Metrics& metrics, std::string client_ca_pem)
      : options_(options),
        log_(log),
        metrics_(metrics),
        caches_(client, {options.namespace_, options.max_snapshot_age}, clock, random, log, book_),
        endpoint_(
            {.max_snapshot_age = options.max_snapshot_age,
             .callers_must_show_a_certificate = !options.client_ca_file.empty()},
            book_, [this] { return caches_.age(); }, clock, log, metrics),
        server_(http::beast::create_server(server_config(options, key_pair_, log))),
        server_metrics_(metrics, *server_, "webhook") {
    if (options.certificate_directory.empty()) {
      from_secret_.emplace(client, options, std::move(client_ca_pem), clock, random, log,
                           key_pair_);
    } else {
      from_files_.emplace(runtime::CertReload::Options{.directory = options.certificate_directory,
                                                       .client_ca_file = options.client_ca_file},
                          key_pair_, log);
    }
  }

  void add_to(runtime::Process& process, runtime::Health& health) {
    health.add_readiness("caches", [this]() -> Result<void> {
      return caches_.synced() ? Result<void>() : unavailable("the first lists are not there yet");
    });
    health.add_readiness("certificate", [this]() -> Result<void> {
      return key_pair_.get() ? Result<void>() : unavailable("no serving certificate yet");
    });
    health.add_readiness("contact", [this]() -> Result<void> {
      return caches_.age() <= kAgesUntilNotReady * options_.max_snapshot_age
                 ? Result<void>()
                 : unavailable("cut off from the API server");
    });
    process.add({.name = "caches",  // before the server: nothing is decided from half a picture
                 .start = [this](std::stop_token stop) { return caches_.start(stop); },
                 .start_patience = kAsLongAsItTakes,
                 .stop = [this](milliseconds) { caches_.stop(); }});
    process.add({.name = "certificate",  // before the server, which cannot start without
                 .start = [this](std::stop_token stop) { return wait_for_certificate(stop); },
                 .start_patience = kAsLongAsItTakes,
                 .stop = [this](milliseconds) { stop_certificate(); }});
    process.add_server("webhook", *server_, [this](const http::Request& request, std::stop_token) {
      return endpoint_.handle(request);
    });
  }

  void update_metrics() {
    caches_.update_metrics(metrics_);
    server_metrics_.update();
  }

 private:
  Result<void> wait_for_certificate(std::stop_token stop) {
    if (from_files_) {
      return from_files_->start();
    }
    from_secret_->start();
    const auto sleep = kube::real_sleep();
    for (int polls = 0; !key_pair_.get(); ++polls) {
      if (stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "stopped before there was a serving certificate");
      }
      if (polls % 100 == 10) {
        log_.warning("waiting for the serving certificate",
                     {{field::kName, options_.namespace_ + "/" + options_.serving_secret}});
      }
      sleep(milliseconds(200), stop);
    }
    return {};
  }
  void stop_certificate() {
    if (from_secret_) {
      from_secret_->stop();
    }
    if (from_files_) {
      from_files_->stop();
    }
  }

  const Options& options_;
  const telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  admission::Book book_;
  http::KeyPairHolder key_pair_;
  Caches caches_;
  Endpoint endpoint_;
  std::unique_ptr<http::Server> server_;
  runtime::ServerMetrics server_metrics_;
  std::optional<SecretCertificate> from_secret_;
  std::optional<runtime::CertReload> from_files_;
};

}  // namespace

int run(const Options& options) {
  const runtime::SystemClock clock;
  runtime::SystemRandom random;
  const auto sink = telemetry::stderr_sink();
  const telemetry::Log log(*sink, clock, options.log_level, telemetry::stderr_format());
  runtime::Health health;
  runtime::Process process(log, {.health = &health, .drain_delay = options.drain_delay});
  telemetry::Metrics metrics;
  metrics
      .gauge(telemetry::metric::kBuildInfo, "Which program and version this is.",
             {{"component", "webhook"}, {"version", SEAWORTHY_VERSION}})
      .set(1);
  std::string client_ca_pem;
  if (!options.client_ca_file.empty()) {
    auto text = runtime::read_file(options.client_ca_file, runtime::kMaxWatchedBytes);
    if (!text) {
      log.error("cannot read --client-ca-file", {{field::kError, text.error()}});
      return 1;
    }
    client_ca_pem = *std::move(text);
  }
  const auto client = connect(options, clock);
  if (!client) {
    log.error("cannot set up the API client", {{field::kError, client.error()}});
    return 1;
  }
  Webhook webhook(options, **client, clock, random, log, metrics, std::move(client_ca_pem));

  http::ServerConfig health_config;
  health_config.address = options.health_address;
  health_config.port = options.health_port;
  health_config.handler_threads = 2;
  const auto health_server = http::beast::create_server(health_config);
  // In the order of starting; stopped in reverse.
  process.add_server(
      "health", *health_server,  // first and last: probes are always answered
      runtime::observability_handler(health, metrics, [&webhook] { webhook.update_metrics(); }));
  webhook.add_to(process, health);
  log.info("starting", {{field::kVersion, SEAWORTHY_VERSION},
                        {field::kNamespace, options.namespace_},
                        {field::kPort, options.listen_port}});
  return process.run();
}

}  // namespace seaworthy::program
