// What admission knows at one moment: which policies govern which namespaces, which Nodes there
// are, and what verifiers signed about them. Immutable: decisions read one Snapshot, changes make
// another that shares what did not change.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/policy.h"
#include "api/verdict.h"
#include "base/strong.h"
#include "base/time.h"
#include "token/ear.h"

namespace seaworthy::admission {

// A policy as far as admission needs it.
struct PolicyView {
  PolicyName name;
  std::string uid;
  std::vector<Namespace> namespaces;
  // Enforce if the policy does not parse: it governs what can be read of its namespaces, and
  // nothing there can satisfy it.
  api::EnforcementMode mode = api::EnforcementMode::kEnforce;
  std::string broken;  // why it does not parse; empty: it does
  bool operator==(const PolicyView&) const = default;

  // Never fails: what is not a policy at all governs nothing.
  static PolicyView of(const codec::Json& object);
};

// One policy's verdict in a signed result.
struct VerdictView {
  PolicyName policy;
  std::string policy_uid;
  api::Verdict verdict = api::Verdict::kUnknown;
  Time expires;
  std::vector<api::FindingView> findings;  // the first few, for messages
  bool operator==(const VerdictView&) const = default;
};

// A signed result that was verified. Whether it is still to be believed is decided per request:
// Node UID, key and times change without it.
struct ResultView {
  static ResultView of(const token::VerifiedEar& ear);

  std::string verifier;
  std::string key_id;
  NodeUid node_uid;
  Time expires;
  std::vector<VerdictView> verdicts;
  bool operator==(const ResultView&) const = default;
};

// What is known of one node name. There need not be a Node for there to be results, nor the other
// way round.
struct NodeView {
  NodeUid uid;  // of the Node now; empty: there is none
  std::vector<ResultView> results;
  std::string refused;  // why a result was refused; empty: none was
};

// A key of a verifier as published now.
struct KeyView {
  std::string verifier;
  Time not_after;
  bool operator==(const KeyView&) const = default;
};

class Snapshot {
 public:
  using Policies = std::vector<std::shared_ptr<const PolicyView>>;
  using Keys = std::map<std::string, KeyView, std::less<>>;

  Snapshot();

  // The policies that govern a namespace; empty: none.
  const Policies& governing(const Namespace& name) const;
  // Null if there is neither a Node nor a result.
  const NodeView* find_node(const NodeName& name) const;
  // Null if there is no such key.
  const KeyView* find_key(std::string_view key_id) const;

  std::size_t node_count() const;
  std::size_t policy_count() const { return index_->policies.size(); }

  // Changed copies. They cost a copy of one 256th of the nodes, or of the policies.
  Snapshot with_policy(PolicyView policy) const;
  Snapshot without_policy(const PolicyName& name) const;
  Snapshot with_node(const NodeName& name, NodeUid uid) const;  // empty: the Node is gone
  Snapshot with_results(const NodeName& name, std::vector<ResultView> results,
                        std::string refused) const;
  Snapshot with_keys(Keys keys) const;

 private:
  struct PolicyIndex {
    std::map<PolicyName, std::shared_ptr<const PolicyView>> policies;
    std::unordered_map<Namespace, Policies> governing;
  };
  using Shard = std::unordered_map<NodeName, std::shared_ptr<const NodeView>>;
  static constexpr std::size_t kShards = 256;

  static std::shared_ptr<const PolicyIndex> index_of(
      std::map<PolicyName, std::shared_ptr<const PolicyView>> policies);
  Snapshot with_node_changed(const NodeName& name,
                             const std::function<void(NodeView&)>& change) const;

  std::shared_ptr<const PolicyIndex> index_;
  std::shared_ptr<const Keys> keys_;
  std::array<std::shared_ptr<const Shard>, kShards> shards_;
};

}  // namespace seaworthy::admission
