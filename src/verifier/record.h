// Writes what the verifier has to say about a node into its NodeAttestation. Read, change, write
// with the resourceVersion that was read: replicas and the controller never overwrite one another
// blindly.
#pragma once

#include <functional>
#include <optional>

#include "api/attestation.h"
#include "kube/client.h"

namespace seaworthy::verifier {

inline constexpr const char* kFieldManager = "seaworthy-verifier";

// The object as it is now; nullopt if there is none.
Result<std::optional<api::NodeAttestation>> read_record(kube::Client& client, const NodeName& node,
                                                        const kube::Call& call);

// Makes sure that the object exists, owned by the Node so that it goes with it.
Result<api::NodeAttestation> ensure_record(kube::Client& client, const NodeName& node,
                                           const NodeUid& uid, const kube::Call& call);

// Sets spec.ekHash of an object that has none; kConflict if somebody else was first.
Result<api::NodeAttestation> pin(kube::Client& client, const api::NodeAttestation& current,
                                 const std::string& ek_hash, const kube::Call& call);

// Applies `change` to what the verifiers own of the status, and writes it if it is different.
// Repeats on conflict, a few times. `change` is called once per try, with the state just read.
using StatusChange = std::function<void(const api::NodeAttestation&, api::VerifierStatus&)>;
Result<void> update_status(kube::Client& client, const NodeName& node, const StatusChange& change,
                           const kube::Call& call);

// Its transition time is set by api::set_condition().
api::Condition condition(const char* type, api::ConditionStatus status, std::string reason,
                         std::string message);

}  // namespace seaworthy::verifier
