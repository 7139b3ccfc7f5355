#include "caches.h"

#include <algorithm>

#include "api/meta.h"
#include "codec/fields.h"
#include "telemetry/names.h"

namespace seaworthy::program {
namespace {

constexpr const char* kKeysConfigMap = "seaworthy-jwks";
constexpr std::chrono::hours kNever{24 * 365};

// A watch of a quiet collection is confirmed by its end, which comes after once to twice this
// time: a third of the age that is allowed leaves a third for the next one to begin.
kube::ReflectorConfig config_of(std::chrono::seconds max_snapshot_age) {
  kube::ReflectorConfig config;
  config.watch_timeout = std::max(std::chrono::seconds(2), max_snapshot_age / 3);
  // An outage that is over should not be felt longer than it may last unnoticed.
  config.backoff.cap =
      std::min<std::chrono::milliseconds>(config.backoff.cap, max_snapshot_age / 3);
  return config;
}

kube::ReflectorConfig nodes_config(std::chrono::seconds max_snapshot_age) {
  kube::ReflectorConfig config = config_of(max_snapshot_age);
  config.content = kube::Content::kMetadataOnly;
  return config;
}

kube::ReflectorConfig keys_config(const Caches::Options& options) {
  kube::ReflectorConfig config = config_of(options.max_snapshot_age);
  config.namespace_ = options.namespace_;
  config.field_selector = std::string("metadata.name=") + kKeysConfigMap;
  return config;
}

Result<std::map<std::string, std::string>> parse_data(const codec::Json& object) {
  std::map<std::string, std::string> out;
  auto fields = TRY(codec::Fields::of(object, std::string("ConfigMap ") + kKeysConfigMap));
  const auto data = TRY(fields.maybe_object("data"));
  if (data) {
    for (const auto& [key, value] : data->json().items()) {
      if (value.is_string()) {
        out.emplace(key, value.get<std::string>());
      }
    }
  }
  return out;
}

}  // namespace

// The parsers below write into the book, which keeps less than the object; what the informers
// keep is only that it is there. They run in order on the informer's thread, before its handlers.
Caches::Caches(kube::Client& client, Options options, const Clock& clock, Random& random,
               const telemetry::Log& log, admission::Book& book)
    : clock_(clock),
      log_(log),
      book_(book),
      policies_(
          client, kube::kAttestationPolicies, config_of(options.max_snapshot_age),
          [this](const codec::Json& object) -> Result<InBook> {
            const auto policy = admission::PolicyView::of(object);
            if (!policy.broken.empty()) {
              log_.warning("a policy cannot be understood: what it governs is denied",
                           {{telemetry::field::kPolicy, policy.name.str()},
                            {telemetry::field::kError, policy.broken}});
            }
            book_.put_policy(object);
            return InBook{};
          },
          clock, random),
      nodes_(
          client, kube::kNodes, nodes_config(options.max_snapshot_age),
          [](const codec::Json&) -> Result<InBook> { return InBook{}; }, clock, random),
      attestations_(
          client, kube::kNodeAttestations, config_of(options.max_snapshot_age),
          [this](const codec::Json& object) -> Result<InBook> {
            book_.put_attestation(object, clock_.now());
            return InBook{};
          },
          clock, random),
      keys_(client, kube::kConfigMaps, keys_config(options), parse_data, clock, random) {
  follow_policies();
  follow_nodes();
  follow_attestations();
  follow_keys();
}

void Caches::follow_policies() {
  policies_.add_handler([this](const kube::ObjectKey& key, const auto&, const auto& now) {
    if (!now) {
      book_.drop_policy(key.name);
    }
    log_.info(now ? "policy in force" : "policy gone", {{telemetry::field::kPolicy, key.name}});
  });
}

void Caches::follow_nodes() {
  nodes_.add_handler([this](const kube::ObjectKey& key, const auto& before, const auto& now) {
    if (!now) {
      book_.drop_node(key.name);
    } else if (!before || before->uid != now->uid) {  // heartbeats change neither
      book_.put_node(key.name, now->uid);
    }
  });
}

void Caches::follow_attestations() {
  attestations_.add_handler([this](const kube::ObjectKey& key, const auto&, const auto& now) {
    if (!now) {
      book_.drop_attestation(key.name);
    }
  });
}

void Caches::follow_keys() {
  keys_.add_handler([this](const kube::ObjectKey& key, const auto&, const auto& now) {
    if (key.name != kKeysConfigMap) {
      return;
    }
    if (now && !now->value) {
      log_.error("the verifiers' keys cannot be read: no result is believed",
                 {{telemetry::field::kError, now->value.error()}});
    }
    const std::size_t left_out =
        book_.put_keys(now && now->value ? *now->value : KeyData{}, clock_.now());
    const auto counts = book_.counts();
    log_.debug("keys of verifiers", {{telemetry::field::kCount, counts.keys}});
    if (left_out > 0) {
      log_.warning("entries of seaworthy-jwks are no keys of verifiers",
                   {{telemetry::field::kCount, left_out}});
    }
  });
}

std::vector<const kube::InformerBase*> Caches::all() const {
  return {&keys_, &policies_, &nodes_, &attestations_};
}

Result<void> Caches::start(std::stop_token stop) {
  // The keys first: results can then be believed as they come, and need no second look.
  for (kube::InformerBase* informer :
       std::initializer_list<kube::InformerBase*>{&keys_, &policies_, &nodes_, &attestations_}) {
    informer->start();
    while (!informer->wait_for_sync(std::chrono::seconds(15), stop)) {
      if (stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "stopped before the caches were filled");
      }
      log_.warning("waiting for the API server",
                   {{telemetry::field::kKind, informer->resource().plural},
                    {telemetry::field::kError, informer->last_error().value_or("no answer yet")}});
    }
  }
  const auto counts = book_.counts();
  log_.info("caches filled", {{telemetry::field::kCount, counts.nodes}});
  return {};
}

void Caches::stop() {
  attestations_.stop();
  nodes_.stop();
  policies_.stop();
  keys_.stop();
}

bool Caches::synced() const {
  const auto informers = all();
  return std::all_of(informers.begin(), informers.end(),
                     [](const kube::InformerBase* informer) { return informer->has_synced(); });
}

std::chrono::milliseconds Caches::age() const {
  std::chrono::milliseconds oldest{0};
  const Monotonic now = clock_.monotonic();
  for (const kube::InformerBase* informer : all()) {
    const auto contact = informer->last_contact();
    oldest = std::max(oldest, contact ? now - *contact : std::chrono::milliseconds(kNever));
  }
  return oldest;
}

void Caches::update_metrics(telemetry::Metrics& metrics) const {
  using namespace telemetry;
  metrics
      .gauge(metric::kSnapshotAge,
             "Seconds since the API server last confirmed what decisions are made from.")
      .set(static_cast<double>(age().count()) / 1000);
  const auto counts = book_.counts();
  const auto objects = [&metrics](const char* kind, std::size_t count) {
    metrics.gauge(metric::kKubeCacheObjects, "Objects known.", {{"kind", kind}})
        .set(static_cast<double>(count));
  };
  objects("nodes", counts.nodes);
  objects("attestationpolicies", counts.policies);
  objects("keys", counts.keys);
  objects("set_aside", counts.set_aside);
}

}  // namespace seaworthy::program
