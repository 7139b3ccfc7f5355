// What a program says about itself: /livez, /healthz, /readyz, /metrics. Spec: Kubernetes,
// "Configure Liveness, Readiness and Startup Probes"; text as the API server's own endpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "http/server.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace seaworthy::runtime {

// Why something is not as it should be, in a sentence that may be shown to anyone: probes are not
// authenticated. Called for every probe: must be quick and must not wait for others.
using Check = std::function<Result<void>()>;

// Thread-safe.
class Health {
 public:
  // Not ready: takes no requests for now. Not live: a restart would help. Liveness must not
  // depend on the API server, or an outage there would restart everything here.
  void add_readiness(std::string name, Check check);
  void add_liveness(std::string name, Check check);

  // From now on not ready, for good: the process is about to end.
  void begin_stopping();

  // 200 or 503, with a line for each check: "[+]caches ok", "[-]certificate failed: …".
  http::Response readiness() const;
  http::Response liveness() const;

 private:
  using Checks = std::vector<std::pair<std::string, Check>>;
  static http::Response report(const Checks& checks, bool stopping);

  mutable Mutex mutex_;
  Checks readiness_ GUARDED_BY(mutex_);
  Checks liveness_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
};

// Serves /livez and /healthz (liveness), /readyz and /metrics, GET and HEAD; 404 for the rest.
// `before_metrics` (may be empty) runs first at each scrape, to bring figures up to date. All
// outlive the handler.
http::Handler observability_handler(const Health& health, const telemetry::Metrics& metrics,
                                    std::function<void()> before_metrics = nullptr);

// The server for that handler: one thread, few connections, and what goes wrong in the log, which
// outlives it.
http::ServerConfig health_server_config(const std::string& address, std::uint16_t port,
                                        const telemetry::Log& log);

// Brings a server's counts into the metrics; label server=`name`.
class ServerMetrics {
 public:
  ServerMetrics(telemetry::Metrics& metrics, const http::Server& server, const std::string& name);
  ~ServerMetrics();
  void update();  // thread-safe; from before_metrics

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace seaworthy::runtime
