// One round of evidence from one node, verified: the entry point of this layer.
//
// The stages, each of which needs the result type of the one before:
//   verify_quote      R6 R7 R8 R9 R12   this TPM answered this challenge
//   verify_freshness  R13               after everything it answered before
//   verify_pcrs       R10               these are the values of its PCRs
//   verify_boot       R11 R14-R18       what booted
//   verify_ima        R19-R21           what ran since
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "verify/boot.h"
#include "verify/findings.h"
#include "verify/freshness.h"
#include "verify/identity.h"
#include "verify/ima.h"
#include "verify/quote.h"

namespace seaworthy::verify {

// Bytes from an agent. Views; the owners outlive the call, and those of `ima` the result.
struct EvidenceInput {
  ByteSpan attested;   // TPMS_ATTEST
  ByteSpan signature;  // TPMT_SIGNATURE
  const ClaimedPcrs& pcrs;
  std::string boot_log_digest_hex;  // SHA-256; looked at only if boot_log is absent
  std::optional<ByteSpan> boot_log;
  std::optional<ByteSpan> userspace_log = {};  // systemd's: for PCR 9, 11 to 13 and 15
  using Ima = ImaPart;
  std::optional<Ima> ima;
};

// What a verifier remembers of a node between rounds. A value; nothing known by default, which
// makes the next round start from zero. Below 80 KiB, whatever the node sends; usually 2 KiB, and
// with a long dbx 10.
struct AttestationProgress {
  std::optional<LastQuote> last;
  std::shared_ptr<const VerifiedBoot> boot;
  ImaProgress ima;

  // Of the boot log that need not be sent again: hexadecimal SHA-256, if there is one.
  std::optional<std::string> boot_log_digest() const;
  std::optional<std::string> userspace_log_digest() const;
  std::uint64_t ima_entries() const { return ima.entries; }
};

// R6 to R10, R12, R13: the evidence is not authentic or not fresh, so it says nothing about the
// node, neither good nor bad.
struct Refused {
  Findings findings;  // never empty
};

// Nothing is wrong and something is missing: an unknown boot log, a new epoch, a gap in the IMA
// list, or the rest of a long one. To be sent again with a new quote.
struct NeedMore {
  bool boot_log = false;
  std::uint64_t ima_from = 0;
  // Present if the quote, the boot and this part of a long IMA list were as they should be and the
  // list goes on: what to remember, and what to show to policy::appraise_part(). Absent: what is
  // remembered does not change.
  struct Unfinished {
    AttestationProgress progress;
    ImaUnfinished ima;
  };
  std::optional<Unfinished> unfinished = {};
};

// Authentic and fresh. Findings about what it shows are in it, for policy to judge.
class VerifiedEvidence {
 public:
  const VerifiedQuote& quote() const { return quote_; }
  const QuotedPcrs& pcrs() const { return pcrs_; }
  const VerifiedBoot& boot() const { return *progress_.boot; }
  const VerifiedIma& ima() const { return ima_; }
  bool new_epoch() const { return freshness_.new_epoch; }
  bool tpm_firmware_changed() const { return freshness_.firmware_changed; }
  // Of boot and IMA together; those about Secure Boot only are in boot().
  Findings findings() const;
  // What to remember for the next round.
  const AttestationProgress& progress() const { return progress_; }

 private:
  friend std::variant<Refused, NeedMore, VerifiedEvidence> verify_evidence(
      const EvidenceInput& in, const AttestationKey& ak, const Challenge& challenge,
      const AttestationProgress& before);
  VerifiedEvidence(VerifiedQuote quote, QuotedPcrs pcrs, VerifiedIma ima, Freshness freshness,
                   AttestationProgress progress)
      : quote_(std::move(quote)),
        pcrs_(std::move(pcrs)),
        ima_(std::move(ima)),
        freshness_(freshness),
        progress_(std::move(progress)) {}
  VerifiedQuote quote_;
  QuotedPcrs pcrs_;
  VerifiedIma ima_;
  Freshness freshness_;
  AttestationProgress progress_;
};

// The selection of the challenge has PCR 0 to 10 of the policy bank; more of them are proven, if
// quoted.
std::variant<Refused, NeedMore, VerifiedEvidence> verify_evidence(
    const EvidenceInput& in, const AttestationKey& ak, const Challenge& challenge,
    const AttestationProgress& before);

}  // namespace seaworthy::verify
