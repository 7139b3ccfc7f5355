// What a machine booted, as far as its quoted PCRs prove it: rules R11, R14 to R18.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06; UEFI 2.10.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "tpm/pcr.h"
#include "verify/findings.h"
#include "verify/quote.h"

namespace seaworthy::verify {

enum class SecureBoot : std::uint8_t {
  kUnknown,  // not proven: see secure_boot_findings()
  kOff,
  kOn,
};
std::string_view name(SecureBoot state);  // "On", "Off", "Unknown"

// A program that the firmware (or shim) started.
struct BootApplication {
  crypto::Digest digest;     // its Authenticode hash, or a flat one if it is no PE image: proven
  std::string claimed_file;  // "\EFI\debian\shimx64.efi": a hint for people, proven by nothing
  bool operator==(const BootApplication&) const = default;
};

// A boot log held against quoted PCRs. Exists also if they disagree: then the findings say so, and
// nothing from the events of the PCRs concerned is in it. Immutable; shared between rounds.
class VerifiedBoot {
 public:
  const crypto::Digest& log_digest() const { return log_digest_; }  // SHA-256 of the log's bytes
  // Null if not quoted, and for PCR 10, which moves.
  const crypto::Digest* pcr(tpm::PcrIndex pcr) const {
    return pcr == kImaPcr ? nullptr : pcrs_.value(pcr);
  }

  SecureBoot secure_boot() const { return secure_boot_; }
  // In PCR 4's order; all that it was extended with, apart from separators and action strings.
  // Complete if PCR 4 replays; empty otherwise.
  const std::vector<BootApplication>& applications() const { return applications_; }
  bool applications_proven() const { return applications_proven_; }
  // Every string in PCR 8 that can be the kernel's command line: it begins with a file name. That
  // GRUB called it a command line and not a command is not authenticated, so all count.
  // Empty if PCR 8 does not replay or nothing was measured.
  const std::vector<std::string>& command_lines() const { return command_lines_; }

  // R11, R14 to R18 apart from what follows.
  const Findings& findings() const { return findings_; }
  // Why secure_boot() is not kOn: R17. Empty if it is.
  const Findings& secure_boot_findings() const { return secure_boot_findings_; }

  // Whether this is the verification of this log against the same values; PCR 10 aside.
  bool is_for(const crypto::Digest& log_digest, const QuotedPcrs& pcrs) const;

 private:
  friend class BootCheck;
  VerifiedBoot(crypto::Digest log_digest, const QuotedPcrs& pcrs)
      : log_digest_(log_digest), pcrs_(pcrs) {}
  crypto::Digest log_digest_;
  QuotedPcrs pcrs_;
  SecureBoot secure_boot_ = SecureBoot::kUnknown;
  std::vector<BootApplication> applications_;
  bool applications_proven_ = false;
  std::vector<std::string> command_lines_;
  Findings findings_;
  Findings secure_boot_findings_;
};

// Replays the log and holds it against the quoted PCRs, each by itself: PCR 0 to 9 and 14, as far
// as quoted. Only events of PCRs that replay are looked at further (R15, A-70), and their data only
// where the digest shows them (R16).
std::shared_ptr<const VerifiedBoot> verify_boot(ByteSpan log, const QuotedPcrs& pcrs);

}  // namespace seaworthy::verify
