// What a decision costs, and what a node costs in memory, with 10,000 nodes. The design promises a
// decision from memory: microseconds, without a call.
#include <benchmark/benchmark.h>

#include <string>

#include "cluster.h"

namespace {

using namespace seaworthy;
using namespace seaworthy::testing;

constexpr int kNodes = 10'000;

const Cluster& cluster() {
  static const Cluster made(kNodes);
  return made;
}

const admission::Moment kMoment{.now = kNow};

void decide_binding(benchmark::State& state, int node, admission::Outcome expected) {
  const auto snapshot = cluster().book.snapshot();
  const auto request = api::parse_review(codec::to_json_text(binding_review(node)));
  SEAWORTHY_CHECK(request.has_value());
  for (auto _ : state) {
    auto decision = admission::decide(*request, *snapshot, kMoment);
    benchmark::DoNotOptimize(decision);
    SEAWORTHY_CHECK(decision.outcome == expected);
  }
  state.counters["resident_bytes_per_node"] = cluster().bytes_per_node;
}
BENCHMARK_CAPTURE(decide_binding, trusted, 4242, admission::Outcome::kAllowed);
BENCHMARK_CAPTURE(decide_binding, violated, 4201, admission::Outcome::kDenied);
BENCHMARK_CAPTURE(decide_binding, unknown, 99'999, admission::Outcome::kDenied);

// From the body of the request to the body of the answer.
void review_body(benchmark::State& state, const std::string& body) {
  const auto snapshot = cluster().book.snapshot();
  for (auto _ : state) {
    auto reviewed = admission::review(body, *snapshot, kMoment);
    SEAWORTHY_CHECK(reviewed.has_value());
    benchmark::DoNotOptimize(reviewed->body);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(body.size()));
  state.counters["body_bytes"] = static_cast<double>(body.size());
}
void review_binding(benchmark::State& state) {
  review_body(state, codec::to_json_text(binding_review(4242)));
}
BENCHMARK(review_binding);
void review_denied_binding(benchmark::State& state) {
  review_body(state, codec::to_json_text(binding_review(4201)));
}
BENCHMARK(review_denied_binding);
void review_pod(benchmark::State& state) {
  review_body(state, codec::to_json_text(pod_review(4242)));
}
BENCHMARK(review_pod);

// A new result of one node: parse, verify the signature, publish the next snapshot.
void change_of_a_node(benchmark::State& state) {
  admission::Book book;
  const TestSigner signer;
  book.put_keys(jwks_of({&signer}), kNow);
  for (int i = 0; i < kNodes; ++i) {
    book.put_node(node_name(i), node_uid(i));
  }
  const Json object = attestation_object(
      "n1",
      {{"seaworthy-operator",
        ear_of(claims_of(signer, {result_of("production", api::Verdict::kTrusted)}), signer)}});
  for (auto _ : state) {
    book.put_attestation(object, kNow);
  }
}
BENCHMARK(change_of_a_node);

}  // namespace

BENCHMARK_MAIN();
