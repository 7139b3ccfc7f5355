#include "verify/boot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "eventlog/boot_log.h"
#include "eventlog/replay.h"
#include "eventlog/uefi.h"
#include "verify/secure_boot.h"

namespace seaworthy::verify {

using eventlog::BootEvent;
using tpm::PcrIndex;
using tpm::PcrMask;

namespace {

constexpr auto kFirmwarePcrs = PcrMask::range<0, 7>();
constexpr std::string_view kExitInvocation = "Exit Boot Services Invocation";
// More in one boot are not kept: a finding instead. Real machines start 1 to 6.
constexpr std::size_t kMaxApplications = 32;
constexpr std::size_t kMaxCommandLines = 4;
constexpr std::size_t kMaxCommandLine = 2048;  // x86: COMMAND_LINE_SIZE
constexpr std::size_t kMaxFindings = 32;

// What separators may hold: handed over, handed over, error (PFP §10.4.1).
const std::array<Bytes, 3> kSeparatorData = {Bytes{0, 0, 0, 0}, Bytes{0xFF, 0xFF, 0xFF, 0xFF},
                                             Bytes{1, 0, 0, 0}};

std::string pcr_text(PcrIndex pcr) {
  return "PCR " + std::to_string(pcr.value());
}

// What a GRUB event says, if its digest shows it: GRUB hashes the string without the word in front
// and without the NUL, and logs both (2.6.4). The word proves nothing.
std::optional<std::string_view> proven_text(const BootEvent& event) {
  const std::string_view whole = as_text(event.data);
  std::array<std::string_view, 3> candidates = {whole, {}, {}};
  if (const std::size_t colon = whole.find(": "); colon != std::string_view::npos) {
    candidates[1] = whole.substr(colon + 2);
  }
  if (const std::size_t space = whole.find(' '); space != std::string_view::npos) {
    candidates[2] = whole.substr(space + 1);
  }
  for (std::string_view text : candidates) {
    if (text.data() == nullptr) {
      continue;
    }
    if (event.digest_is_of(kPolicyBank, as_bytes(text))) {
      return text.ends_with('\0') ? text.substr(0, text.size() - 1) : text;
    }
    if (text.ends_with('\0') &&
        event.digest_is_of(kPolicyBank, as_bytes(text.substr(0, text.size() - 1)))) {
      return text.substr(0, text.size() - 1);
    }
  }
  return std::nullopt;
}

// The kernel's file comes first: "/vmlinuz", "(hd0,gpt2)/vmlinuz", or in quotes, which GRUB puts
// around a name with a space.
bool is_command_line(std::string_view text) {
  return text.starts_with('/') || text.starts_with('(') || text.starts_with('"');
}

}  // namespace

std::string_view name(SecureBoot state) {
  switch (state) {
    case SecureBoot::kOn:
      return "On";
    case SecureBoot::kOff:
      return "Off";
    case SecureBoot::kUnknown:
      break;
  }
  return "Unknown";
}

bool VerifiedBoot::is_for(const crypto::Digest& log_digest, const QuotedPcrs& pcrs) const {
  if (log_digest_ != log_digest || pcrs_.selected() != pcrs.selected()) {
    return false;
  }
  for (const PcrIndex pcr : pcrs.selected().indexes()) {
    if (pcr != kImaPcr && *pcrs_.value(pcr) != *pcrs.value(pcr)) {
      return false;
    }
  }
  return true;
}

class BootCheck {
 public:
  BootCheck(ByteSpan bytes, const QuotedPcrs& pcrs)
      : boot_(new VerifiedBoot(crypto::sha256(bytes), pcrs)), pcrs_(pcrs) {}

  std::shared_ptr<const VerifiedBoot> run(ByteSpan bytes) {
    auto log = eventlog::parse_boot_log(bytes);
    if (!log) {
      found(Reason::kBootLogMalformed, "boot log", log.error().message());
      return unknown();
    }
    // R11. The firmware measured into the bank that we decide by.
    if (std::find(log->banks.begin(), log->banks.end(), kPolicyBank) == log->banks.end()) {
      found(Reason::kBootLogWithoutBank, "boot log");
      return unknown();
    }
    replay(*log);
    for (const PcrIndex pcr : kFirmwarePcrs.indexes()) {
      if (proven_.has(pcr)) {
        separators(pcr);
      }
    }
    if (proven_.has(PcrIndex::at<4>())) {
      applications(*log);
    }
    if (proven_.has(PcrIndex::at<8>())) {
      command_lines();
    }
    if (!proven_.has(PcrIndex::at<7>())) {
      return unknown();
    }
    SecureBootState state = secure_boot_state(of(PcrIndex::at<7>()));
    boot_->secure_boot_ = state.state;
    boot_->secure_boot_findings_ = std::move(state.findings);
    return std::move(boot_);
  }

 private:
  void found(Reason reason, std::string about, std::string detail = {}) {
    if (boot_->findings_.size() < kMaxFindings) {
      boot_->findings_.push_back({reason, std::move(about), std::move(detail)});
    }
  }

  std::shared_ptr<const VerifiedBoot> unknown() {
    boot_->secure_boot_findings_.push_back(
        {Reason::kSecureBootUnknown, "SecureBoot", "PCR 7 is not proven by the boot log"});
    return std::move(boot_);
  }

  // R15. Per PCR: the log leads to the quoted value. Events of other PCRs are dropped before
  //      anything looks at them.
  void replay(const eventlog::BootLog& log) {
    const eventlog::ReplayedBank bank = eventlog::replay(log, kPolicyBank);
    for (const PcrIndex pcr : pcrs_.selected().indexes()) {
      if (pcr != kImaPcr) {
        compare(pcr, bank[pcr.value()], *pcrs_.value(pcr));
      }
    }
    by_pcr_.resize(tpm::kPcrCount);
    for (const BootEvent& event : log.events) {
      const auto pcr = PcrIndex::of(event.pcr);
      if (pcr && proven_.has(*pcr) && event.type != eventlog::kNoAction) {
        by_pcr_[event.pcr].push_back(&event);
      }
    }
  }

  void compare(PcrIndex pcr, const eventlog::ReplayedPcr& replayed, const crypto::Digest& quoted) {
    // Every event of the PCR has a digest in the policy bank.
    if (replayed.unusable) {
      found(Reason::kPcrNotReplayable, pcr_text(pcr), *replayed.unusable);
      return;
    }
    if (replayed.value != quoted) {
      // A PCR that somebody extended without a trace is not a PCR that was left alone.
      found(replayed.extensions == 0 ? Reason::kPcrWithoutEvents : Reason::kPcrMismatch,
            pcr_text(pcr));
      return;
    }
    // R11. The firmware extended it; else the operating system can at will (CVE-2021-42299).
    if (kFirmwarePcrs.has(pcr) && replayed.extensions == 0) {
      found(Reason::kPcrNotMeasured, pcr_text(pcr));
      return;
    }
    proven_.add(pcr);
  }

  const std::vector<const BootEvent*>& of(PcrIndex pcr) const { return by_pcr_[pcr.value()]; }

  // R18. Exactly one separator, told by its digest and not by its label (R16).
  void separators(PcrIndex pcr) {
    static const std::array<crypto::Digest, 3> kDigests = {
        crypto::hash(kPolicyBank, kSeparatorData[0]), crypto::hash(kPolicyBank, kSeparatorData[1]),
        crypto::hash(kPolicyBank, kSeparatorData[2])};
    int count = 0;
    for (const BootEvent* event : of(pcr)) {
      const auto known = std::find(kDigests.begin(), kDigests.end(), *event->digest(kPolicyBank));
      const bool is = known != kDigests.end();
      const bool labelled = event->type == eventlog::kSeparator;
      if (is && !labelled) {
        found(Reason::kEventTypeFalse, pcr_text(pcr),
              "a separator is logged as " + eventlog::event_type_name(event->type));
      } else if (labelled &&
                 (!is || known == kDigests.begin() + 2 ||
                  event->data !=
                      kSeparatorData[static_cast<std::size_t>(known - kDigests.begin())])) {
        found(Reason::kSeparatorInvalid, pcr_text(pcr));
      }
      count += is || labelled ? 1 : 0;
    }
    if (count != 1) {
      found(count == 0 ? Reason::kSeparatorMissing : Reason::kSeparatorRepeated, pcr_text(pcr));
    }
  }

  // R16, A-65. Whatever PCR 4 was extended with is a separator, an action string that its digest
  // shows, or a program: no label makes a program disappear from the list.
  void applications(const eventlog::BootLog& log) {
    for (const BootEvent* event : of(PcrIndex::at<4>())) {
      switch (event->type) {
        case eventlog::kSeparator:
          break;  // judged by separators()
        case eventlog::kAction:
        case eventlog::kEfiAction:
          if (!event->digest_is_of(kPolicyBank, event->data)) {
            found(Reason::kEventDataMismatch, "PCR 4", eventlog::event_type_name(event->type));
          }
          break;
        case eventlog::kBootApplication:
        case eventlog::kBootDriver:
        case eventlog::kRuntimeDriver:
          application(*event);
          break;
        default:
          found(Reason::kEventUnknown, "PCR 4", eventlog::event_type_name(event->type));
      }
    }
    boot_->applications_proven_ = true;
    after_exit(log);
  }

  void application(const BootEvent& event) {
    if (boot_->applications_.size() == kMaxApplications) {
      found(Reason::kEventUnknown, "PCR 4", "more programs than any machine starts");
      return;
    }
    const auto image = eventlog::parse_image_load(event.data);
    boot_->applications_.push_back(
        {*event.digest(kPolicyBank),
         image ? eventlog::claimed_file(image->device_path).substr(0, 128) : std::string()});
  }

  // R18, A-82. In the log's own order: after ExitBootServices there is no firmware to start a
  // program, so such an event is the operating system's.
  void after_exit(const eventlog::BootLog& log) {
    bool exited = false;
    for (const BootEvent& event : log.events) {
      exited = exited || (event.pcr == 5 && event.type == eventlog::kEfiAction &&
                          as_text(event.data) == kExitInvocation);
      if (exited && event.pcr == 4 && event.type == eventlog::kBootApplication) {
        found(Reason::kApplicationAfterExit, "PCR 4");
      }
    }
  }

  // R16, R22, A-66, A-67. The text is what was hashed; what is a command line is told by content.
  void command_lines() {
    for (const BootEvent* event : of(PcrIndex::at<8>())) {
      if (event->type == eventlog::kSeparator) {
        continue;
      }
      const auto text = proven_text(*event);
      if (!text) {
        found(Reason::kEventDataMismatch, "PCR 8", eventlog::event_type_name(event->type));
      } else if (is_command_line(*text)) {
        if (text->size() > kMaxCommandLine || boot_->command_lines_.size() == kMaxCommandLines) {
          found(Reason::kEventUnknown, "PCR 8", "more command lines than any machine has");
        } else {
          boot_->command_lines_.emplace_back(*text);
        }
      }
    }
  }

  std::shared_ptr<VerifiedBoot> boot_;
  const QuotedPcrs& pcrs_;
  PcrMask proven_;
  std::vector<std::vector<const BootEvent*>> by_pcr_;
};

std::shared_ptr<const VerifiedBoot> verify_boot(ByteSpan log, const QuotedPcrs& pcrs) {
  return BootCheck(log, pcrs).run(log);
}

}  // namespace seaworthy::verify
