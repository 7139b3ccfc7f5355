#include "verifier_part.h"

#include "codec/fields.h"
#include "http/beast/server.h"
#include "telemetry/names.h"
#include "verifier/shared_key.h"

namespace seaworthy::program {
namespace {

constexpr const char* kTlsSecret = "seaworthy-operator-tls";
constexpr const char* kAgentAccount = "seaworthy-agent";
// A boot log and part of an IMA list in base64, and the rest of the message.
constexpr std::size_t kMaxBody = api::kMaxAttestBody;

Result<api::ObjectMeta> parse_metadata(const codec::Json& object) {
  auto fields = TRY(codec::Fields::of(object, ""));
  return api::parse_meta(fields);
}

Result<http::KeyPair> parse_tls_secret(const codec::Json& object) {
  auto fields = TRY(codec::Fields::of(object, std::string("Secret ") + kTlsSecret));
  auto data = TRY(fields.object("data"));
  const Bytes certificate = TRY(data.base64("tls.crt", 64 * 1024));
  const Bytes key = TRY(data.base64("tls.key", 16 * 1024));
  return http::KeyPair{std::string(as_text(certificate)), std::string(as_text(key)), ""};
}

http::ServerConfig server_config(const Environment& env, const http::KeyPairHolder& key_pair) {
  http::ServerConfig config;
  config.address = env.options.listen_address;
  config.port = env.options.listen_port;
  config.limits.max_body_bytes = kMaxBody;
  config.limits.max_connections = 20'000;  // one agent keeps one open
  config.limits.max_in_flight = 128;
  config.limits.body_timeout = std::chrono::seconds(60);  // an IMA list over a slow link
  config.tls = [&key_pair] { return key_pair.get(); };
  config.handler_threads = 8;
  config.on_problem = [&env](std::string_view problem) {
    env.log.warning("https server", {{telemetry::field::kError, problem}});
  };
  return config;
}

}  // namespace

VerifierPart::VerifierPart(const Environment& environment)
    : env_(environment),
      signer_(env_.options.verifier_name, env_.random),
      events_(env_.client,
              {.controller = "seaworthy.dev/verifier", .instance = env_.options.identity},
              env_.clock),
      policies_(env_.client, kube::kAttestationPolicies, {}, api::parse_policy, env_.clock,
                env_.random),
      sets_(env_.client, kube::kReferenceValueSets, {}, api::parse_reference_values, env_.clock,
            env_.random),
      config_maps_(env_.client, kube::kConfigMaps, {.namespace_ = env_.options.namespace_},
                   verifier::parse_config_map, env_.clock, env_.random),
      nodes_(env_.client, kube::kNodes, {.content = kube::Content::kMetadataOnly}, parse_metadata,
             env_.clock, env_.random),
      records_(env_.client, kube::kNodeAttestations, {}, api::parse_node_attestation, env_.clock,
               env_.random),
      serving_(env_.client, kube::kSecrets,
               {.namespace_ = env_.options.namespace_,
                .field_selector = std::string("metadata.name=") + kTlsSecret},
               parse_tls_secret, env_.clock, env_.random),
      view_(policies_, sets_, config_maps_, env_.options.namespace_),
      publisher_(env_.client, signer_, env_.options.namespace_, env_.clock,
                 [this](const std::string& problem) {
                   env_.log.warning("signing key", {{telemetry::field::kError, problem}});
                 }) {
  follow_changes();
}

VerifierPart::~VerifierPart() {
  stop_following();
}

// Handlers use what is destroyed before the informers.
void VerifierPart::stop_following() {
  for (kube::InformerBase* informer : std::initializer_list<kube::InformerBase*>{
           &policies_, &sets_, &config_maps_, &nodes_, &records_, &serving_}) {
    informer->stop();
  }
}

void VerifierPart::follow_changes() {
  policies_.add_handler([this](const auto&, const auto&, const auto&) { view_.invalidate(); });
  sets_.add_handler([this](const auto&, const auto&, const auto&) { view_.invalidate(); });
  config_maps_.add_handler([this](const kube::ObjectKey& key, const auto&, const auto& now) {
    view_.invalidate();
    if (key.name == verifier::kKeysConfigMap) {
      publisher_.observed(now && now->value && now->value->contains(signer_.key_id()));
    }
  });
  nodes_.add_handler([this](const auto&, const auto& before, const auto& now) {
    if (before && (!now || now->uid != before->uid)) {
      states_.forget(NodeUid(before->uid));
    }
  });
  records_.add_handler([this](const kube::ObjectKey& key, const auto& before, const auto& now) {
    const auto node = nodes_.find(key.name);
    if (node && before && (!now || now->uid != before->uid)) {
      states_.wanted().forget(NodeUid(node->uid));
    }
    claims_.update(NodeName(key.name), now && now->value ? &*now->value : nullptr);
  });
  serving_.add_handler([this](const auto&, const auto&, const auto& now) {
    if (now && now->value) {
      key_pair_.set(*now->value);
    } else if (now) {
      env_.log.warning("serving certificate", {{telemetry::field::kError, now->value.error()}});
    }
  });
}

Result<void> VerifierPart::sync(std::stop_token stop) {
  std::initializer_list<kube::InformerBase*> all{&policies_, &sets_,    &config_maps_,
                                                 &nodes_,    &records_, &serving_};
  for (kube::InformerBase* informer : all) {
    informer->start();
  }
  for (kube::InformerBase* informer : all) {
    while (!informer->wait_for_sync(seconds(30), stop)) {
      if (stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "stopped before the caches were filled");
      }
      env_.log.warning("waiting for the API server",
                       {{telemetry::field::kKind, informer->resource().plural},
                        {telemetry::field::kError, informer->last_error().value_or("")}});
    }
  }
  return {};
}

Result<void> VerifierPart::take_shared_key(std::stop_token stop) {
  milliseconds pause{500};
  for (;;) {
    auto key = verifier::shared_key(env_.client, env_.options.namespace_, env_.random,
                                    kube::call_within(env_.clock, kube::kUsualCallTime, stop));
    if (key) {
      context_ = std::make_unique<verifier::Context>(
          env_.clock, env_.random, env_.client, nodes_, records_, view_, states_, claims_, signer_,
          events_, *key, "seaworthy " SEAWORTHY_VERSION, [this](const std::string& problem) {
            env_.log.warning("verifier", {{telemetry::field::kError, problem}});
          });
      context_->checkpoint_used = [this](std::string_view outcome) {
        env_.metrics
            .counter(telemetry::metric::kCheckpoints,
                     "Checkpoints of other replicas that were used or not, by outcome.",
                     {{"outcome", std::string(outcome)}})
            .add();
      };
      break;
    }
    if (!retryable(key.error().code()) && key.error().code() != ErrorCode::kDenied) {
      return std::move(key).error();
    }
    env_.log.warning("shared key", {{telemetry::field::kError, key.error()}});
    kube::real_sleep()(pause, stop);
    if (stop.stop_requested()) {
      return Error(ErrorCode::kCancelled, "stopped before the shared key was there");
    }
    pause = std::min<milliseconds>(pause * 2, seconds(30));
  }
  const std::string accounts = "system:serviceaccount:" + env_.options.namespace_ + ":";
  callers_ = std::make_unique<verifier::CallerAuthenticator>(
      env_.client, env_.clock,
      verifier::CallerAuthenticator::Config{api::kAgentAudience, accounts + kAgentAccount});
  readers_ =
      std::make_unique<verifier::EvidenceReaders>(env_.client, accounts + api::kEvidenceReader);
  limit_ = std::make_unique<verifier::RateLimit>(env_.clock, verifier::RateLimit::Config{});
  service_ = std::make_unique<verifier::Service>(
      *context_, *callers_, *readers_, *limit_,
      [this](std::string_view route, std::string_view outcome) { observe(route, outcome); },
      [this] { return env_.clock_check.agrees(); });
  return {};
}

void VerifierPart::observe(std::string_view route, std::string_view outcome) {
  env_.metrics
      .counter(telemetry::metric::kAgentRequests, "Requests of agents by path and outcome.",
               {{"route", std::string(route)}, {"outcome", std::string(outcome)}})
      .add();
}

void VerifierPart::update_metrics() {
  if (server_metrics_) {
    server_metrics_->update();
  }
  env_.metrics
      .gauge(telemetry::metric::kClockDifference,
             "How far this replica's clock is at least from the API server's; positive: ahead.")
      .set(std::chrono::duration<double>(env_.clock_check.difference()).count());
  env_.metrics.gauge(telemetry::metric::kNodesRemembered, "Nodes whose evidence is remembered.")
      .set(static_cast<double>(states_.size()));
  env_.metrics
      .gauge(telemetry::metric::kEvidenceWanted,
             "Nodes whose evidence somebody has asked to read, in the last minutes.")
      .set(static_cast<double>(states_.wanted().size(env_.clock.monotonic())));
}

void VerifierPart::add_to(runtime::Process& process, runtime::Health& health) {
  server_ = http::beast::create_server(server_config(env_, key_pair_));
  server_metrics_ = std::make_unique<runtime::ServerMetrics>(env_.metrics, *server_, "agents");

  health.add_readiness("verifier-caches", [this]() -> Result<void> {
    for (const kube::InformerBase* informer : std::initializer_list<const kube::InformerBase*>{
             &policies_, &sets_, &config_maps_, &nodes_, &records_}) {
      if (!informer->has_synced()) {
        return unavailable(std::string(informer->resource().plural) + " are not read yet");
      }
    }
    return {};
  });
  health.add_readiness("clock", [this] { return env_.clock_check.agrees(); });
  health.add_readiness("signing-key", [this]() -> Result<void> {
    return publisher_.published() ? Result<void>() : unavailable("not published yet");
  });
  health.add_readiness("serving-certificate", [this]() -> Result<void> {
    return key_pair_.get() ? Result<void>() : unavailable("not there yet");
  });

  process.add({.name = "verifier-caches",
               .start = [this](std::stop_token stop) { return sync(std::move(stop)); },
               .start_patience = std::chrono::hours(24),
               .stop = [this](milliseconds) { stop_following(); }});
  process.add({.name = "shared-key",
               .start = [this](std::stop_token stop) { return take_shared_key(std::move(stop)); },
               .start_patience = std::chrono::hours(24),
               .stop = {}});
  process.add({.name = "signing-key",
               .start = [this](std::stop_token) -> Result<void> {
                 events_.start();
                 publisher_.start();
                 return {};
               },
               .stop =
                   [this](milliseconds) {
                     publisher_.stop();
                     events_.stop();
                   }});
  process.add({.name = "serving-certificate",
               .start = [this](std::stop_token stop) -> Result<void> {
                 while (!key_pair_.get()) {
                   kube::real_sleep()(milliseconds(100), stop);
                   if (stop.stop_requested()) {
                     return Error(ErrorCode::kCancelled, "stopped before there was one");
                   }
                 }
                 return {};
               },
               .start_patience = std::chrono::hours(24),
               .stop = {}});
  process.add_server("agents", *server_,
                     [this](const http::Request& request, std::stop_token stop) {
                       return service_->handle(request, std::move(stop));
                     });
}

}  // namespace seaworthy::program
