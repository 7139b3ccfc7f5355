// What work takes when nothing disturbs it, for ratios: in processor time of this thread, because
// the machine may be busy, and the fastest of many rounds, because caches are shared.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>

namespace seaworthy {

inline double thread_micros() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

template <class F>
double fastest_micros(const F& work) {
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const double start = thread_micros();
    for (int i = 0; i < 50; ++i) {
      work();
    }
    best = std::min(best, (thread_micros() - start) / 50);
  }
  return best;
}

// Google Benchmark's part of main(). False: it did not understand the arguments, and has said so.
inline bool run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return false;
  }
  benchmark::RunSpecifiedBenchmarks();
  return true;
}

}  // namespace seaworthy
