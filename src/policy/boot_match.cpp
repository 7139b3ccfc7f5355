#include "policy/boot_match.h"

#include <algorithm>
#include <array>

#include "codec/hex.h"
#include "verify/loader.h"

namespace seaworthy::policy {
namespace {

using api::Sha256Value;
using verify::Findings;
using verify::Reason;
using verify::VerifiedBoot;

void pcr_differences(const CompiledSet& set, const VerifiedBoot& boot, Findings& found) {
  for (const auto& reference : set.pcrs) {
    const auto index = tpm::PcrIndex::of(reference.index);
    const crypto::Digest* value = index ? boot.pcr(*index) : nullptr;
    if (value == nullptr || verify::bytes_of(*value) != reference.sha256) {
      found.push_back({Reason::kPcrNotInReferenceValues, "PCR " + std::to_string(reference.index),
                       "it is " +
                           (value == nullptr ? "not quoted" : codec::to_hex(value->bytes())) +
                           ", " + set.name + " has " + codec::to_hex(reference.sha256)});
    }
  }
}

// R18. Once the unified kernel image runs, it is the operating system: what PCR 4 shows after it is
// what the system says. Before it there are boot loaders, each of which must be listed; a kernel
// that was started in its place, before the image's digest was extended, is not.
void application_differences(const CompiledSet& set, const VerifiedBoot& boot, Findings& found) {
  if (set.applications.empty() && set.unified_kernels.empty()) {
    return;
  }
  if (!boot.applications_proven()) {
    found.push_back({Reason::kApplicationNotInReferenceValues, "PCR 4",
                     "the boot log does not prove what was started"});
    return;
  }
  for (const verify::BootApplication& application : boot.applications()) {
    const Sha256Value digest = verify::bytes_of(application.digest);
    if (set.has_unified_kernel(digest)) {
      return;
    }
    if (!set.has_application(digest)) {
      found.push_back({Reason::kApplicationNotInReferenceValues, codec::to_hex(digest),
                       "it calls itself '" + application.claimed_file + "'"});
    }
  }
  if (!set.unified_kernels.empty()) {
    found.push_back({Reason::kApplicationNotInReferenceValues, "PCR 4",
                     "none of the unified kernel images of " + set.name + " was started"});
  }
}

void event_differences(const CompiledSet& set, const VerifiedBoot& boot, Findings& found) {
  for (const auto& reference : set.events) {
    const std::string about = "PCR " + std::to_string(reference.pcr);
    const auto* measured = boot.measured(*tpm::PcrIndex::of(reference.pcr));
    if (measured == nullptr) {
      found.push_back(
          {Reason::kEventNotInReferenceValues, about, "what it was extended with is not proven"});
      continue;
    }
    for (const Sha256Value& digest : *measured) {
      const bool known =
          std::binary_search(reference.sha256.begin(), reference.sha256.end(), digest) ||
          (reference.pcr == 11 && verify::means_only_progress(digest));
      if (!known) {
        found.push_back({Reason::kEventNotInReferenceValues, about, codec::to_hex(digest)});
      }
    }
  }
}

bool decides_pcr12(const CompiledSet& set) {
  return std::any_of(set.pcrs.begin(), set.pcrs.end(),
                     [](const auto& pcr) { return pcr.index == 12; }) ||
         std::any_of(set.events.begin(), set.events.end(),
                     [](const auto& events) { return events.pcr == 12; });
}

void command_line_differences(const CompiledSet& set, const VerifiedBoot& boot, Findings& found) {
  if (set.command_lines.empty()) {
    return;
  }
  for (const std::string& text : boot.command_lines()) {
    if (!set.has_command_line(text)) {
      found.push_back({Reason::kCommandLineNotInReferenceValues, text});
    }
  }
  if (!set.unified_kernels.empty()) {
    (void)unified_command_line(set, boot, found);
  } else if (boot.command_lines().empty()) {
    found.push_back({Reason::kCommandLineUnknown, "PCR 8"});
  }
}

verify::Finding not_in_force(const CompiledSet& set, Window window) {
  if (window == Window::kNotYet) {
    return {Reason::kReferenceValuesNotYetValid, set.name,
            "from " + set.validity.not_before->rfc3339()};
  }
  return {Reason::kReferenceValuesRetired, set.name,
          set.validity.found_unused ? "no node ran it any more"
                                    : "since " + set.validity.retire_after->rfc3339()};
}

// The later end; no end is the latest.
bool longer(const CompiledSet& a, const CompiledSet& b) {
  return b.validity.retire_after &&
         (!a.validity.retire_after || *a.validity.retire_after > *b.validity.retire_after);
}

}  // namespace

bool is_section_of(const Sha256Value& digest, const std::string& text) {
  static const std::array<Bytes, 3> ends = {Bytes{}, Bytes{'\n'}, Bytes{0}};
  return std::any_of(ends.begin(), ends.end(), [&](const Bytes& end) {
    return verify::bytes_of(crypto::hash(verify::kPolicyBank, {as_bytes(text), end})) == digest;
  });
}

Findings differences(const CompiledSet& set, const VerifiedBoot& boot) {
  Findings found;
  pcr_differences(set, boot, found);
  application_differences(set, boot, found);
  event_differences(set, boot, found);
  command_line_differences(set, boot, found);
  return found;
}

std::optional<std::string> unified_command_line(const CompiledSet& set, const VerifiedBoot& boot,
                                                Findings& why) {
  if (!boot.passed_command_lines_complete() && !decides_pcr12(set)) {
    why.push_back({Reason::kCommandLineUnknown, "PCR 12",
                   "it was extended with something that is not shown"});
    return std::nullopt;
  }
  std::optional<std::string> line;
  bool all = true;
  for (const verify::UkiSection& section : boot.uki_sections()) {
    if (section.name != ".cmdline") {
      continue;
    }
    const auto text =
        std::find_if(set.command_lines.begin(), set.command_lines.end(),
                     [&](const std::string& t) { return is_section_of(section.sha256, t); });
    if (text != set.command_lines.end()) {
      line = *text;
    } else {
      all = false;
      why.push_back({Reason::kCommandLineNotInReferenceValues, "PCR 11",
                     "section .cmdline, sha256:" + codec::to_hex(section.sha256)});
    }
  }
  for (const std::string& text : boot.passed_command_lines()) {
    if (set.has_command_line(text)) {
      line = text;
    } else {
      all = false;
      why.push_back({Reason::kCommandLineNotInReferenceValues, text, "passed on in PCR 12"});
    }
  }
  if (all && !line) {
    why.push_back({Reason::kCommandLineUnknown, "PCR 11", "there is no section .cmdline"});
  }
  return all ? line : std::nullopt;
}

BootMatch match_boot(const std::vector<std::shared_ptr<const CompiledSet>>& sets,
                     const VerifiedBoot& boot, Time now) {
  BootMatch out;
  std::optional<Findings> nearest;
  Findings closed;    // what booted is of these sets, and they are not in force
  Findings unopened;  // all sets that are not in force
  for (const auto& set : sets) {
    if (!set->describes_boot()) {
      continue;
    }
    Findings found = differences(*set, boot);
    if (const Window window = set->validity.window(now); window != Window::kOpen) {
      unopened.push_back(not_in_force(*set, window));
      if (found.empty()) {
        closed.push_back(unopened.back());
      }
    } else if (found.empty()) {
      if (!out.set || longer(*set, *out.set)) {
        out.set = set;
      }
    } else if (!nearest || found.size() < nearest->size()) {
      nearest = std::move(found);
    }
  }
  if (!out.set) {
    out.findings = !closed.empty() ? closed : nearest ? *nearest : unopened;
  }
  return out;
}

}  // namespace seaworthy::policy
