#include "commands/status.h"

#include <algorithm>

namespace seaworthy::commands {
namespace {

std::string since_text(const api::PolicyVerdict& verdict, Time now) {
  return verdict.since == Time() ? "-" : distance(now - verdict.since) + " ago";
}

std::string expires_text(const api::PolicyVerdict& verdict, Time now) {
  if (!verdict.expires || *verdict.expires <= now) {
    return "-";
  }
  return "in " + distance(*verdict.expires - now);
}

std::vector<std::string> wide_columns(const Cluster& cluster, const std::string& node) {
  const auto found = cluster.attestations.find(node);
  if (found == cluster.attestations.end()) {
    return {"-", "-", "-"};
  }
  const api::NodeAttestation& a = found->second;
  return {a.boot ? a.boot->secure_boot : "-",
          a.identity ? a.identity->manufacturer + " " + a.identity->firmware : "-",
          a.identity ? shortened(a.identity->ek_hash, 20) : "-"};
}

codec::Json verdict_json(const ReadPolicy& policy, const api::PolicyVerdict& verdict) {
  codec::Json json = api::to_json(verdict);
  json["mode"] = api::name(policy.mode());
  if (verdict.since == Time()) {
    json.erase("since");
  }
  return json;
}

std::vector<const ReadPolicy*> policies_for(const Cluster& cluster, const api::Node& node,
                                            const StatusFilter& filter) {
  std::vector<const ReadPolicy*> out;
  for (const ReadPolicy& policy : cluster.policies) {
    if (policy.selects(node) && (filter.policy.empty() || filter.policy == policy.name)) {
      out.push_back(&policy);
    }
  }
  return out;
}

Result<void> check(const Cluster& cluster, const StatusFilter& filter) {
  if (!filter.node.empty() && !cluster.nodes.contains(filter.node)) {
    return not_found("there is no node '" + filter.node + "'");
  }
  const bool known = std::any_of(cluster.policies.begin(), cluster.policies.end(),
                                 [&](const ReadPolicy& p) { return p.name == filter.policy; });
  if (!filter.policy.empty() && !known) {
    return not_found("there is no attestationpolicy '" + filter.policy + "'");
  }
  return {};
}

}  // namespace

Result<std::string> status(const Cluster& cluster, const StatusFilter& filter, const Output& output,
                           Time now) {
  TRY(check(cluster, filter));
  const bool wide = output.format == Format::kWide;
  std::vector<std::string> head{"NODE", "POLICY", "VERDICT", "SINCE", "EXPIRES"};
  if (wide) {
    head.insert(head.end(), {"SECURE-BOOT", "TPM", "EK"});
  }
  head.emplace_back("WHY");
  std::vector<std::vector<std::string>> rows{head};
  codec::Json json_nodes = codec::Json::array();

  for (const auto& [name, node] : cluster.nodes) {
    if (!filter.node.empty() && filter.node != name) {
      continue;
    }
    codec::Json json_policies = codec::Json::array();
    const auto policies = policies_for(cluster, node, filter);
    if (policies.empty() && filter.policy.empty()) {
      std::vector<std::string> row{name, "-", "-", "-", "-"};
      if (wide) {
        row.insert(row.end(), {"-", "-", "-"});
      }
      row.emplace_back("no policy selects this node");
      rows.push_back(std::move(row));
    }
    for (const ReadPolicy* policy : policies) {
      const api::PolicyVerdict verdict = verdict_now(cluster, name, policy->name, now);
      json_policies.push_back(verdict_json(*policy, verdict));
      std::vector<std::string> row{name, policy->shown(), painted(verdict.verdict, output.colour),
                                   since_text(verdict, now), expires_text(verdict, now)};
      if (wide) {
        const auto more = wide_columns(cluster, name);
        row.insert(row.end(), more.begin(), more.end());
      }
      row.push_back(why(verdict, wide ? 400 : 90));
      rows.push_back(std::move(row));
    }
    json_nodes.push_back({{"node", name}, {"uid", node.meta.uid}, {"policies", json_policies}});
  }
  if (output.for_programs()) {
    return as_document({{"nodes", json_nodes}}, output.format);
  }
  if (cluster.policies.empty()) {
    return std::string(
        "No AttestationPolicy exists, so nothing is attested and nothing is governed.\n"
        "Start with: kubectl explain attestationpolicy.spec\n");
  }
  return table(rows);
}

}  // namespace seaworthy::commands
