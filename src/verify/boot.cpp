#include "verify/boot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "eventlog/boot_log.h"
#include "eventlog/proof.h"
#include "eventlog/replay.h"
#include "eventlog/uefi.h"
#include "eventlog/userspace_log.h"
#include "verify/loader.h"
#include "verify/secure_boot.h"

namespace seaworthy::verify {

using eventlog::BootEvent;
using tpm::PcrIndex;
using tpm::PcrMask;

namespace {

constexpr auto kFirmwarePcrs = PcrMask::range<0, 7>();
constexpr std::string_view kExitInvocation = "Exit Boot Services Invocation";
constexpr std::string_view kExitSuccess = "Exit Boot Services Returned with Success";
// More in one boot are not kept: a finding instead. Real machines start 1 to 6.
constexpr std::size_t kMaxApplications = 32;
constexpr std::size_t kMaxCommandLines = 4;
constexpr std::size_t kMaxCommandLine = 2048;  // x86: COMMAND_LINE_SIZE
constexpr std::size_t kMaxMeasured = 512;      // event digests kept; real logs: up to 203
constexpr std::size_t kMaxFindings = 32;

// What separators may hold: handed over, handed over, error (PFP §10.4.1).
const std::array<Bytes, 3> kSeparatorData = {Bytes{0, 0, 0, 0}, Bytes{0xFF, 0xFF, 0xFF, 0xFF},
                                             Bytes{1, 0, 0, 0}};

std::string pcr_text(PcrIndex pcr) {
  return "PCR " + std::to_string(pcr.value());
}

}  // namespace

class BootCheck {
 public:
  BootCheck(ByteSpan bytes, const QuotedPcrs& pcrs)
      : boot_(new VerifiedBoot(crypto::sha256(bytes), pcrs)), pcrs_(pcrs) {}

  std::shared_ptr<const VerifiedBoot> run(ByteSpan bytes, std::optional<ByteSpan> userspace_log) {
    // R14. A kernel that got no log from the firmware shows none.
    if (bytes.empty()) {
      found(Reason::kBootLogMissing, "boot log");
      return unknown();
    }
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
    if (userspace_log) {
      read_userspace(*userspace_log);
    }
    replay(*log);
    for (const PcrIndex pcr : kFirmwarePcrs.indexes()) {
      if (proven(pcr)) {
        separators(pcr);
        labels(pcr);
      }
    }
    if (proven(PcrIndex::at<4>())) {
      applications(*log);
    }
    if (proven(PcrIndex::at<8>())) {
      command_lines();
    }
    if (proven(PcrIndex::at<11>())) {
      uki();
    }
    if (proven(PcrIndex::at<12>())) {
      passed_command_lines();
    }
    keep_measured();
    if (!proven(PcrIndex::at<7>())) {
      return unknown();
    }
    SecureBootState state = secure_boot_state(of(PcrIndex::at<7>()), of(PcrIndex::at<14>()));
    boot_->secure_boot_ = state.state;
    boot_->secure_boot_findings_ = std::move(state.findings);
    boot_->keys_ = std::make_shared<const SecureBootKeys>(std::move(state.keys));
    for (auto& [quirk, finding] : state.deviations) {
      boot_->deviations_.push_back({quirk, std::move(finding), true});
    }
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

  bool proven(PcrIndex pcr) const { return boot_->proven_.has(pcr); }

  void read_userspace(ByteSpan bytes) {
    boot_->userspace_digest_ = crypto::sha256(bytes);
    auto events = eventlog::parse_userspace_log(bytes);
    if (events) {
      userspace_ = *std::move(events);
    } else {
      found(Reason::kUserspaceLogMalformed, "userspace log", events.error().message());
    }
  }

  // R15. Per PCR: the log leads to the quoted value. Events of other PCRs are dropped before
  //      anything looks at them.
  void replay(const eventlog::BootLog& log) {
    const eventlog::ReplayedBank bank = eventlog::replay(log, kPolicyBank);
    userspace_proven_.resize(tpm::kPcrCount);
    for (const PcrIndex pcr : pcrs_.selected().indexes()) {
      if (pcr != kImaPcr) {
        compare(pcr, bank[pcr.value()], *pcrs_.value(pcr));
      }
    }
    by_pcr_.resize(tpm::kPcrCount);
    for (const BootEvent& event : log.events) {
      const auto pcr = PcrIndex::of(event.pcr);
      if (pcr && proven(*pcr) && event.type != eventlog::kNoAction) {
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
    if (replayed.value != quoted && !reaches_with_userspace(pcr, replayed.value, quoted) &&
        !reaches_with_exit(pcr, replayed.value, quoted)) {
      // A PCR that somebody extended without a trace is not a PCR that was left alone.
      found(replayed.extensions == 0 ? Reason::kPcrWithoutEvents : Reason::kPcrMismatch,
            pcr_text(pcr),
            kUserspacePcrs.has(pcr) && !boot_->userspace_digest_
                ? "systemd's log of measurements was not shown"
                : "");
      return;
    }
    // R11. The firmware extended it; else the operating system can at will (CVE-2021-42299).
    if (kFirmwarePcrs.has(pcr) && replayed.extensions == 0) {
      found(Reason::kPcrNotMeasured, pcr_text(pcr));
      return;
    }
    boot_->proven_.add(pcr);
  }

  // What systemd measured since, up to the quoted value: the log is read after the quote.
  bool reaches_with_userspace(PcrIndex pcr, crypto::Digest value, const crypto::Digest& quoted) {
    if (!kUserspacePcrs.has(pcr)) {
      return false;
    }
    std::vector<const eventlog::UserspaceEvent*>& reached = userspace_proven_[pcr.value()];
    for (const eventlog::UserspaceEvent& event : userspace_) {
      if (event.pcr != pcr.value()) {
        continue;
      }
      const crypto::Digest* digest = event.digest(kPolicyBank);
      if (digest == nullptr) {
        break;
      }
      value = crypto::extended(value, digest->bytes());
      reached.push_back(&event);
      if (value == quoted) {
        return true;
      }
    }
    reached.clear();
    return false;
  }

  // The firmware extended both actions of ExitBootServices after the log was copied.
  bool reaches_with_exit(PcrIndex pcr, crypto::Digest value, const crypto::Digest& quoted) {
    if (pcr != PcrIndex::at<5>()) {
      return false;
    }
    for (const std::string_view action : {kExitInvocation, kExitSuccess}) {
      value = crypto::extended(value, crypto::hash(kPolicyBank, as_bytes(action)).bytes());
    }
    if (value != quoted) {
      return false;
    }
    const Quirk quirk = Quirk::kExitBootServicesNotLogged;
    boot_->deviations_.push_back(
        {quirk, {Reason::kFirmwareQuirk, std::string(name(quirk)), "PCR 5"}, false});
    return true;
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

  // R16, A-65. What is known by its digest carries its own name, and types that every firmware
  // hashes as logged are hashed as logged. PCR 4 and 7 are looked at more closely elsewhere.
  void labels(PcrIndex pcr) {
    const bool elsewhere = pcr == PcrIndex::at<4>() || pcr == PcrIndex::at<7>();
    for (const BootEvent* event : of(pcr)) {
      const auto action = eventlog::action_of(*event->digest(kPolicyBank));
      if (action && (event->type != eventlog::kEfiAction || as_text(event->data) != *action)) {
        found(Reason::kEventTypeFalse, pcr_text(pcr),
              "the action '" + std::string(*action) + "' is logged as " +
                  eventlog::event_type_name(event->type));
      } else if (!elsewhere && eventlog::always_of_its_data(event->type) &&
                 !eventlog::proven_data(*event, kPolicyBank).any()) {
        found(Reason::kEventDataMismatch, pcr_text(pcr), eventlog::event_type_name(event->type));
      }
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
    // Shim measures a kernel as often as GRUB has it verified: twice in Debian 12.
    const crypto::Digest& digest = *event.digest(kPolicyBank);
    if (std::any_of(boot_->applications_.begin(), boot_->applications_.end(),
                    [&](const BootApplication& known) { return known.digest == digest; })) {
      return;
    }
    if (boot_->applications_.size() == kMaxApplications) {
      found(Reason::kEventUnknown, "PCR 4", "more programs than any machine starts");
      return;
    }
    const auto image = eventlog::parse_image_load(event.data);
    boot_->applications_.push_back(
        {digest,
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

  void uki() {
    boot_->uki_sections_ = uki_sections(of(PcrIndex::at<11>()));
    boot_->phases_ = phases(userspace_proven_[11]);
  }

  // R22. Whatever PCR 12 was extended with and does not show its text may be a command line.
  void passed_command_lines() {
    const auto& events = of(PcrIndex::at<12>());
    boot_->passed_complete_ = userspace_proven_[12].empty();
    for (const BootEvent* event : events) {
      auto text = proven_utf16(*event);
      if (!text || text->size() > kMaxCommandLine || boot_->passed_.size() == kMaxCommandLines) {
        boot_->passed_complete_ = false;
      } else {
        boot_->passed_.push_back(*std::move(text));
      }
    }
  }

  void keep_measured() {
    static const std::array<crypto::Digest, 2> separators = {
        crypto::hash(kPolicyBank, kSeparatorData[0]), crypto::hash(kPolicyBank, kSeparatorData[1])};
    std::size_t kept = 0;
    for (const PcrIndex pcr : boot_->proven_.indexes()) {
      std::vector<Sha256Bytes> digests;
      for (const BootEvent* event : of(pcr)) {
        const crypto::Digest& digest = *event->digest(kPolicyBank);
        const bool separator =
            kFirmwarePcrs.has(pcr) && (digest == separators[0] || digest == separators[1]);
        if (!separator) {
          digests.push_back(bytes_of(digest));
        }
      }
      for (const eventlog::UserspaceEvent* event : userspace_proven_[pcr.value()]) {
        digests.push_back(bytes_of(*event->digest(kPolicyBank)));
      }
      kept += digests.size();
      if (kept > kMaxMeasured) {
        boot_->measured_complete_ = false;
        boot_->measured_.clear();
        return;
      }
      if (!digests.empty()) {
        digests.shrink_to_fit();
        boot_->measured_.push_back(
            {pcr, std::make_shared<const std::vector<Sha256Bytes>>(std::move(digests))});
      }
    }
    boot_->measured_.shrink_to_fit();
  }

  std::shared_ptr<VerifiedBoot> boot_;
  const QuotedPcrs& pcrs_;
  std::vector<std::vector<const BootEvent*>> by_pcr_;
  std::vector<eventlog::UserspaceEvent> userspace_;
  // Per PCR: the records that its quoted value proves.
  std::vector<std::vector<const eventlog::UserspaceEvent*>> userspace_proven_;
};

std::shared_ptr<const VerifiedBoot> verify_boot(ByteSpan log, const QuotedPcrs& pcrs,
                                                std::optional<ByteSpan> userspace_log) {
  return BootCheck(log, pcrs).run(log, userspace_log);
}

}  // namespace seaworthy::verify
