// The messages between an agent and a verifier: JSON over HTTPS, docs/agent-protocol.md. Both
// sides of each message are here so that they cannot drift apart. Everything from an agent is a
// claim until verify/ has accepted it. Unknown fields are refused from agents and ignored
// from verifiers (an older agent meets a newer verifier).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/pcr_values.h"
#include "api/verdict.h"
#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::api {

inline constexpr const char* kAgentAudience = "seaworthy-verifier";
inline constexpr std::size_t kMaxBootLogBytes = 1 << 20;          // largest real log: 73 KiB
inline constexpr std::size_t kMaxUserspaceLogBytes = 256 * 1024;  // largest real log: 10 KB
inline constexpr std::size_t kMaxImaBytes = 8 << 20;  // of one message; about 40,000 entries
inline constexpr std::size_t kMaxCheckpointBytes = 64 * 1024;  // usually 300 bytes
inline constexpr std::size_t kMaxEnrolBody = 192 * 1024;
inline constexpr std::size_t kMaxAttestBody = 14 << 20;  // base64 of both, and the rest

struct EnrolRequest {
  std::vector<Bytes> ek_certificates;  // DER as found in NV, leaf first, then candidates; ≤ 8
  Bytes ek_public;                     // TPMT_PUBLIC
  Bytes ak_public;                     // TPMT_PUBLIC
  // Of an AK that came with the TPM (cloud vTPMs), likewise; ≤ 4. Usually none.
  std::vector<Bytes> ak_certificates = {};
  bool operator==(const EnrolRequest&) const = default;
};
struct EnrolResponse {
  Bytes session;           // opaque
  Bytes credential_blob;   // TPM2B_ID_OBJECT with its size
  Bytes encrypted_secret;  // TPM2B_ENCRYPTED_SECRET with its size
  bool operator==(const EnrolResponse&) const = default;
};
struct ActivateRequest {
  Bytes session;
  Bytes proof;  // HMAC-SHA256(activation secret, "seaworthy/activate/v1" || session)
  EnrolRequest enrol;
  bool operator==(const ActivateRequest&) const = default;
};
struct PcrBankSelection {
  std::string bank;                // "sha256"
  std::vector<std::uint8_t> pcrs;  // ascending
  bool operator==(const PcrBankSelection&) const = default;
};
struct ChallengeMessage {
  Bytes nonce;       // opaque
  NodeUid node_uid;  // whom the verifier takes the agent for, by its token; goes into the quote
  std::int64_t expires_seconds = 0;
  std::vector<PcrBankSelection> selection;
  std::optional<std::string> boot_log_known;  // SHA-256, hexadecimal: this one need not be sent
  // SHA-256, hexadecimal, of systemd's log that need not be sent again; empty: none is known;
  // absent: a verifier that does not read it.
  std::optional<std::string> userspace_log_known = {};
  std::uint64_t ima_from = 0;  // send entries from this index on
  // If ima_from is 0: what a checkpoint spares is needed all the same, because a policy has to
  // judge every entry. Otherwise the verifier knows nothing, and a checkpoint will do.
  bool ima_whole = false;
  std::int64_t interval_seconds = 0;  // until the next evidence, if nothing changes
  bool operator==(const ChallengeMessage&) const = default;
};
struct ActivateResponse {
  std::string state;  // Enrolled, PendingApproval or NotInInventory
  std::string message;
  std::int64_t retry_seconds = 0;
  std::optional<ChallengeMessage> challenge;  // if Enrolled
  bool operator==(const ActivateResponse&) const = default;
};
// How far a verifier has seen a node's IMA list, for its other replicas to go on from.
struct CheckpointMessage {
  std::uint64_t ima_entries = 0;
  Bytes sealed;  // opaque
  bool operator==(const CheckpointMessage&) const = default;
};
struct AttestRequest {
  struct Ima {
    std::uint64_t from = 0;  // index of the first entry sent
    Bytes entries;           // whole entries of binary_runtime_measurements
    bool operator==(const Ima&) const = default;
  };
  Bytes nonce;
  Bytes attested;   // TPMS_ATTEST as signed
  Bytes signature;  // TPMT_SIGNATURE
  PcrValues pcrs;
  std::string boot_log_digest;  // SHA-256, hexadecimal
  std::optional<Bytes> boot_log;
  std::optional<Bytes> userspace_log = {};  // systemd's
  std::optional<Ima> ima;
  std::optional<Bytes> checkpoint = {};  // the last one that a verifier gave, as sealed
  bool operator==(const AttestRequest&) const = default;
};
enum class AttestOutcome : std::uint8_t {
  kAppraised,  // authentic and fresh; see the verdicts
  kRefused,    // not authentic or not fresh; see the findings
  kNeedMore,   // send again, to the new challenge, with what `need` says
};
struct AttestResponse {
  struct VerdictSummary {
    PolicyName policy;
    Verdict verdict = Verdict::kUnknown;
    std::vector<std::string> reasons;
    bool operator==(const VerdictSummary&) const = default;
  };
  AttestOutcome outcome = AttestOutcome::kRefused;
  bool need_boot_log = false;
  std::vector<VerdictSummary> verdicts;
  std::vector<FindingView> findings;
  std::optional<CheckpointMessage> checkpoint = {};  // in place of the one before
  ChallengeMessage challenge;  // the next one; its ima_from says from where to send
  bool operator==(const AttestResponse&) const = default;
};
struct ErrorMessage {
  std::string code;  // CamelCase
  std::string message;
  std::vector<FindingView> findings;
  bool operator==(const ErrorMessage&) const = default;
};

Json to_json(const EnrolRequest&);
Json to_json(const EnrolResponse&);
Json to_json(const ActivateRequest&);
Json to_json(const ActivateResponse&);
Json to_json(const ChallengeMessage&);
Json to_json(const AttestRequest&);
Json to_json(const AttestResponse&);
Json to_json(const ErrorMessage&);

Result<EnrolRequest> parse_enrol_request(std::string_view body);
Result<EnrolResponse> parse_enrol_response(std::string_view body);
Result<ActivateRequest> parse_activate_request(std::string_view body);
Result<ActivateResponse> parse_activate_response(std::string_view body);
Result<ChallengeMessage> parse_challenge(std::string_view body);
Result<AttestRequest> parse_attest_request(std::string_view body);
Result<AttestResponse> parse_attest_response(std::string_view body);
Result<ErrorMessage> parse_error_message(std::string_view body);

}  // namespace seaworthy::api
