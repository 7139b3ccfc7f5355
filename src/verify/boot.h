// What a machine booted, as far as its quoted PCRs prove it: rules R11, R14 to R18.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06; UEFI 2.10.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/interned.h"
#include "crypto/digest.h"
#include "tpm/pcr.h"
#include "verify/findings.h"
#include "verify/quirks.h"
#include "verify/quote.h"
#include "verify/secure_boot_keys.h"

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

// A section of a unified kernel image, measured by systemd-stub into PCR 11: proven, name and
// digest.
struct UkiSection {
  std::string name;      // ".linux"
  Sha256Bytes sha256{};  // of its content
  bool operator==(const UkiSection&) const = default;
};

// The registers that programs extend after the firmware handed over, and record in systemd's log.
inline constexpr auto kUserspacePcrs = tpm::PcrMask{tpm::PcrIndex::at<9>()} |
                                       tpm::PcrMask::range<11, 13>() |
                                       tpm::PcrMask{tpm::PcrIndex::at<15>()};

// What is long and the same on many machines of one kind, each kept once. Thread-safe.
struct BootParts {
  Interned<SecureBootKeys> keys;
  Interned<std::vector<Sha256Bytes>> digests;  // what one PCR was extended with
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

  // With quirks that nobody allowed, Secure Boot is not proven to be on.
  SecureBoot secure_boot(Quirks allowed = {}) const;
  // The databases of Secure Boot and the SBAT level, as far as PCR 7 proves them.
  const SecureBootKeys& secure_boot_keys() const { return *keys_; }
  // In PCR 4's order; all that it was extended with, apart from separators and action strings, each
  // once.
  // Complete if PCR 4 replays; empty otherwise.
  const std::vector<BootApplication>& applications() const { return applications_; }
  bool applications_proven() const { return applications_proven_; }
  // Every string in PCR 8 that can be the kernel's command line: it begins with a file name. That
  // GRUB called it a command line and not a command is not authenticated, so all count.
  // Empty if PCR 8 does not replay or nothing was measured.
  const std::vector<std::string>& command_lines() const { return command_lines_; }

  // Of a unified kernel image, in PCR 11's order; empty if PCR 11 does not replay or is not quoted.
  const std::vector<UkiSection>& uki_sections() const { return uki_sections_; }
  // Command lines in PCR 12: what the loader passed on beside the image's own, and add-ons.
  const std::vector<std::string>& passed_command_lines() const { return passed_; }
  // PCR 12 replays, and all that it was extended with is in passed_command_lines(): there is no
  // other command line than the image's own (section .cmdline) and those.
  bool passed_command_lines_complete() const { return passed_complete_; }
  // Phases of the boot that systemd measured into PCR 11: "enter-initrd", "ready".
  const std::vector<std::string>& phases() const { return phases_; }

  // What the PCR was extended with, in order, separators of the firmware aside. Null if that is not
  // proven: the PCR does not replay, is not quoted, or there are more events than are kept.
  const std::vector<Sha256Bytes>* measured(tpm::PcrIndex pcr) const;

  // R11, R14 to R18 apart from what follows; quirks that are not allowed are among them.
  Findings findings(Quirks allowed = {}) const;
  // Why secure_boot(allowed) is not kOn: R17. Empty if it is.
  Findings secure_boot_findings(Quirks allowed = {}) const;

  // Whether this is the verification of this log against the same values; PCR 10 aside.
  // `userspace_log`: if it is shown, it counts only where the one before left something unproven.
  bool is_for(const crypto::Digest& log_digest, const QuotedPcrs& pcrs,
              std::optional<ByteSpan> userspace_log = {}) const;
  // Of the userspace log that this rests on, SHA-256; null if none was shown.
  const std::optional<crypto::Digest>& userspace_digest() const { return userspace_digest_; }

  // The same boot, which has in common with others what `parts` has of them.
  std::shared_ptr<const VerifiedBoot> sharing(BootParts& parts) const;

 private:
  friend class BootCheck;
  VerifiedBoot(crypto::Digest log_digest, const QuotedPcrs& pcrs)
      : log_digest_(log_digest), pcrs_(pcrs) {}
  crypto::Digest log_digest_;
  QuotedPcrs pcrs_;
  struct Deviation {  // a finding, unless the quirk is allowed
    Quirk quirk;
    Finding finding;
    bool of_secure_boot;
  };
  struct Measured {
    tpm::PcrIndex pcr;
    std::shared_ptr<const std::vector<Sha256Bytes>> digests;  // never empty
  };
  std::optional<crypto::Digest> userspace_digest_;
  SecureBoot secure_boot_ = SecureBoot::kUnknown;  // with every quirk allowed
  std::shared_ptr<const SecureBootKeys> keys_ = std::make_shared<SecureBootKeys>();
  std::vector<BootApplication> applications_;
  bool applications_proven_ = false;
  std::vector<std::string> command_lines_;
  std::vector<UkiSection> uki_sections_;
  std::vector<std::string> passed_;
  bool passed_complete_ = false;
  std::vector<std::string> phases_;
  tpm::PcrMask proven_;  // PCRs that replay
  std::vector<Measured> measured_;
  bool measured_complete_ = true;
  Findings findings_;
  Findings secure_boot_findings_;
  std::vector<Deviation> deviations_;
};

// Replays the log and holds it against the quoted PCRs, each by itself: PCR 0 to 9 and 11 to 15, as
// far as quoted. Only events of PCRs that replay are looked at further (R15, A-70), and their data
// only where the digest shows them (R16).
//
// `userspace_log`: systemd's, for kUserspacePcrs. It is read after the quote and grows: its records
// count up to the quoted value, the rest is ignored (as in R19).
std::shared_ptr<const VerifiedBoot> verify_boot(ByteSpan log, const QuotedPcrs& pcrs,
                                                std::optional<ByteSpan> userspace_log = {});

}  // namespace seaworthy::verify
