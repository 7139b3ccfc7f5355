#include "commands/explain.h"

namespace seaworthy::commands {
namespace {

std::string line(const std::string& label, const std::string& value) {
  std::string out = label + ":";
  out.append(out.size() < 18 ? 18 - out.size() : 1, ' ');
  return out + (value.empty() ? "-" : value) + "\n";
}

// status.identity.endorsedBy with what it means (configuration.md).
std::string vouched_for_by(const std::string& endorsed_by) {
  if (endorsed_by == "EndorsementKeyCertificate") {
    return "its maker (certificate of the endorsement key)";
  }
  if (endorsed_by == "AttestationKeyCertificate") {
    return "the cloud that runs it (certificate of the attestation key): trust in this node "
           "includes its hypervisor";
  }
  if (endorsed_by == "Pin") {
    return "whoever pinned its key (spec.ekHash); there is no certificate";
  }
  return endorsed_by;
}

std::string verdict_text(const ReadPolicy& policy, const api::PolicyVerdict& verdict,
                         const Output& output, Time now) {
  std::string out =
      "  " + bold(policy.shown(), output.colour) + ": " + painted(verdict.verdict, output.colour);
  if (verdict.since != Time()) {
    out += ", since " + distance(now - verdict.since);
  }
  if (verdict.expires && *verdict.expires > now) {
    out += ", good for " + distance(*verdict.expires - now) + " without new evidence";
  }
  out += "\n";
  if (verdict.findings.empty() && verdict.verdict != api::Verdict::kTrusted) {
    out += "    " + verdict.reason + ": " + verdict.message + "\n";
  }
  return out + findings_text(verdict);
}

std::string joined(const std::vector<Namespace>& names) {
  std::string out;
  for (const Namespace& name : names) {
    out += (out.empty() ? "" : ", ") + name.str();
  }
  return out;
}

// One line per node: what would become of a pod of the governed namespace there.
std::string places(const Cluster& cluster, const std::vector<const ReadPolicy*>& governing,
                   Time now, codec::Json& json) {
  std::vector<std::vector<std::string>> rows{{"NODE", "MAY RUN", "WHY"}};
  for (const auto& [name, node] : cluster.nodes) {
    std::string why;
    for (const ReadPolicy* policy : governing) {
      const api::PolicyVerdict verdict = verdict_now(cluster, name, policy->name, now);
      if (!policy->selects(node)) {
        why += (why.empty() ? "" : "; ") + policy->name + " does not select this node";
      } else if (verdict.verdict != api::Verdict::kTrusted) {
        why += (why.empty() ? "" : "; ") + policy->name + ": " +
               std::string(api::name(verdict.verdict)) + ", " + verdict.reason;
      }
    }
    json.push_back({{"node", name}, {"mayRun", why.empty()}, {"why", why}});
    rows.push_back({name, why.empty() ? "yes" : "no", shortened(why, 100)});
  }
  return table(rows);
}

}  // namespace

Result<std::string> explain_node(const Cluster& cluster, const std::string& node,
                                 const Output& output, Time now) {
  const auto found_node = cluster.nodes.find(node);
  const auto found = cluster.attestations.find(node);
  if (found_node == cluster.nodes.end() && found == cluster.attestations.end()) {
    return not_found("there is neither a node nor a nodeattestation '" + node + "'");
  }
  codec::Json json = {{"node", node}, {"policies", codec::Json::array()}};
  std::string out = line("Node", node);
  if (found_node != cluster.nodes.end()) {
    json["uid"] = found_node->second.meta.uid;
    out += line("Node UID", found_node->second.meta.uid);
  }
  if (found == cluster.attestations.end()) {
    out += line("Enrolled", "no: no agent on this node has spoken to the operator yet");
  } else {
    const api::NodeAttestation& a = found->second;
    json["ekHash"] = a.ek_hash;
    out += line("Pinned EK", a.ek_hash);
    if (a.identity) {
      out += line("TPM", a.identity->manufacturer + " " + a.identity->model + ", firmware " +
                             a.identity->firmware);
      json["endorsedBy"] = a.identity->endorsed_by;
      out += line("Vouched for by", vouched_for_by(a.identity->endorsed_by));
      out += line("AK name", a.identity->ak_name);
      out += line("Enrolled", a.identity->enrolled.rfc3339());
      if (found_node != cluster.nodes.end() &&
          a.identity->node_uid.str() != found_node->second.meta.uid) {
        out += line("Attention", "enrolled for an earlier Node of this name, UID " +
                                     a.identity->node_uid.str() + ": not trusted");
      }
    }
    if (a.pending) {
      json["pending"] = a.pending->ek_hash;
      out += line("Waits for", "approval of TPM " + a.pending->ek_hash +
                                   " (kubectl seaworthy approve " + node + ")");
    }
    if (a.boot) {
      json["boot"] = {{"secureBoot", a.boot->secure_boot},
                      {"kernelCommandLine", a.boot->kernel_command_line}};
      out += line("Secure Boot", a.boot->secure_boot);
      out += line("Command line", a.boot->kernel_command_line);
      out += line("Boot log", "sha256 " + a.boot->boot_log_digest);
      out += line("TPM resets", std::to_string(a.boot->reset_count));
    }
    for (const api::Condition& condition : a.conditions) {
      const std::string status = condition.status == api::ConditionStatus::kTrue    ? "True"
                                 : condition.status == api::ConditionStatus::kFalse ? "False"
                                                                                    : "Unknown";
      out += line(condition.type, status + ", " + condition.reason +
                                      (condition.message.empty() ? "" : ": " + condition.message));
    }
  }
  out += "\nVerdicts:\n";
  std::vector<Namespace> open;
  bool any = false;
  for (const ReadPolicy& policy : cluster.policies) {
    if (found_node != cluster.nodes.end() && !policy.selects(found_node->second)) {
      continue;
    }
    any = true;
    const api::PolicyVerdict verdict = verdict_now(cluster, node, policy.name, now);
    json["policies"].push_back(api::to_json(verdict));
    json["policies"].back()["mode"] = api::name(policy.mode());
    out += verdict_text(policy, verdict, output, now);
    if (verdict.verdict == api::Verdict::kTrusted) {
      open.insert(open.end(), policy.namespaces.begin(), policy.namespaces.end());
    }
  }
  if (!any) {
    out += "  no policy selects this node\n";
  }
  out +=
      "\nGoverned namespaces that may run here: " + (open.empty() ? "none" : joined(open)) + "\n";
  return output.for_programs() ? as_document(json, output.format) : out;
}

Result<std::string> explain_namespace(const Cluster& cluster, const std::string& name,
                                      const Output& output, Time now) {
  const auto governing = cluster.governing(Namespace(name));
  codec::Json json = {
      {"namespace", name}, {"policies", codec::Json::array()}, {"nodes", codec::Json::array()}};
  if (governing.empty()) {
    const std::string text = "Namespace " + name +
                             " is not governed: no AttestationPolicy names it in "
                             "spec.workloads.namespaces. Its pods run on any node.\n";
    return output.for_programs() ? as_document(json, output.format) : text;
  }
  std::string out = "Namespace " + name + " is governed by:\n";
  for (const ReadPolicy* policy : governing) {
    json["policies"].push_back(policy->name);
    out += "  " + bold(policy->name, output.colour) + " (" +
           std::string(api::name(policy->mode())) + ")";
    out += policy->policy ? "\n"
                          : ": cannot be honoured, so nothing is admitted: " +
                                policy->policy.error().message() + "\n";
  }
  out += "\n" + places(cluster, governing, now, json["nodes"]);
  return output.for_programs() ? as_document(json, output.format) : out;
}

Result<std::string> explain_pod(const Cluster& cluster, const codec::Json& pod,
                                const Output& output, Time now) {
  codec::Fields fields = TRY(codec::Fields::of(pod, "pod"));
  const api::ObjectMeta meta = TRY(api::parse_meta(fields));
  codec::Fields spec = TRY(fields.object("spec"));
  const std::string node = TRY(spec.maybe_text("nodeName", 253)).value_or("");
  const auto governing = cluster.governing(Namespace(meta.namespace_));

  codec::Json json = {{"pod", meta.namespace_ + "/" + meta.name},
                      {"node", node},
                      {"policies", codec::Json::array()},
                      {"nodes", codec::Json::array()}};
  std::string out = "Pod " + meta.namespace_ + "/" + meta.name +
                    (node.empty() ? " is not bound to a node yet" : " is bound to " + node) + ".\n";
  if (auto pod_status = TRY(fields.maybe_object("status"))) {
    for (const api::Condition& condition : TRY(api::parse_conditions(*pod_status))) {
      if (condition.type == "PodScheduled" && condition.status != api::ConditionStatus::kTrue) {
        out += "The scheduler says: " + condition.message + "\n";
      }
    }
    const std::string phase = TRY(pod_status->maybe_text("phase", 64)).value_or("");
    const std::string reason = TRY(pod_status->maybe_text("reason", 256)).value_or("");
    if (phase == "Failed" && reason == "NodeAffinity") {
      out += "The kubelet refused it: the node does not carry the label of the class.\n";
    }
  }
  if (governing.empty()) {
    out += "Its namespace is not governed by any AttestationPolicy.\n";
    return output.for_programs() ? as_document(json, output.format) : out;
  }
  for (const ReadPolicy* policy : governing) {
    json["policies"].push_back(policy->name);
    out += "Its namespace is governed by " + bold(policy->name, output.colour) + " (" +
           std::string(api::name(policy->mode())) + ").\n";
    if (!node.empty()) {
      out += verdict_text(*policy, verdict_now(cluster, node, policy->name, now), output, now);
    }
  }
  out += "\n" + places(cluster, governing, now, json["nodes"]);
  return output.for_programs() ? as_document(json, output.format) : out;
}

}  // namespace seaworthy::commands
