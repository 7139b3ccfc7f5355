#include "commands/what_if.h"

#include <algorithm>
#include <set>

#include "api/what_if.h"
#include "kube/informer.h"
#include "token/ear.h"

namespace seaworthy::commands {
namespace {

using codec::Json;

constexpr std::chrono::milliseconds kLookAgain{500};
// As Kubernetes ends generated names: no vowels, so no words.
constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kIdSize = 5;
constexpr const char* kMissing = "ReferenceValuesMissing";

std::string new_id(Random& random) {
  std::string out;
  for (const std::uint8_t byte : random.bytes(kIdSize)) {
    out += kAlphabet[byte % kAlphabet.size()];
  }
  return out;
}

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

class Question {
 public:
  Question(const Surroundings& around, const WhatIf& asked)
      : around_(around), asked_(asked), id_(new_id(around.random)) {}

  Result<void> prepare();
  Result<void> make();
  Result<void> wait();
  Result<WhatIfAnswer> answer(const Output& output) const;
  void finish(Afterwards afterwards) const;
  bool changes_nothing() const { return plan_.trials.empty(); }

 private:
  kube::Call call() const {
    return kube::call_within(around_.clock, around_.call_time, around_.stop);
  }
  Result<Json> tried(const Manifest& manifest, const kube::Resource& resource, std::size_t max_name,
                     std::size_t number) const;
  Result<std::map<std::string, Json>> changed_sets(const Manifests& manifests) const;
  Result<std::vector<Candidate>> candidates(const Manifests& manifests,
                                            const std::map<std::string, Json>& sets) const;
  std::set<std::pair<std::string, std::string>> expected() const;
  void take_answers(const kube::Informer<api::NodeAttestation>& records);

  const Surroundings& around_;
  const WhatIf& asked_;
  const std::string id_;
  Cluster before_;
  Plan plan_;
  Answers answers_;
};

// What the API server makes of it under a name of ours; an error names the file.
Result<Json> Question::tried(const Manifest& manifest, const kube::Resource& resource,
                             std::size_t max_name, std::size_t number) const {
  const std::string name = trial_name(id_, manifest.name(), max_name, number);
  auto made = around_.client.try_create(resource, renamed(manifest.object, name), call());
  if (!made) {
    return Error(made.error().code(),
                 manifest.where + ": " + replaced(made.error().message(), name, manifest.name()));
  }
  return made;
}

// Sets that the cluster has just so are not changed: policies that name them are not concerned, and
// what is known of them (that they were retired, say) goes on to count.
Result<std::map<std::string, Json>> Question::changed_sets(const Manifests& manifests) const {
  std::map<std::string, Json> out;
  for (const Manifest& set : manifests.sets) {
    const Json made = TRY(tried(set, kube::kReferenceValueSets, kMaxSetName, out.size()));
    auto live =
        around_.client.get(kube::kReferenceValueSets, kube::cluster_key(set.name()), call());
    if (!live && live.error().code() != ErrorCode::kNotFound) {
      return std::move(live).error();
    }
    if (!live || live->value("spec", Json()) != made.value("spec", Json())) {
      out.emplace(set.name(), set.object);
    }
  }
  return out;
}

// The policies of the files, and those in force in the cluster that name a set which changes.
Result<std::vector<Candidate>> Question::candidates(const Manifests& manifests,
                                                    const std::map<std::string, Json>& sets) const {
  std::vector<Candidate> out;
  std::set<std::string> in_files;
  for (const Manifest& policy : manifests.policies) {
    Json made = TRY(tried(policy, kube::kAttestationPolicies, api::kMaxPolicyName, out.size()));
    made["metadata"]["name"] = policy.name();
    auto parsed = api::parse_policy(made);
    if (!parsed) {
      return std::move(parsed).error().in(policy.where);
    }
    out.push_back({*std::move(parsed), policy.object});
    in_files.insert(policy.name());
  }
  for (const Json& policy :
       TRY(kube::list_all(around_.client, kube::kAttestationPolicies, {}, call()))) {
    const auto names = sets_of(policy);
    const bool concerned = std::any_of(
        names.begin(), names.end(), [&](const std::string& name) { return sets.contains(name); });
    // One that cannot be read trusts nobody, now and then.
    if (auto parsed = api::parse_policy(policy);
        concerned && parsed && !parsed->dry_run() && !in_files.contains(parsed->meta.name)) {
      out.push_back({*std::move(parsed), policy});
    }
  }
  return out;
}

Result<void> Question::prepare() {
  const Manifests manifests = TRY(read_manifests(asked_.files));
  if (manifests.policies.empty() && manifests.sets.empty()) {
    return malformed("the files have neither an AttestationPolicy nor a ReferenceValueSet");
  }
  for (const std::string& other : manifests.others) {
    around_.tell(other + " is not judged: only AttestationPolicies and ReferenceValueSets are");
  }
  before_ = TRY(read_cluster(around_.client, call()));
  const auto sets = TRY(changed_sets(manifests));
  plan_ = make_plan(id_, TRY(candidates(manifests, sets)), sets);
  for (const Manifest& set : manifests.sets) {
    const bool tried = std::any_of(plan_.names.begin(), plan_.names.end(),
                                   [&](const auto& name) { return name.second == set.name(); });
    if (!tried) {
      around_.tell(set.where + ": ReferenceValueSet " + set.name() +
                   (sets.contains(set.name()) ? " is named by no policy: nothing changes with it"
                                              : " is in the cluster as it is: nothing changes"));
    }
  }
  if (plan_.trials.size() > token::kMaxPoliciesPerEar) {
    return malformed(counted(plan_.trials.size(), "policy", "policies") +
                     " would have to be judged; at most " +
                     std::to_string(token::kMaxPoliciesPerEar) + " can be at once");
  }
  if (!changes_nothing()) {
    around_.tell("trying " + counted(plan_.trials.size(), "policy", "policies") + " and " +
                 counted(plan_.sets.size(), "changed set", "changed sets") + ": " +
                 api::kWhatIfLabel + "=" + id_);
  }
  return {};
}

// Dry runs that select nobody, then the sets, which they own, and then whom they are about: no node
// is judged by a policy whose sets are not there yet.
Result<void> Question::make() {
  Json owners = Json::array();
  for (const Trial& trial : plan_.trials) {
    const Json made = TRY(around_.client.create(kube::kAttestationPolicies, trial.dry_run, call()));
    owners.push_back(api::to_json(api::OwnerReference{api::kGroupVersion, "AttestationPolicy",
                                                      trial.name(), kube::uid_of(made)}));
  }
  for (const auto& [unused, set] : plan_.sets) {
    Json owned = set;
    owned["metadata"]["ownerReferences"] = owners;
    TRY(around_.client.create(kube::kReferenceValueSets, owned, call()));
  }
  for (const Trial& trial : plan_.trials) {
    const Json select =
        Json::array({{{"op", "add"}, {"path", "/spec/nodes"}, {"value", trial.nodes}}});
    TRY(around_.client.patch(kube::kAttestationPolicies, kube::cluster_key(trial.name()),
                             kube::PatchType::kJson, select, {}, call()));
  }
  return {};
}

// Dry run and node, of those from whom evidence is to be expected.
std::set<std::pair<std::string, std::string>> Question::expected() const {
  std::set<std::pair<std::string, std::string>> out;
  for (const auto& [name, node] : before_.nodes) {
    if (why_silent(before_, name, around_.clock.now())) {
      continue;
    }
    for (const Trial& trial : plan_.trials) {
      if (trial.selects.matches(node.meta.labels)) {
        out.emplace(trial.name(), name);
      }
    }
  }
  return out;
}

void Question::take_answers(const kube::Informer<api::NodeAttestation>& records) {
  const auto is_ours = [&](const api::FindingView& finding) {
    return finding.reason == kMissing && plan_.sets.contains(finding.about);
  };
  for (const auto& [key, record] : *records.snapshot()) {
    if (!record->value) {
      continue;
    }
    for (const api::PolicyVerdict& verdict : record->value->verdicts) {
      // A set of ours that the verifier misses is on its way to it.
      if ((verdict.verdict == api::Verdict::kTrusted ||
           verdict.verdict == api::Verdict::kViolated) &&
          std::none_of(verdict.findings.begin(), verdict.findings.end(), is_ours)) {
        answers_[{verdict.policy.str(), key.name}] = verdict;
      }
    }
  }
}

Result<void> Question::wait() {
  kube::Informer<api::NodeAttestation> records(around_.client, kube::kNodeAttestations, {},
                                               api::parse_node_attestation, around_.clock,
                                               around_.random);
  records.start();
  const auto awaited = expected();
  const Deadline deadline = around_.clock.monotonic() + asked_.timeout;
  std::size_t told = awaited.size() + 1;
  while (!around_.stop.stop_requested()) {
    take_answers(records);
    const auto missing = static_cast<std::size_t>(
        std::count_if(awaited.begin(), awaited.end(),
                      [&](const auto& whom) { return !answers_.contains(whom); }));
    if (missing != told) {
      around_.tell(counted(awaited.size() - missing, "verdict", "verdicts") + " of " +
                   std::to_string(awaited.size()));
      told = missing;
    }
    if (missing == 0) {
      return {};
    }
    if (around_.clock.monotonic() >= deadline) {
      return records.has_synced() ? Result<void>()
                                  : unavailable("cannot follow the nodes' verdicts: " +
                                                records.last_error().value_or("no answer yet"));
    }
    around_.sleep(kLookAgain, around_.stop);
  }
  return Error(ErrorCode::kCancelled, "stopped");
}

Result<WhatIfAnswer> Question::answer(const Output& output) const {
  const Cluster now = TRY(read_cluster(around_.client, call()));
  const auto comparisons = compare(plan_, now, answers_, around_.clock.now());
  return WhatIfAnswer{report(plan_, comparisons, output), outcome_of(comparisons)};
}

// Removed by name: also what may have been made by a call whose answer did not come. The sets go
// with their owners.
void Question::finish(Afterwards afterwards) const {
  if (afterwards == Afterwards::kKeep) {
    around_.tell(std::string("kept, for an hour at most: kubectl get atp,rvs -l ") +
                 api::kWhatIfLabel + "=" + id_);
    return;
  }
  const kube::Call unstoppable = kube::call_within(around_.clock, around_.call_time, {});
  for (const Trial& trial : plan_.trials) {
    const auto done = around_.client.delete_(kube::kAttestationPolicies,
                                             kube::cluster_key(trial.name()), {}, unstoppable);
    if (!done && done.error().code() != ErrorCode::kNotFound) {
      around_.tell("cannot remove AttestationPolicy " + trial.name() +
                   ", which the operator does within the hour: " + done.error().message());
    }
  }
}

}  // namespace

Result<WhatIfAnswer> what_if(const Surroundings& around, const WhatIf& question,
                             const Output& output) {
  Question asked(around, question);
  TRY(asked.prepare());
  if (asked.changes_nothing()) {
    return asked.answer(output);
  }
  const auto ask = [&]() -> Result<WhatIfAnswer> {
    TRY(asked.make());
    TRY(asked.wait());
    return asked.answer(output);
  };
  auto answer = ask();
  asked.finish(answer ? question.afterwards : Afterwards::kRemove);
  return answer;
}

}  // namespace seaworthy::commands
