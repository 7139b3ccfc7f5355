#include "controller/controllers.h"

#include <set>
#include <shared_mutex>

#include "controller/caches.h"
#include "controller/keys.h"
#include "controller/node.h"
#include "controller/owned.h"
#include "controller/policy.h"
#include "controller/reference_values.h"
#include "controller/uninstall.h"
#include "telemetry/names.h"

namespace seaworthy::controller {
namespace {

namespace field = telemetry::field;
using std::chrono::milliseconds;

constexpr milliseconds kSyncTime{120'000};      // then readiness is false and we keep trying
constexpr milliseconds kUninstallTime{25'000};  // of the 30 s that a pod has to stop
constexpr milliseconds kDiscoveryRetry{2'000};

// What the workers are told to look at.
struct Task {
  enum class Kind : std::uint8_t {
    kPolicy,
    kNode,
    kReferenceValues,
    kServing,
    kKeys,
    kInstallation
  };
  Kind kind = Kind::kNode;
  std::string name = {};
  auto operator<=>(const Task&) const = default;
};

const char* name_of(Task::Kind kind) {
  switch (kind) {
    case Task::Kind::kPolicy:
      return "policy";
    case Task::Kind::kNode:
      return "node";
    case Task::Kind::kReferenceValues:
      return "referencevalues";
    case Task::Kind::kServing:
      return "serving";
    case Task::Kind::kKeys:
      return "keys";
    case Task::Kind::kInstallation:
      return "installation";
  }
  return "unknown";
}

// Whether the API server has MutatingAdmissionPolicy (GA in 1.36).
Result<bool> has_steering(kube::Client& client, const kube::Call& call) {
  const codec::Json list = TRY(client.get_path("/apis/admissionregistration.k8s.io/v1", call));
  for (const codec::Json& resource : list.value("resources", codec::Json::array())) {
    if (resource.is_object() &&
        resource.value("name", "") == kube::kMutatingAdmissionPolicies.plural) {
      return true;
    }
  }
  return false;
}

template <class T>
bool changed(const std::shared_ptr<const kube::Cached<T>>& before,
             const std::shared_ptr<const kube::Cached<T>>& now, auto differs) {
  if (!before || !now || !before->value || !now->value) {
    return true;
  }
  return differs(*before->value, *now->value);
}

}  // namespace

// Everything that exists once the API server has been asked what it can do.
struct Running {
  Running(kube::Client& client, const Options& options, bool steering, telemetry::Metrics& registry,
          const Clock& clock, Random& random,
          std::function<void(const PolicyName&)> verdict_changed)
      : metrics(registry),
        caches(client, options.serving.namespace_, steering, clock, random, kube::real_sleep()),
        events(client, {.controller = "seaworthy.dev/controller", .instance = options.identity},
               clock),
        owned(client, caches, metrics),
        nodes(client, caches, ears, events, metrics, clock, std::move(verdict_changed)),
        policies(client, caches, ears, owned, events, metrics,
                 {.webhook = options.webhook, .steering_supported = steering}, clock),
        reference_values(client, caches, ears, events, metrics, clock),
        serving(client, caches, metrics, options.serving, clock, random),
        keys(client, caches, metrics, clock) {}

  Metrics metrics;
  Caches caches;
  EarCache ears;
  kube::EventRecorder events;
  OwnedObjects owned;
  NodeReconciler nodes;
  PolicyReconciler policies;
  ReferenceValuesReconciler reference_values;
  ServingReconciler serving;
  KeysReconciler keys;
};

struct Controllers::Inside {
  Inside(kube::Client& c, Options o, const telemetry::Log& l, telemetry::Metrics& m, const Clock& k,
         Random& r, std::function<void()> lost)
      : client(c),
        options(std::move(o)),
        log(l),
        registry(m),
        clock(k),
        random(r),
        on_lost(std::move(lost)),
        queue(k) {}

  void main(std::stop_token stop);
  bool discover(const std::stop_token& stop);
  void connect();
  void enqueue_all_nodes();
  void enqueue_all_policies();
  void enqueue_all_sets();
  void config_map_changed(const std::string& name);
  void begin();
  void end();
  void work(const std::stop_token& stop);
  Result<Requeue> reconcile(const Task& task, const std::stop_token& stop);
  void enqueue_everything();
  Result<Requeue> follow_installation(const std::stop_token& stop);
  Result<void> remove_traces(const std::stop_token& stop);
  void add(Task task) { queue.add(task); }

  kube::Client& client;
  Options options;
  const telemetry::Log& log;
  telemetry::Metrics& registry;
  const Clock& clock;
  Random& random;
  std::function<void()> on_lost;

  kube::WorkQueue<Task> queue;
  std::unique_ptr<Running> running;
  std::unique_ptr<kube::LeaderElector> elector;
  std::atomic<bool> synced{false};
  std::atomic<bool> leading{false};
  std::atomic<bool> uninstalling{false};  // nothing is put back
  std::atomic<bool> uninstalled{false};   // and nothing is left
  std::shared_mutex reconciling;          // shared: a worker writes; alone: traces are removed
  std::atomic<bool> stopping{false};
  std::vector<std::jthread> workers;
  std::jthread thread;
};

bool Controllers::Inside::discover(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto steering =
        has_steering(client, kube::call_within(clock, kube::kUsualCallTime, stop));
    if (steering) {
      if (!*steering) {
        log.warning("the API server has no MutatingAdmissionPolicy: pods are not steered");
      }
      running = std::make_unique<Running>(client, options, *steering, registry, clock, random,
                                          [this](const PolicyName& policy) {
                                            add({Task::Kind::kPolicy, policy.str()});
                                          });
      return true;
    }
    log.warning("cannot ask the API server what it can do", {{field::kError, steering.error()}});
    kube::real_sleep()(kDiscoveryRetry, stop);
  }
  return false;
}

void Controllers::Inside::enqueue_all_nodes() {
  const auto all = running->caches.nodes.snapshot();
  for (const auto& [key, unused] : *all) {
    add({Task::Kind::kNode, key.name});
  }
}

void Controllers::Inside::enqueue_all_policies() {
  const auto all = running->caches.policies.snapshot();
  for (const auto& [key, unused] : *all) {
    add({Task::Kind::kPolicy, key.name});
  }
}

void Controllers::Inside::enqueue_all_sets() {
  const auto all = running->caches.reference_values.snapshot();
  for (const auto& [key, unused] : *all) {
    add({Task::Kind::kReferenceValues, key.name});
  }
}

void Controllers::Inside::config_map_changed(const std::string& name) {
  if (name == kJwksConfigMap) {
    add({Task::Kind::kKeys});
    enqueue_all_nodes();
    enqueue_all_policies();
  } else if (name == kCaConfigMap) {
    add({Task::Kind::kServing});
    enqueue_all_policies();
  } else {
    enqueue_all_policies();  // perhaps a trust anchor
  }
}

// Who has to look at what when something changes.
void Controllers::Inside::connect() {
  Caches& caches = running->caches;
  caches.policies.add_handler([this](const auto& key, const auto& before, const auto& now) {
    add({Task::Kind::kPolicy, key.name});
    const bool spec = changed(before, now, [](const auto& a, const auto& b) {
      return a.meta.uid != b.meta.uid || a.meta.generation != b.meta.generation;
    });
    if (spec) {
      enqueue_all_nodes();
      enqueue_all_sets();
    }
  });
  caches.nodes.add_handler([this](const auto& key, const auto& before, const auto& now) {
    add({Task::Kind::kNode, key.name});
    const bool selection = changed(before, now, [](const auto& a, const auto& b) {
      return a.meta.uid != b.meta.uid || a.meta.labels != b.meta.labels ||
             a.meta.deleting != b.meta.deleting;
    });
    if (selection) {
      enqueue_all_policies();
    }
  });
  caches.attestations.add_handler([this](const auto& key, const auto&, const auto&) {
    add({Task::Kind::kNode, key.name});  // which tells the policies if a verdict changed
  });
  caches.reference_values.add_handler([this](const auto& key, const auto&, const auto&) {
    add({Task::Kind::kReferenceValues, key.name});
    enqueue_all_policies();
  });
  caches.config_maps.add_handler(
      [this](const auto& key, const auto&, const auto&) { config_map_changed(key.name); });
  for (auto* informer : caches.generated()) {
    informer->add_handler([this](const auto&, const auto& before, const auto& now) {
      const auto& known = now ? now : before;
      const auto& labels = (*known->value)["metadata"]["labels"];
      if (labels.contains(kPolicyLabel)) {
        add({Task::Kind::kPolicy, labels[kPolicyLabel].template get<std::string>()});
      }
    });
  }
  const auto installation_changed = [this](const auto&, const auto&, const auto&) {
    add({Task::Kind::kInstallation});
  };
  caches.own_namespace.add_handler(installation_changed);
  caches.own_definition.add_handler(installation_changed);
}

// The life of this replica as a controller.
void Controllers::Inside::main(std::stop_token stop) {
  if (!discover(stop)) {
    return;
  }
  connect();
  running->events.start();
  running->caches.start();
  while (!running->caches.wait_for_sync(kSyncTime, stop)) {
    if (stop.stop_requested()) {
      return;
    }
    for (const kube::InformerBase* informer : running->caches.all()) {
      if (!informer->has_synced()) {
        log.warning("a cache is not filled yet",
                    {{field::kKind, informer->resource().plural},
                     {field::kError, informer->last_error().value_or("no answer yet")}});
      }
    }
  }
  synced = true;
  elector = std::make_unique<kube::LeaderElector>(
      client,
      kube::LeaseConfig{.namespace_ = options.serving.namespace_,
                        .name = options.lease_name,
                        .identity = options.identity,
                        .lease_duration = options.lease_duration,
                        .renew_deadline = options.renew_deadline,
                        .retry_period = options.retry_period},
      kube::LeaderElector::Callbacks{[this] { begin(); }, [this] { end(); }}, clock, random);
  elector->run(std::move(stop));
  if (!stopping) {
    log.error("leadership is lost: this process ends and starts anew");
    on_lost();
  }
}

void Controllers::Inside::begin() {
  log.info("this replica leads now");
  leading = true;
  running->metrics.leading(true);
  for (int i = 0; i < options.workers; ++i) {
    workers.emplace_back([this](std::stop_token stop) { work(stop); });
  }
  add({Task::Kind::kInstallation});
  enqueue_everything();
}

void Controllers::Inside::enqueue_everything() {
  add({Task::Kind::kServing});
  add({Task::Kind::kKeys});
  enqueue_all_policies();
  enqueue_all_nodes();
  enqueue_all_sets();
}

void Controllers::Inside::end() {
  for (std::jthread& worker : workers) {
    worker.request_stop();
  }
  workers.clear();  // joins
  leading = false;
  running->metrics.leading(false);
  log.info("this replica does not lead any more");
  // A worker that was removing traces was stopped in the middle of it, or there was none yet.
  if (stopping && !uninstalled) {
    const kube::Call call = kube::call_within(clock, milliseconds(5'000), {});
    if (ask_whether_uninstalled(client, options.serving.namespace_, call)) {
      (void)remove_traces({});  // has said what is left, and there is no time to try again
    }
  }
}

// Removes what binds when Seaworthy goes, and comes back to work when it is installed again.
Result<Requeue> Controllers::Inside::follow_installation(const std::stop_token& stop) {
  if (being_uninstalled(running->caches)) {
    if (!uninstalled) {
      TRY(remove_traces(stop));
    }
  } else if (uninstalling) {
    log.info("Seaworthy is installed again");
    uninstalled = false;
    uninstalling = false;
    enqueue_everything();
  }
  return Requeue::never();
}

Result<void> Controllers::Inside::remove_traces(const std::stop_token& stop) {
  uninstalling = true;
  const std::unique_lock alone(reconciling);
  log.info("Seaworthy is being uninstalled: labels, taints and admission policies are removed");
  std::stop_source limit;
  const std::stop_callback pass_on(stop, [&] { limit.request_stop(); });
  const std::jthread timer([&](std::stop_token done) {
    kube::real_sleep()(kUninstallTime, done);
    limit.request_stop();
  });
  auto done = uninstall(client, running->caches, running->metrics, clock, limit.get_token());
  if (done) {
    uninstalled = true;
    log.info("nothing that binds is left");
  } else {
    log.error("not everything could be removed; by hand: docs/operations.md, \"Removing it\"",
              {{field::kError, done.error()}});
  }
  return done;
}

void Controllers::Inside::work(const std::stop_token& stop) {
  while (const auto task = queue.get(stop)) {
    const Monotonic began = clock.monotonic();
    const auto result = reconcile(*task, stop);
    const Error* error = result ? nullptr : &result.error();
    running->metrics.reconciled(name_of(task->kind),
                                std::chrono::duration_cast<milliseconds>(clock.monotonic() - began),
                                error);
    if (error == nullptr) {
      queue.forget(*task);
      if (result->when) {
        queue.add_after(*task, std::max(milliseconds(0), *result->when - clock.now()));
      }
    } else if (!stop.stop_requested()) {
      if (error->code() != ErrorCode::kConflict) {  // usual: somebody wrote between look and write
        log.warning("reconciling failed", {{field::kKind, name_of(task->kind)},
                                           {field::kName, task->name},
                                           {field::kError, *error}});
      }
      // Also what is not retryable for the caller: the world may change without telling us.
      queue.add_rate_limited(*task);
    }
    queue.done(*task);
  }
}

Result<Requeue> Controllers::Inside::reconcile(const Task& task, const std::stop_token& stop) {
  if (task.kind == Task::Kind::kInstallation) {  // needs to be alone: not under at_work
    return follow_installation(stop);
  }
  const std::shared_lock at_work(reconciling);
  if (uninstalling) {
    return Requeue::never();
  }
  switch (task.kind) {
    case Task::Kind::kPolicy:
      return running->policies.reconcile(PolicyName(task.name), stop);
    case Task::Kind::kNode:
      return running->nodes.reconcile(NodeName(task.name), stop);
    case Task::Kind::kReferenceValues:
      return running->reference_values.reconcile(task.name, stop);
    case Task::Kind::kServing:
      return running->serving.reconcile(stop);
    case Task::Kind::kKeys:
      return running->keys.reconcile(stop);
    case Task::Kind::kInstallation:
      break;  // done above
  }
  return Requeue::never();
}

Controllers::Controllers(kube::Client& client, Options options, const telemetry::Log& log,
                         telemetry::Metrics& metrics, const Clock& clock, Random& random,
                         std::function<void()> on_lost)
    : inside_(std::make_unique<Inside>(client, std::move(options), log, metrics, clock, random,
                                       std::move(on_lost))) {}

Controllers::~Controllers() {
  stop();
}

void Controllers::start() {
  inside_->thread = std::jthread([this](std::stop_token stop) { inside_->main(std::move(stop)); });
}

void Controllers::stop() {
  if (!inside_->thread.joinable()) {
    return;
  }
  inside_->stopping = true;
  inside_->thread.request_stop();
  inside_->thread.join();
  inside_->queue.shut_down();
  if (inside_->running) {
    inside_->running->caches.stop();
    inside_->running->events.stop();
  }
}

bool Controllers::caches_synced() const {
  return inside_->synced;
}
bool Controllers::leading() const {
  return inside_->leading;
}

}  // namespace seaworthy::controller
