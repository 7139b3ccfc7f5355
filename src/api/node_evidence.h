// The messages by which a person reads a node's evidence from a replica of the operator:
// docs/evidence.md. Both sides of each message are here so that they cannot drift apart. Unknown
// fields are refused by the verifier and ignored by whoever asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/pcr_values.h"
#include "api/verdict.h"
#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::api {

inline constexpr const char* kEvidencePath = "/v1/evidence";
inline constexpr const char* kEvidenceAudience = "seaworthy.dev/evidence";
// The ServiceAccount in whose name evidence is read. It has no rights: who may have a token of it
// may read.
inline constexpr const char* kEvidenceReader = "seaworthy-evidence-reader";

inline constexpr std::size_t kMaxTokenBytes = 8'192;  // projected tokens have about 1,200
inline constexpr std::size_t kMaxEvidenceRequestBody = 16 * 1024;
inline constexpr std::size_t kMaxImaSlice = 2 << 20;    // of one answer
inline constexpr std::size_t kMaxImaInAll = 32 << 20;   // of one node: about 160,000 entries
inline constexpr std::int64_t kMaxEvidenceAge = 3'600;  // seconds

struct EvidenceRequest {
  NodeName node;
  std::string token;  // of kEvidenceReader, for kEvidenceAudience
  // Evidence that came longer ago is not meant: a person wants what is, not what was.
  std::int64_t max_age_seconds = 0;
  // The rest of evidence whose beginning was read: its IMA list from this byte on.
  struct Rest {
    std::string id;
    std::uint64_t ima_offset = 0;
    bool operator==(const Rest&) const = default;
  };
  std::optional<Rest> rest = {};
  bool operator==(const EvidenceRequest&) const = default;
};

// One round of evidence that a verifier accepted as authentic and fresh (verify::VerifiedEvidence):
// the quote is proven. What the logs say is proven as far as no finding is about it.
struct NodeEvidence {
  NodeUid node_uid;
  Time received;
  Bytes attested;         // TPMS_ATTEST as signed
  Bytes signature;        // TPMT_SIGNATURE
  Bytes ak_public;        // TPMT_PUBLIC of the enrolled AK
  Bytes qualifying_data;  // what the quote answers: made of the next two, node UID, AK and PCRs
  Bytes nonce;
  Bytes channel;  // SHA-256 of the token that the agent sent it with
  PcrValues pcrs;
  Bytes boot_log;
  std::optional<Bytes> userspace_log;  // systemd's
  // From the first entry to the one at which PCR 10 had the quoted value. Not part of to_json():
  // it travels in slices.
  Bytes ima;
  std::vector<FindingView> findings;  // about the evidence as such, whatever policies say
  bool operator==(const NodeEvidence&) const = default;
};

struct EvidenceAnswer {
  struct Part {
    std::string id;                        // of this evidence
    std::optional<NodeEvidence> evidence;  // in the first answer; without `ima`
    std::uint64_t ima_size = 0;            // of the whole list
    std::uint64_t ima_offset = 0;
    Bytes ima;  // at most kMaxImaSlice, from there on; nothing at the end only
    bool operator==(const Part&) const = default;
  };
  std::optional<Part> part;  // absent: none yet, ask again
  bool operator==(const EvidenceAnswer&) const = default;
};

Json to_json(const EvidenceRequest& request);
Json to_json(const EvidenceAnswer& answer);
// Without the IMA list.
Json to_json(const NodeEvidence& evidence);

Result<EvidenceRequest> parse_evidence_request(std::string_view body);
Result<EvidenceAnswer> parse_evidence_answer(const Json& answer);

}  // namespace seaworthy::api
