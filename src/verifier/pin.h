// Whose TPM is this? One EK ↔ one AK ↔ one Node UID (R23). Pure.
// Attacks.
#pragma once

#include <string>
#include <vector>

#include "api/attestation.h"
#include "api/policy.h"
#include "verifier/view.h"

namespace seaworthy::verifier {

struct PinQuestion {
  NodeName node;
  NodeUid node_uid;
  std::string ek_hash;
  std::string ak_name;  // hexadecimal
  const api::NodeAttestation& record;
  api::EnrolmentRule rule = api::EnrolmentRule::kInventory;
  std::vector<NodeName> others;  // nodes whose records claim this EK or this AK too
};

struct PinDecision {
  enum class Kind : std::uint8_t {
    kKeep,    // pinned to this TPM already: enrolled
    kPin,     // not pinned, and the rule allows it: pin, then enrolled
    kWait,    // a person has to decide: PendingApproval or NotInInventory
    kRefuse,  // contradicts what is pinned: an alarm, and nothing changes
  };
  Kind kind = Kind::kRefuse;
  std::string reason;   // stable CamelCase
  std::string message;  // what to do
  std::vector<NodeName> also_alarm;
};

PinDecision decide_pin(const PinQuestion& question);

// The strictest of the policies: Inventory, then Manual, then CertifiedTPM.
api::EnrolmentRule strictest_rule(const PolicyViews& policies);

}  // namespace seaworthy::verifier
