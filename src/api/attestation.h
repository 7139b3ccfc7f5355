// NodeAttestation (seaworthy.dev/v1alpha1): what is known of one node, named as the Node. A view:
// the truth in it is sealed or signed (statement, results). Schema: crds/nodeattestations.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/conditions.h"
#include "api/meta.h"
#include "api/verdict.h"

namespace seaworthy::api {

inline constexpr const char* kConditionEnrolled = "Enrolled";
inline constexpr const char* kConditionAttested = "Attested";

struct NodeIdentity {
  NodeUid node_uid;
  std::string ek_hash;       // "sha256:<hex>" of the EK's SubjectPublicKeyInfo
  std::string ak_name;       // TPM Name of the AK, hexadecimal
  std::string manufacturer;  // claims of the EK certificate
  std::string model;
  std::string firmware;
  Time enrolled;
  std::string statement;                          // base64: sealed by the verifier
  std::vector<std::string> ek_certificates;       // base64 DER, leaf first
  std::vector<std::string> ak_certificates = {};  // likewise, of an AK that came with the TPM
  // What vouched for the TPM: EndorsementKeyCertificate, AttestationKeyCertificate or Pin; empty in
  // records of before.
  std::string endorsed_by = {};
  bool operator==(const NodeIdentity&) const = default;
};

struct PendingEnrolment {
  std::string ek_hash;
  std::string ak_name;
  Time since;
  bool operator==(const PendingEnrolment&) const = default;
};

struct BootSummary {        // for people; the last three also for the other replicas
  std::string secure_boot;  // On, Off or Unknown
  std::string boot_log_digest;
  std::string kernel_command_line;
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  std::optional<std::int64_t> clock = {};  // the TPM's, in milliseconds
  bool operator==(const BootSummary&) const = default;
};

struct SignedResult {
  std::string verifier;
  std::string ear;  // JWT (token/ear.h)
  bool operator==(const SignedResult&) const = default;
};

struct NodeAttestation {
  ObjectMeta meta;
  std::string ek_hash;  // spec.ekHash, the pin; empty: none
  std::optional<NodeIdentity> identity;
  std::optional<PendingEnrolment> pending;
  std::optional<BootSummary> boot;
  std::vector<PolicyVerdict> verdicts;
  std::vector<SignedResult> results;
  std::vector<Condition> conditions;
  bool operator==(const NodeAttestation&) const = default;

  NodeName node() const { return NodeName(meta.name); }
};

Result<NodeAttestation> parse_node_attestation(const Json& object);

// The pin as text: "sha256:" and 64 hexadecimal digits.
bool is_ek_hash(const std::string& text);

// Apply patches of the status subresource, each with all that its field manager owns.
// By the verifiers: identity, pending, boot, results and their conditions.
struct VerifierStatus {
  std::optional<NodeIdentity> identity;
  std::optional<PendingEnrolment> pending;
  std::optional<BootSummary> boot;
  std::vector<SignedResult> results;
  std::vector<Condition> conditions;
};
Json verifier_status_patch(const NodeName& node, const VerifierStatus& status);
// By the controller: verdicts.
Json controller_status_patch(const NodeName& node, const std::vector<PolicyVerdict>& verdicts);

}  // namespace seaworthy::api
