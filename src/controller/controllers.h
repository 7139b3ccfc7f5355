// The controller half of the operator, whole: caches, leader election, reconcilers, uninstalling.
//
//   controller::Controllers controllers(client, options, log, metrics, clock, random);
//   controllers.start();               // returns at once
//   … controllers.caches_synced() for readiness, controllers.lost() ends the program …
//   controllers.stop();                // gives leadership back
//
// Every replica keeps the caches; only the leader works. Losing leadership stops the workers and is
// final: the program ends and is started again.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "controller/generated.h"
#include "controller/metrics.h"
#include "controller/requeue.h"
#include "controller/serving.h"
#include "kube/client.h"
#include "kube/lease.h"
#include "kube/work_queue.h"
#include "telemetry/log.h"

namespace seaworthy::controller {

struct Options {
  std::string identity = {};  // of this replica: the pod's name
  std::string lease_name = "seaworthy-controller";
  WebhookAddress webhook = {};
  ServingOptions serving = {};
  int workers = 2;
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds renew_deadline{10'000};
  std::chrono::milliseconds retry_period{2'000};
};

class Controllers {
 public:
  // All references outlive it. `on_lost` is called (on a thread of ours) if leadership is lost, or
  // if the controller could not go on; the program should then stop. It must not call stop().
  Controllers(kube::Client& client, Options options, const telemetry::Log& log,
              telemetry::Metrics& metrics, const Clock& clock, Random& random,
              std::function<void()> on_lost);
  ~Controllers();

  void start();
  // Stops the workers, and if we lead: undoes what binds if we are being uninstalled, then gives
  // the lease back. Takes at most about half a minute, usually none.
  void stop();

  bool caches_synced() const;
  bool leading() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace seaworthy::controller
