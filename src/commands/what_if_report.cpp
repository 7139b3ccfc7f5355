#include "commands/what_if_report.h"

#include <algorithm>
#include <array>

namespace seaworthy::commands {
namespace {

using api::PolicyVerdict;
using api::Verdict;

constexpr std::size_t kWhyWidth = 90;
constexpr std::size_t kWhyWidthWide = 400;

const ReadPolicy* find(const Cluster& cluster, const std::string& policy) {
  const auto found = std::find_if(cluster.policies.begin(), cluster.policies.end(),
                                  [&](const ReadPolicy& p) { return p.name == policy; });
  return found == cluster.policies.end() ? nullptr : &*found;
}

bool selects(const ReadPolicy* policy, const api::Node& node) {
  return policy != nullptr && policy->selects(node);
}

// A node without a verdict so far has nothing to lose but its peace.
int badness(const std::optional<PolicyVerdict>& verdict) {
  if (!verdict || verdict->verdict == Verdict::kTrusted) {
    return 0;
  }
  return verdict->verdict == Verdict::kViolated ? 2 : 1;
}

// The answer in the names that people know.
PolicyVerdict as_known(PolicyVerdict verdict, const Plan& plan, const Trial& trial) {
  verdict.policy = PolicyName(trial.policy);
  for (const auto& [made_up, name] : plan.names) {
    verdict.message = replaced(std::move(verdict.message), made_up, name);
    for (api::FindingView& finding : verdict.findings) {
      finding.about = replaced(std::move(finding.about), made_up, name);
      finding.message = replaced(std::move(finding.message), made_up, name);
    }
  }
  return verdict;
}

Comparison compare_one(const Plan& plan, const Trial& trial, const Cluster& cluster,
                       const api::Node& node, const Answers& answers, Time now) {
  Comparison out{.node = node.meta.name, .policy = trial.policy, .now = {}, .then = {}, .why = ""};
  if (selects(find(cluster, trial.policy), node)) {
    out.now = verdict_now(cluster, out.node, trial.policy, now);
  }
  if (!trial.selects.matches(node.meta.labels)) {
    out.why = "the policy does not select it any more";
    out.change = out.now && out.now->verdict == Verdict::kTrusted ? Change::kWorse : Change::kSame;
    return out;
  }
  const auto answer = answers.find({trial.name(), out.node});
  if (answer == answers.end()) {
    const auto silent = why_silent(cluster, out.node, now);
    out.why = silent.value_or("no answer in time");
    out.change = silent ? Change::kSilent : Change::kUnanswered;
    return out;
  }
  out.then = as_known(answer->second, plan, trial);
  const int difference = badness(out.then) - badness(out.now);
  out.change = difference > 0 ? Change::kWorse : difference < 0 ? Change::kBetter : Change::kSame;
  return out;
}

std::string_view name(Change change) {
  switch (change) {
    case Change::kSame:
      return "Same";
    case Change::kBetter:
      return "Better";
    case Change::kWorse:
      return "Worse";
    case Change::kSilent:
      return "Silent";
    case Change::kUnanswered:
      return "Unanswered";
  }
  return "";
}

// "2 nodes stay Trusted, 1 becomes Violated"
std::string summary(const std::vector<Comparison>& comparisons, const std::string& policy) {
  struct Group {
    const char* one;
    const char* many;
    int count = 0;
  };
  std::array<Group, 6> groups{{{"stays Trusted", "stay Trusted"},
                               {"becomes Trusted", "become Trusted"},
                               {"becomes Violated", "become Violated"},
                               {"stays Violated", "stay Violated"},
                               {"is not selected any more", "are not selected any more"},
                               {"gives no answer", "give no answer"}}};
  for (const Comparison& c : comparisons) {
    if (c.policy != policy) {
      continue;
    }
    if (!c.then) {
      const bool lost = c.change == Change::kSame || c.change == Change::kWorse;
      ++groups.at(lost ? 4 : 5).count;
    } else if (c.then->verdict == Verdict::kTrusted) {
      ++groups.at(c.now && c.now->verdict == Verdict::kTrusted ? 0 : 1).count;
    } else {
      ++groups.at(c.now && c.now->verdict == Verdict::kViolated ? 3 : 2).count;
    }
  }
  std::string out;
  for (const Group& group : groups) {
    if (group.count > 0) {
      const std::string noun = !out.empty() ? "" : group.count == 1 ? "node " : "nodes ";
      out += (out.empty() ? "" : ", ") + std::to_string(group.count) + " " + noun +
             (group.count == 1 ? group.one : group.many);
    }
  }
  return out.empty() ? "it selects no node" : out;
}

std::string cell(const std::optional<PolicyVerdict>& verdict, Colour colour) {
  return verdict ? painted(verdict->verdict, colour) : "-";
}

codec::Json as_json(const Plan& plan, const std::vector<Comparison>& comparisons) {
  codec::Json out = {{"nodes", codec::Json::array()}, {"summary", codec::Json::array()}};
  const auto verdict_json = [](const std::optional<PolicyVerdict>& verdict) {
    return verdict ? codec::Json(api::name(verdict->verdict)) : codec::Json();
  };
  for (const Comparison& c : comparisons) {
    codec::Json findings = codec::Json::array();
    if (c.then) {
      for (const api::FindingView& finding : c.then->findings) {
        findings.push_back(api::to_json(finding));
      }
    }
    out["nodes"].push_back({{"node", c.node},
                            {"policy", c.policy},
                            {"now", verdict_json(c.now)},
                            {"then", verdict_json(c.then)},
                            {"change", name(c.change)},
                            {"why", c.then ? why(*c.then, kWhyWidthWide) : c.why},
                            {"findings", std::move(findings)}});
  }
  for (const Trial& trial : plan.trials) {
    out["summary"].push_back(
        {{"policy", trial.policy}, {"text", summary(comparisons, trial.policy)}});
  }
  return out;
}

}  // namespace

std::optional<std::string> why_silent(const Cluster& cluster, const std::string& node, Time now) {
  std::optional<std::string> out;
  for (const ReadPolicy& policy : cluster.policies) {
    if (policy.mode() == api::EnforcementMode::kDryRun || !policy.policy ||
        !policy.selects(cluster.nodes.at(node))) {
      continue;
    }
    const PolicyVerdict verdict = verdict_now(cluster, node, policy.name, now);
    if (verdict.verdict == Verdict::kTrusted || verdict.verdict == Verdict::kViolated) {
      return std::nullopt;
    }
    out = std::string(api::name(verdict.verdict)) + " under " + policy.name + ": " +
          verdict.reason + (verdict.message.empty() ? "" : ", " + verdict.message);
  }
  return out ? out : "no policy in force selects it, so it does not attest";
}

std::vector<Comparison> compare(const Plan& plan, const Cluster& cluster, const Answers& answers,
                                Time now) {
  std::vector<Comparison> out;
  for (const auto& [name, node] : cluster.nodes) {
    for (const Trial& trial : plan.trials) {
      if (trial.selects.matches(node.meta.labels) || selects(find(cluster, trial.policy), node)) {
        out.push_back(compare_one(plan, trial, cluster, node, answers, now));
      }
    }
  }
  return out;
}

Outcome outcome_of(const std::vector<Comparison>& comparisons) {
  const auto any = [&](Change change) {
    return std::any_of(comparisons.begin(), comparisons.end(),
                       [&](const Comparison& c) { return c.change == change; });
  };
  if (any(Change::kWorse)) {
    return Outcome::kSomebodyWorse;
  }
  const bool all_silent =
      !comparisons.empty() &&
      std::all_of(comparisons.begin(), comparisons.end(),
                  [](const Comparison& c) { return c.change == Change::kSilent; });
  return all_silent || any(Change::kUnanswered) ? Outcome::kUndecided : Outcome::kNobodyWorse;
}

std::string report(const Plan& plan, const std::vector<Comparison>& comparisons,
                   const Output& output) {
  if (output.for_programs()) {
    return as_document(as_json(plan, comparisons), output.format);
  }
  if (plan.trials.empty()) {
    return "Nothing changes for any node.\n";
  }
  const bool wide = output.format == Format::kWide;
  std::vector<std::vector<std::string>> rows{{"NODE", "POLICY", "NOW", "THEN", "WHY"}};
  std::string details;
  for (const Comparison& c : comparisons) {
    const std::size_t width = wide ? kWhyWidthWide : kWhyWidth;
    rows.push_back({c.node, c.policy, cell(c.now, output.colour), cell(c.then, output.colour),
                    c.then ? why(*c.then, width) : shortened(c.why, width)});
    const bool violated = c.then && c.then->verdict == Verdict::kViolated;
    if (violated && (wide || c.change == Change::kWorse)) {
      details += "\n" + bold(c.node, output.colour) + " under " + c.policy + " would be " +
                 painted(c.then->verdict, output.colour) + ":\n" + findings_text(*c.then);
    }
  }
  std::string out = (comparisons.empty() ? "" : table(rows)) + details;
  out += out.empty() ? "" : "\n";
  for (const Trial& trial : plan.trials) {
    out += trial.policy + ": " + summary(comparisons, trial.policy) + ".\n";
  }
  if (outcome_of(comparisons) == Outcome::kUndecided) {
    out += "As long as they do not answer, whether nobody changes for the worse is not known.\n";
  }
  return out;
}

}  // namespace seaworthy::commands
