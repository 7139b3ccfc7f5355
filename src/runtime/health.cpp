#include "runtime/health.h"

#include <array>
#include <memory>

#include "telemetry/names.h"

namespace seaworthy::runtime {

void Health::add_readiness(std::string name, Check check) {
  MutexLock lock(mutex_);
  readiness_.emplace_back(std::move(name), std::move(check));
}

void Health::add_liveness(std::string name, Check check) {
  MutexLock lock(mutex_);
  liveness_.emplace_back(std::move(name), std::move(check));
}

void Health::begin_stopping() {
  MutexLock lock(mutex_);
  stopping_ = true;
}

http::Response Health::readiness() const {
  Checks checks;
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    checks = readiness_;
    stopping = stopping_;
  }
  return report(checks, stopping);  // without the mutex: a check may take its own
}

http::Response Health::liveness() const {
  Checks checks;
  {
    MutexLock lock(mutex_);
    checks = liveness_;
  }
  return report(checks, false);
}

http::Response Health::report(const Checks& checks, bool stopping) {
  bool good = !stopping;
  std::string text = stopping ? "[-]running failed: the process is stopping\n" : "[+]running ok\n";
  for (const auto& [name, check] : checks) {
    const auto result = check();
    if (result) {
      text += "[+]" + name + " ok\n";
    } else {
      good = false;
      text += "[-]" + name + " failed: " + result.error().message() + "\n";
    }
  }
  return http::text_response(good ? 200 : 503, std::move(text));
}

http::ServerConfig health_server_config(const std::string& address, std::uint16_t port,
                                        const telemetry::Log& log) {
  http::ServerConfig config;
  config.address = address;
  config.port = port;
  config.limits.max_connections = 32;
  config.handler_threads = 1;
  config.on_problem = [&log](std::string_view problem) {
    log.warning("health server", {{telemetry::field::kError, problem}});
  };
  return config;
}

http::Handler observability_handler(const Health& health, const telemetry::Metrics& metrics,
                                    std::function<void()> before_metrics) {
  return [&health, &metrics, before = std::move(before_metrics)](const http::Request& request,
                                                                 const std::stop_token&) {
    if (request.method != "GET" && request.method != "HEAD") {
      http::Response refused = http::text_response(405, "GET and HEAD only");
      refused.headers.set("Allow", "GET, HEAD");
      return refused;
    }
    const std::string_view path = request.path();
    if (path == "/readyz") {
      return health.readiness();
    }
    if (path == "/healthz" || path == "/livez") {
      return health.liveness();
    }
    if (path == "/metrics") {
      if (before) {
        before();
      }
      http::Response out = http::text_response(200, metrics.text());
      out.headers.set("Content-Type", std::string(telemetry::Metrics::content_type()));
      return out;
    }
    return http::text_response(404, "there is /healthz, /livez, /readyz and /metrics");
  };
}

struct ServerMetrics::Inside {
  // A count that only grows, as the server keeps it, and as Prometheus has it so far.
  struct Count {
    std::uint64_t http::ServerStats::*from;
    telemetry::Counter to;
    std::uint64_t seen = 0;
  };

  const http::Server& server;
  telemetry::Gauge connections;
  telemetry::Gauge in_flight;
  Mutex mutex{};
  std::vector<Count> counts GUARDED_BY(mutex) = {};
};

ServerMetrics::ServerMetrics(telemetry::Metrics& metrics, const http::Server& server,
                             const std::string& name) {
  namespace metric = telemetry::metric;
  using http::ServerStats;
  const telemetry::Labels labels{{"server", name}};
  inside_.reset(new Inside{
      server, metrics.gauge(metric::kHttpConnections, "Open connections.", labels),
      metrics.gauge(metric::kHttpInFlight, "Requests whose handler runs or waits.", labels)});
  const auto count = [&](metric::Name what, std::string_view help,
                         std::uint64_t ServerStats::*from) {
    MutexLock lock(inside_->mutex);
    inside_->counts.push_back({from, metrics.counter(what, help, labels), 0});
  };
  count(metric::kHttpConnectionsTotal, "Accepted connections.", &ServerStats::connections);
  count(metric::kHttpConnectionsRefused, "Connections beyond the allowed number.",
        &ServerStats::connections_refused);
  count(metric::kHttpHandshakesFailed, "TLS handshakes that failed or took too long.",
        &ServerStats::handshakes_failed);
  count(metric::kHttpRequests, "Requests given to a handler.", &ServerStats::requests);
  count(metric::kHttpRequestsShed, "Requests answered 503 for want of capacity.",
        &ServerStats::requests_shed);
  count(metric::kHttpRequestsMalformed, "Requests that break HTTP or a limit.",
        &ServerStats::requests_malformed);
  count(metric::kHttpTimeouts, "Requests or responses that took too long.", &ServerStats::timeouts);
  count(metric::kHttpKeyPairFailures, "Certificates or keys that could not be used.",
        &ServerStats::key_pair_failures);
}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::update() {
  const http::ServerStats now = inside_->server.stats();
  inside_->connections.set(static_cast<double>(now.connections_now));
  inside_->in_flight.set(static_cast<double>(now.in_flight_now));
  MutexLock lock(inside_->mutex);
  for (Inside::Count& count : inside_->counts) {
    const std::uint64_t value = now.*count.from;
    if (value > count.seen) {
      count.to.add(static_cast<double>(value - count.seen));
      count.seen = value;
    }
  }
}

}  // namespace seaworthy::runtime
