// AttestationPolicy (seaworthy.dev/v1alpha1): an attestation class, which nodes may hold it and
// which namespaces it governs. The schema with its texts is crds/attestationpolicies.yaml.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "api/file_rules.h"
#include "api/meta.h"
#include "api/reference_values.h"

namespace seaworthy::api {

inline constexpr const char* kGroupVersion = "seaworthy.dev/v1alpha1";
inline constexpr const char* kLabelPrefix = "seaworthy.node-restriction.kubernetes.io/";
inline constexpr const char* kLabelTrusted = "trusted";
inline constexpr const char* kTaintKey = "seaworthy.dev/untrusted";
inline constexpr const char* kSystemNamespace = "seaworthy-system";
inline constexpr std::size_t kMaxPolicyName = 50;  // label names end in it, object names contain it

enum class EnrolmentRule : std::uint8_t { kInventory, kManual, kCertifiedTpm };  // strictest first
enum class Requirement : std::uint8_t { kRequired, kOptional };
enum class BootRule : std::uint8_t { kReferenceValues, kAny };
enum class ImaRule : std::uint8_t { kRequired, kIgnored };
enum class UnknownFilesRule : std::uint8_t { kViolated, kReport };
enum class EnforcementMode : std::uint8_t { kEnforce, kWarn, kAudit, kDryRun };  // strictest first

// Known deviations of firmware, each of which a policy allows by name: verify/quirks.h.
inline constexpr std::array<std::string_view, 3> kQuirkNames = {
    "AuthorityLogsOneByteMore", "ExitBootServicesNotLogged", "DmaProtectionDisabled"};

struct ConfigMapKey {
  std::string name;  // in seaworthy-system
  std::string key;
  auto operator<=>(const ConfigMapKey&) const = default;
};

// Certificates of TPM makers, with what is let pass below them for parts that are in service.
struct TrustAnchorSource : ConfigMapKey {
  bool expired_leaf = false;
  bool missing_usage = false;
  bool sha1 = false;
  auto operator<=>(const TrustAnchorSource&) const = default;
};

struct DeniedTpms {
  struct Firmware {
    std::string manufacturer;  // "id:49465800", as certificates spell it
    std::string version;       // empty: all of this manufacturer
    bool operator==(const Firmware&) const = default;
  };
  std::vector<std::string> ek_hashes;     // "sha256:<hex>", as in NodeAttestation spec.ekHash
  std::vector<std::string> certificates;  // "sha256:<hex>" of the DER: leaves or issuers
  std::vector<Firmware> firmware;
  bool operator==(const DeniedTpms&) const = default;
};

struct AttestationPolicy {
  struct Identity {
    EnrolmentRule enrolment = EnrolmentRule::kInventory;
    Requirement ek_certificate = Requirement::kRequired;
    bool ak_certificate_accepted = false;          // in place of the EK's
    std::vector<TrustAnchorSource> trust_anchors;  // PEM bundles
    std::vector<ConfigMapKey> revocation_lists;    // PEM
    DeniedTpms denied;
    bool operator==(const Identity&) const = default;
  };
  struct Runtime {
    ImaRule ima = ImaRule::kRequired;
    std::vector<std::string> reference_values;  // names; their files together
    UnknownFilesRule unknown_files = UnknownFilesRule::kViolated;
    FileRules rules;
    bool operator==(const Runtime&) const = default;
  };
  // What Secure Boot has to have worked with, beyond being on.
  struct SecureBootMinimum {
    struct Component {
      std::string name;
      std::uint32_t generation = 0;  // SbatLevel names at least this one
      bool operator==(const Component&) const = default;
    };
    struct Keys {
      std::vector<Sha256Value> sha256;  // of certificates' DER, or of images
      bool equal = false;               // else: no others, but not necessarily all
      bool operator==(const Keys&) const = default;
    };
    std::vector<Component> sbat;
    std::vector<Sha256Value> revoked;  // dbx contains all of them
    std::optional<Keys> pk, kek, db;
    bool operator==(const SecureBootMinimum&) const = default;
  };
  struct Evidence {
    Requirement secure_boot = Requirement::kRequired;
    BootRule boot = BootRule::kReferenceValues;
    SecureBootMinimum secure_boot_minimum;      // only with secure_boot kRequired
    std::vector<std::string> allowed_quirks;    // of kQuirkNames
    std::vector<std::string> reference_values;  // names; the boot must match any one wholly
    Runtime runtime;
    bool operator==(const Evidence&) const = default;
  };

  ObjectMeta meta;
  LabelSelector nodes;                // which nodes to appraise; empty: all
  std::vector<Namespace> namespaces;  // which namespaces the class governs; of a dry run: none
  Identity identity;
  Evidence evidence;
  std::chrono::seconds interval{30};
  std::chrono::seconds max_age{120};
  EnforcementMode mode = EnforcementMode::kEnforce;
  std::vector<Condition> conditions;  // of status
  bool operator==(const AttestationPolicy&) const = default;

  PolicyName name() const { return PolicyName(meta.name); }
  // Nodes are judged under it and nothing follows: it enrols nobody and binds nothing.
  bool dry_run() const { return mode == EnforcementMode::kDryRun; }
};

// Reads an object as the API server serves it. Every refusal names the field; a policy that does
// not parse is a policy that cannot be honoured, never one that does not exist.
Result<AttestationPolicy> parse_policy(const Json& object);

// The namespaces that an object of this kind names, as far as they can be read even if the rest
// cannot: what a policy governs must not shrink because another field is broken.
std::vector<Namespace> governed_namespaces(const Json& object);

// The mode as far as it can be read even if the rest cannot; what cannot be understood enforces.
EnforcementMode readable_mode(const Json& object);

struct NodeCounts {
  int matched = 0, trusted = 0, violated = 0, stale = 0, unknown = 0;
  bool operator==(const NodeCounts&) const = default;
};
// The status subresource as an apply patch of the controller.
Json policy_status_patch(const AttestationPolicy& policy, const NodeCounts& counts,
                         const std::vector<Condition>& conditions);

std::string_view name(EnforcementMode mode);
std::string_view name(EnrolmentRule rule);

// The node label that says "holds this class".
std::string class_label(const PolicyName& policy);

}  // namespace seaworthy::api
