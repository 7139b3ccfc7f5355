// What the boot log of a node costs a verifier: 100 events, parsed, replayed and judged. Held
// against one SHA-256 over the same bytes, below which nobody can go who proves anything from them.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "fastest.h"
#include "machines.h"

namespace {

const seaworthy::testing::HundredEvents& boot() {
  static const seaworthy::testing::HundredEvents made;
  return made;
}

void boot_log_of_100_events(benchmark::State& state) {
  for (auto _ : state) {
    boot().verify();
  }
  state.counters["bytes"] = static_cast<double>(boot().log.size());
}
BENCHMARK(boot_log_of_100_events)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
  if (!seaworthy::run_benchmarks(argc, argv)) {
    return 2;
  }
  const double floor = seaworthy::fastest_micros([] {
    auto digest = seaworthy::crypto::sha256(boot().log);
    benchmark::DoNotOptimize(digest);
  });
  const double verified = seaworthy::fastest_micros([] { boot().verify(); });
  std::printf(
      "boot log of 100 events, %zu bytes: %.1f us (goal 300), its SHA-256 %.1f us: ratio %.1f\n",
      boot().log.size(), verified, floor, verified / floor);
  return 0;
}
