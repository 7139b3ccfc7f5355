// Puts one policy into force and says in its status how it stands.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "api/policy.h"
#include "base/result.h"
#include "base/time.h"
#include "controller/caches.h"
#include "controller/generated.h"
#include "controller/judgement.h"
#include "controller/metrics.h"
#include "controller/owned.h"
#include "controller/requeue.h"
#include "kube/events.h"

namespace seaworthy::controller {

inline constexpr const char* kConditionReady = "Ready";
// Reasons of Ready.
inline constexpr const char* kReady = "Ready";
inline constexpr const char* kDryRun = "DryRun";  // all is well, and nothing follows
inline constexpr const char* kInvalidSpec = "InvalidSpec";
inline constexpr const char* kReferenceValueSetNotFound = "ReferenceValueSetNotFound";
inline constexpr const char* kReferenceValueSetInvalid = "ReferenceValueSetInvalid";
inline constexpr const char* kTrustAnchorNotFound = "TrustAnchorNotFound";
inline constexpr const char* kCertificateMissing = "CertificateMissing";

// A reference value set as far as a policy's readiness depends on it.
enum class SetState : std::uint8_t { kInvalid, kFilesOnly, kDescribesBoot };

struct PolicyInputs {
  Result<api::AttestationPolicy> policy;  // or why it does not parse
  codec::Json raw = {};
  struct NodeView {
    NodeName name = {};
    NodeUid uid = {};
    std::map<std::string, std::string> labels = {};
    std::shared_ptr<const Ears> ears = {};          // null: no results
    std::optional<api::PolicyVerdict> before = {};  // in status, of this very Node
  };
  std::vector<NodeView> nodes = {};
  std::map<std::string, SetState> sets = {};
  std::map<std::string, std::vector<std::string>> config_map_keys = {};  // name → keys
  std::string ca_bundle_pem = {};
  std::shared_ptr<const VerifierKeys> keys = {};
};

struct PolicyDecision {
  PolicyInForce in_force;
  ClassMembers members;
  api::NodeCounts counts;
  api::Condition ready;
  bool abandoned = false;  // a what-if that nobody removed: it goes
  std::optional<Time> next_check;
};

// Why a node that is not Trusted does not hold the class, for somebody whose pod is refused: the
// verdict and the first finding in one line, which is all that admission shows, ≤ 400 bytes.
std::string refusal(const api::PolicyVerdict& verdict);

// Pure. A policy that does not parse is in force as far as it can be read: what it governs stays
// governed, and no node holds its class.
PolicyDecision decide(const PolicyInputs& in, Time now);

class PolicyReconciler {
 public:
  struct Options {
    WebhookAddress webhook;  // its CA bundle is taken from the ConfigMap
    bool steering_supported = true;
  };
  PolicyReconciler(kube::Client& client, const Caches& caches, EarCache& ears, OwnedObjects& owned,
                   kube::EventRecorder& events, Metrics& metrics, Options options,
                   const Clock& clock);

  Result<Requeue> reconcile(const PolicyName& name, std::stop_token stop);

 private:
  std::optional<PolicyInputs> gather(const PolicyName& name) const;
  Result<void> apply(const PolicyInputs& in, const PolicyDecision& decision, std::stop_token stop);
  Result<void> write_status(const PolicyInputs& in, const PolicyDecision& decision,
                            const kube::Call& call);
  Result<void> remove_abandoned(const PolicyInputs& in, std::stop_token stop);
  Result<void> remove_all(const PolicyName& name, std::stop_token stop);
  kube::Call call(std::stop_token stop) const {
    return kube::call_within(clock_, kube::kUsualCallTime, std::move(stop));
  }

  kube::Client& client_;
  const Caches& caches_;
  EarCache& ears_;
  OwnedObjects& owned_;
  kube::EventRecorder& events_;
  Metrics& metrics_;
  Options options_;
  const Clock& clock_;
};

}  // namespace seaworthy::controller
