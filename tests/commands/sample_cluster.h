// A cluster of three nodes in three states, for the tests of commands.
#pragma once

#include "commands/cluster.h"

namespace seaworthy::commands {

inline const Time kNow = Time::from_unix(seconds(1'800'000'000));

inline api::PolicyVerdict verdict(api::Verdict v, std::string reason, Time expires) {
  api::PolicyVerdict out;
  out.policy = PolicyName("production");
  out.verdict = v;
  out.reason = std::move(reason);
  out.since = kNow - std::chrono::minutes(3);
  out.expires = expires;
  return out;
}

inline Cluster sample_cluster() {
  Cluster cluster;
  api::AttestationPolicy policy;
  policy.meta.name = "production";
  cluster.policies.push_back({"production", policy, {Namespace("payments")}});
  for (const char* name : {"worker1", "worker2", "worker3"}) {
    api::Node node;
    node.meta.name = name;
    node.meta.uid = std::string("uid-") + name;
    cluster.nodes.emplace(name, node);
  }
  api::NodeAttestation good;
  good.meta.name = "worker1";
  good.verdicts = {verdict(api::Verdict::kTrusted, "Appraised", kNow + seconds(100))};
  cluster.attestations.emplace("worker1", good);
  api::NodeAttestation bad;
  bad.meta.name = "worker2";
  bad.verdicts = {verdict(api::Verdict::kViolated, "SecureBootOff", kNow + seconds(100))};
  bad.verdicts[0].findings = {{"SecureBootOff", "PCR 7", "Secure Boot is off: turn it on."},
                              {"ApplicationNotInReferenceValues", "kernel", "Another kernel."}};
  cluster.attestations.emplace("worker2", bad);
  return cluster;
}

}  // namespace seaworthy::commands
