#include "telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"
#include "base/mutex.h"

namespace seaworthy::telemetry {

struct Metrics::Inside {
  template <class Metric>
  using Families = std::map<std::string, prometheus::Family<Metric>*, std::less<>>;

  template <class Metric, class Build>
  prometheus::Family<Metric>& family(Families<Metric>& families, std::string_view name,
                                     std::string_view help, Build build) REQUIRES(mutex) {
    const auto found = families.find(name);
    if (found != families.end()) {
      return *found->second;
    }
    prometheus::Family<Metric>* made = nullptr;
    try {
      made = &build().Name(std::string(name)).Help(std::string(help)).Register(registry);
    } catch (const std::exception&) {
      made = nullptr;  // the name is not allowed, or has another type already
    }
    SEAWORTHY_CHECK(made != nullptr);
    families.emplace(std::string(name), made);
    return *made;
  }

  template <class Metric, class... Arguments>
  static Metric& member(prometheus::Family<Metric>& family, const Labels& labels,
                        Arguments&&... arguments) {
    Metric* made = nullptr;
    try {
      made = &family.Add(labels, std::forward<Arguments>(arguments)...);
    } catch (const std::exception&) { made = nullptr; }
    SEAWORTHY_CHECK(made != nullptr);
    return *made;
  }

  prometheus::Registry registry;
  Mutex mutex;
  Families<prometheus::Counter> counters GUARDED_BY(mutex);
  Families<prometheus::Gauge> gauges GUARDED_BY(mutex);
  Families<prometheus::Histogram> histograms GUARDED_BY(mutex);
};

void Counter::add(double by) {
  if (by > 0) {
    static_cast<prometheus::Counter*>(counter_)->Increment(by);
  }
}

void Gauge::set(double value) {
  static_cast<prometheus::Gauge*>(gauge_)->Set(value);
}

void Gauge::add(double by) {
  static_cast<prometheus::Gauge*>(gauge_)->Increment(by);
}

void Histogram::observe(double value) {
  static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

std::vector<double> fast_buckets() {
  return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1};
}

std::vector<double> slow_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

Metrics::Metrics() : inside_(std::make_unique<Inside>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  MutexLock lock(inside_->mutex);
  auto& family = inside_->family(inside_->counters, name, help, prometheus::BuildCounter);
  return Counter(&Inside::member(family, labels));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  MutexLock lock(inside_->mutex);
  auto& family = inside_->family(inside_->gauges, name, help, prometheus::BuildGauge);
  return Gauge(&Inside::member(family, labels));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help,
                             std::vector<double> buckets, const Labels& labels) {
  MutexLock lock(inside_->mutex);
  auto& family = inside_->family(inside_->histograms, name, help, prometheus::BuildHistogram);
  return Histogram(&Inside::member(family, labels, std::move(buckets)));
}

void Metrics::remove_gauge(std::string_view name, const Labels& labels) {
  MutexLock lock(inside_->mutex);
  const auto found = inside_->gauges.find(name);
  if (found != inside_->gauges.end() && found->second->Has(labels)) {
    found->second->Remove(&found->second->Add(labels));
  }
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(inside_->registry.Collect());
}

}  // namespace seaworthy::telemetry
