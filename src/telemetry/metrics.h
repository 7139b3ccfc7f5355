// Counters, gauges and histograms for Prometheus. Spec: Prometheus text exposition format 0.0.4.
//
// Metrics are made once, at start, and kept by reference: the registry owns them. Label values
// come from sets that we bound (policies, reasons, outcomes): never a pod or image name, and a node
// name only where one series per node is meant.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace seaworthy::telemetry {

using Labels = std::map<std::string, std::string>;

// Only grows. Thread-safe, like all here.
class Counter {
 public:
  void add(double by = 1);  // negative: ignored

 private:
  friend class Metrics;
  explicit Counter(void* counter) : counter_(counter) {}
  void* counter_;
};

class Gauge {
 public:
  void set(double value);
  void add(double by);

 private:
  friend class Metrics;
  explicit Gauge(void* gauge) : gauge_(gauge) {}
  void* gauge_;
};

class Histogram {
 public:
  void observe(double value);  // seconds for durations, bytes for sizes

 private:
  friend class Metrics;
  explicit Histogram(void* histogram) : histogram_(histogram) {}
  void* histogram_;
};

// Upper bounds in seconds: for what is decided in memory, and for what crosses a network.
std::vector<double> fast_buckets();  // 50 us … 1 s
std::vector<double> slow_buckets();  // 5 ms … 60 s

// The registry. Handles are small, copyable, and valid while it lives. Asking again for the same
// name and labels gives the same metric. Names (telemetry/names.h) or labels that Prometheus does
// not allow are a bug and stop the program.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> buckets,
                      const Labels& labels = {});

  // Forgets one series, for example of a node or policy that was deleted. Handles of it must not
  // be used any more.
  void remove_gauge(std::string_view name, const Labels& labels);

  std::string text() const;
  static std::string_view content_type() { return "text/plain; version=0.0.4; charset=utf-8"; }

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace seaworthy::telemetry
