#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "telemetry/names.h"

namespace seaworthy::telemetry {
namespace {

TEST(Metrics, AreExposedAsText) {
  Metrics metrics;
  metrics.counter(metric::kEnrolments, "Enrolments.", {{"outcome", "ok"}}).add(2);
  metrics.gauge(metric::kLeader, "Leads.").set(1);
  metrics.histogram(metric::kAppraisalSeconds, "Time.", {0.1, 1}).observe(0.5);
  const std::string text = metrics.text();
  for (const char* line : {"# HELP seaworthy_enrolments_total Enrolments.\n",
                           "# TYPE seaworthy_enrolments_total counter\n",
                           "seaworthy_enrolments_total{outcome=\"ok\"} 2\n", "seaworthy_leader 1\n",
                           "seaworthy_appraisal_duration_seconds_bucket{le=\"0.1\"} 0\n",
                           "seaworthy_appraisal_duration_seconds_bucket{le=\"1\"} 1\n",
                           "seaworthy_appraisal_duration_seconds_count 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Metrics, GiveTheSameSeriesForTheSameNameAndLabels) {
  Metrics metrics;
  metrics.counter("seaworthy_a_total", "A.", {{"x", "1"}}).add();
  metrics.counter("seaworthy_a_total", "A.", {{"x", "1"}}).add();
  metrics.counter("seaworthy_a_total", "A.", {{"x", "2"}}).add(-5);
  EXPECT_NE(metrics.text().find("seaworthy_a_total{x=\"1\"} 2\n"), std::string::npos);
  EXPECT_NE(metrics.text().find("seaworthy_a_total{x=\"2\"} 0\n"), std::string::npos);
}

TEST(Metrics, ForgetASeries) {
  Metrics metrics;
  metrics.gauge(metric::kNodesByVerdict, "Nodes.", {{"policy", "old"}}).set(3);
  metrics.gauge(metric::kNodesByVerdict, "Nodes.", {{"policy", "new"}}).set(4);
  metrics.remove_gauge(metric::kNodesByVerdict, {{"policy", "old"}});
  metrics.remove_gauge(metric::kNodesByVerdict, {{"policy", "never"}});
  metrics.remove_gauge("seaworthy_never", {});
  EXPECT_EQ(metrics.text().find("old"), std::string::npos);
  EXPECT_NE(metrics.text().find("new"), std::string::npos);
}

TEST(Metrics, EscapeLabelValues) {
  Metrics metrics;
  metrics.gauge("seaworthy_a", "A.", {{"x", "a\"b\nc\\"}}).set(1);
  EXPECT_NE(metrics.text().find("{x=\"a\\\"b\\nc\\\\\"} 1\n"), std::string::npos);
}

TEST(Metrics, CountFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) {
          metrics.counter("seaworthy_a_total", "A.").add();
        }
      });
    }
  }
  EXPECT_NE(metrics.text().find("seaworthy_a_total 4000\n"), std::string::npos);
}

TEST(MetricsDeathTest, TakeNoNameThatPrometheusDoesNot) {
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("seaworthy-a", "A."), "");
}

}  // namespace
}  // namespace seaworthy::telemetry
