// kubectl seaworthy whatif, last part: what would change, and for whom. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/cluster.h"
#include "commands/output.h"
#include "commands/what_if_plan.h"

namespace seaworthy::commands {

// Verdicts under dry runs, by the dry run's name and the node's. Trusted or Violated.
using Answers = std::map<std::pair<std::string, std::string>, api::PolicyVerdict>;

// Why no evidence of the node is to be waited for: it is not enrolled, or has stopped to send any.
// nullopt: some policy in force has a verdict about it that holds.
std::optional<std::string> why_silent(const Cluster& cluster, const std::string& node, Time now);

enum class Change : std::uint8_t {
  kSame,
  kBetter,
  kWorse,       // Violated and was not; or it loses a class that it holds
  kSilent,      // no answer, and none was to be expected
  kUnanswered,  // no answer, though others have a verdict about the node
};
struct Comparison {
  std::string node;
  std::string policy;
  std::optional<api::PolicyVerdict> now;  // nullopt: the policy is new, or does not select the node
  std::optional<api::PolicyVerdict> then;  // nullopt: see `why`
  std::string why;
  Change change = Change::kSame;
};
// Of each policy of the plan with each node that it selects, or would.
std::vector<Comparison> compare(const Plan& plan, const Cluster& cluster, const Answers& answers,
                                Time now);

enum class Outcome : std::uint8_t {
  kNobodyWorse,
  kSomebodyWorse,
  kUndecided,  // nobody as far as is known, and somebody has not answered
};
Outcome outcome_of(const std::vector<Comparison>& comparisons);

// Table, findings of those that change for the worse (wide: of all that would be Violated), and a
// sentence per policy. JSON: {"nodes":[{"node","policy","now","then","change","why","findings":
// [{"reason","about","message"}]}],"summary":[{"policy","text"}]}; now and then are null if there
// is none.
std::string report(const Plan& plan, const std::vector<Comparison>& comparisons,
                   const Output& output);

}  // namespace seaworthy::commands
