#include "verify/secure_boot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "eventlog/proof.h"
#include "eventlog/uefi.h"

namespace seaworthy::verify {
namespace {

using eventlog::BootEvent;
using eventlog::Guid;

constexpr std::array<std::pair<std::string_view, Guid>, 7> kOwners = {{
    {"SecureBoot", eventlog::kEfiGlobalVariable},
    {"PK", eventlog::kEfiGlobalVariable},
    {"KEK", eventlog::kEfiGlobalVariable},
    {"db", eventlog::kEfiImageSecurityDatabase},
    {"dbx", eventlog::kEfiImageSecurityDatabase},
    {"dbt", eventlog::kEfiImageSecurityDatabase},
    {"dbr", eventlog::kEfiImageSecurityDatabase},
}};

constexpr std::size_t kMaxFindings = 32;  // of one boot

class Check {
 public:
  void event(const BootEvent& event) {
    switch (event.type) {
      case eventlog::kSeparator:
        separator(event);
        return;
      case eventlog::kVariableDriverConfig:
        variable(event);
        return;
      case eventlog::kVariableAuthority:
        authority(event);
        return;
      case eventlog::kEfiAction:
        action(event);
        return;
      default:
        found(Reason::kEventUnknown, eventlog::event_type_name(event.type));
    }
  }

  SecureBootState finish() {
    if (separators_ == 0) {
      found(Reason::kSeparatorMissing, "PCR 7");
    }
    if (on_ == std::optional(true) && authorities_ == 0) {
      found(Reason::kAuthorityMissing, "PCR 7");
    }
    if (on_ == std::optional(false)) {
      found(Reason::kSecureBootOff, "SecureBoot");
    } else if (!on_ || !findings_.empty()) {
      found(Reason::kSecureBootUnknown, "SecureBoot", on_ ? "" : why_unknown_);
    }
    SecureBootState out;
    // Off is a fact even beside other findings: nobody gains by pretending it.
    out.state = findings_.empty()             ? SecureBoot::kOn
                : on_ == std::optional(false) ? SecureBoot::kOff
                                              : SecureBoot::kUnknown;
    out.findings = std::move(findings_);
    out.deviations = std::move(deviations_);
    out.keys = std::move(keys_);
    return out;
  }

  // Shim measures MokSBState into PCR 14 if it was told to verify nothing (mokutil
  // --disable-validation): then the firmware's Secure Boot ends at shim.
  void shim(const BootEvent& event) {
    static const crypto::Digest disabled = crypto::hash(kPolicyBank, Bytes{1});
    std::string_view label = as_text(event.data);
    label = label.substr(0, label.find('\0'));
    if (label == "MokSBState" && *event.digest(kPolicyBank) == disabled) {
      found(Reason::kShimValidationOff, "PCR 14");
    }
  }

 private:
  void found(Reason reason, std::string about, std::string detail = {}) {
    about.resize(std::min<std::size_t>(about.size(), 128));
    detail.resize(std::min<std::size_t>(detail.size(), 256));
    if (findings_.size() < kMaxFindings) {
      findings_.push_back({reason, std::move(about), std::move(detail)});
    }
  }

  void deviates(Quirk quirk, std::string about) {
    const bool known = std::any_of(deviations_.begin(), deviations_.end(),
                                   [quirk](const auto& one) { return one.first == quirk; });
    if (!known) {
      deviations_.emplace_back(
          quirk, Finding{Reason::kFirmwareQuirk, std::string(name(quirk)), std::move(about)});
    }
  }

  void separator(const BootEvent& event) {
    const Bytes zeros(4);
    if (++separators_ > 1) {
      found(Reason::kSeparatorRepeated, "PCR 7");
    } else if (event.data != zeros || !event.digest_is_of(kPolicyBank, zeros)) {
      found(Reason::kSeparatorInvalid, "PCR 7");
    }
  }

  void variable(const BootEvent& event) {
    if (!event.digest_is_of(kPolicyBank, event.data)) {
      found(Reason::kEventDataMismatch, eventlog::event_type_name(event.type));
      return;
    }
    const auto variable = eventlog::parse_uefi_variable(event.data);
    if (!variable) {
      found(Reason::kEventDataMismatch, eventlog::event_type_name(event.type),
            variable.error().message());
      return;
    }
    if (separators_ > 0) {
      found(Reason::kVariableAfterSeparator, variable->name);
    }
    if (!seen_.emplace(variable->guid, variable->name).second) {
      found(Reason::kVariableRepeated, variable->name);
      return;
    }
    const auto* owner = std::find_if(kOwners.begin(), kOwners.end(), [&](const auto& entry) {
      return entry.first == variable->name;
    });
    if (owner != kOwners.end() && owner->second != variable->guid) {
      found(Reason::kVariableForeign, variable->name, eventlog::text(variable->guid));
      return;
    }
    if (variable->name == "SecureBoot" && separators_ == 0) {
      if (variable->data.size() != 1 || variable->data[0] > 1) {
        why_unknown_ = "the variable has " + std::to_string(variable->data.size()) + " bytes";
      } else {
        on_ = variable->data[0] == 1;
      }
    }
    if (separators_ == 0) {
      keys_.take_configuration(*variable);
    }
  }

  // What verified an image, or a setting of shim.
  void authority(const BootEvent& event) {
    const eventlog::ProvenData proven = eventlog::proven_data(event, kPolicyBank);
    if (separators_ == 0) {
      found(Reason::kEventUnknown, eventlog::event_type_name(event.type), "before the separator");
    }
    if (!proven.any()) {
      found(Reason::kEventDataMismatch, eventlog::event_type_name(event.type));
      return;
    }
    if (proven.proof == eventlog::Proof::kAllButOneByte) {
      deviates(Quirk::kAuthorityLogsOneByteMore, "an authority event of PCR 7");
    }
    ++authorities_;
    // Some firmware measures the bare certificate: that is an authority and no variable.
    const auto variable = eventlog::parse_uefi_variable(proven.bytes);
    if (variable && separators_ > 0) {
      keys_.take_authority(*variable);
    }
  }

  void action(const BootEvent& event) {
    if (!event.digest_is_of(kPolicyBank, event.data)) {
      found(Reason::kEventDataMismatch, eventlog::event_type_name(event.type));
    } else if (as_text(event.data).starts_with("UEFI Debug Mode")) {
      found(Reason::kDebugMode, "PCR 7");
    } else if (as_text(event.data) == "DMA Protection Disabled" && separators_ == 0) {
      deviates(Quirk::kDmaProtectionDisabled, "an action of PCR 7");
    } else {
      found(Reason::kEventUnknown, "PCR 7", "action " + std::string(as_text(event.data)));
    }
  }

  Findings findings_;
  std::vector<std::pair<Quirk, Finding>> deviations_;
  SecureBootKeys keys_;
  int separators_ = 0;
  int authorities_ = 0;
  std::optional<bool> on_;
  std::string why_unknown_ = "no such variable before the separator";
  std::set<std::pair<Guid, std::string>> seen_;
};

}  // namespace

SecureBootState secure_boot_state(const std::vector<const BootEvent*>& events,
                                  const std::vector<const BootEvent*>& shim) {
  Check check;
  for (const BootEvent* event : events) {
    check.event(*event);
  }
  for (const BootEvent* event : shim) {
    check.shim(*event);
  }
  return check.finish();
}

}  // namespace seaworthy::verify
