// One piece of work per hot path, for hack/count, which runs it under callgrind and counts the
// instructions inside measured(): instructions NAME. Without a name it prints the names.
#include <cstdio>
#include <cstring>
#include <functional>

#include "cluster.h"
#include "machines.h"

namespace {

using namespace seaworthy;           // NOLINT: a program of one file
using namespace seaworthy::testing;  // NOLINT

using Work = std::function<void()>;

Work steady_appraisal() {
  return [node = std::make_shared<const SteadyNode>()] { node->appraise(); };
}
Work first_appraisal() {
  return [node = std::make_shared<const SteadyNode>()] { node->appraise_first(); };
}
Work ima_of_10000_entries() {
  return [list = std::make_shared<const LongList>(10'000)] { list->appraise(); };
}
Work boot_log_of_100_events() {
  return [boot = std::make_shared<const HundredEvents>()] { boot->verify(); };
}
Work enrolment() {
  return [enrolment = std::make_shared<const Enrolment>()] { enrolment->verify(); };
}

const admission::Moment kMoment{.now = kNow};

Work bind_decision() {
  const auto snapshot = std::make_shared<const Cluster>(100)->book.snapshot();
  return [snapshot, request = *api::parse_review(codec::to_json_text(binding_review(42)))] {
    const auto decision = admission::decide(request, *snapshot, kMoment);
    SEAWORTHY_CHECK(decision.outcome == admission::Outcome::kAllowed);
  };
}
Work review_of(std::string body) {
  return
      [snapshot = std::make_shared<const Cluster>(100)->book.snapshot(), body = std::move(body)] {
        SEAWORTHY_CHECK(admission::review(body, *snapshot, kMoment).has_value());
      };
}
Work binding_reviewed() {
  return review_of(codec::to_json_text(binding_review(42)));
}
Work pod_reviewed() {
  return review_of(codec::to_json_text(pod_review(42)));
}

struct Path {
  const char* name;
  Work (*prepare)();
};
constexpr Path kPaths[] = {
    {"steady-appraisal", steady_appraisal},
    {"first-appraisal", first_appraisal},
    {"ima-of-10000-entries", ima_of_10000_entries},
    {"boot-log-of-100-events", boot_log_of_100_events},
    {"enrolment", enrolment},
    {"bind-decision", bind_decision},
    {"binding-reviewed", binding_reviewed},
    {"pod-reviewed", pod_reviewed},
};

}  // namespace

// hack/count names it to callgrind.
extern "C" [[gnu::noinline]] void measured(const Work& work) {
  work();
}

int main(int argc, char** argv) {
  for (const Path& path : kPaths) {
    if (argc < 2) {
      std::puts(path.name);
    } else if (std::strcmp(argv[1], path.name) == 0) {
      const Work work = path.prepare();
      work();  // what happens only once is not what is counted
      measured(work);
      return 0;
    }
  }
  return argc < 2 ? 0 : 2;
}
