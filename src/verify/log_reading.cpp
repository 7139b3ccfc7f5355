#include "verify/log_reading.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "eventlog/event_text.h"
#include "eventlog/ima.h"
#include "eventlog/replay.h"
#include "eventlog/userspace_log.h"
#include "verify/ima.h"
#include "verify/quirks.h"
#include "verify/quote.h"

namespace seaworthy::verify {

using crypto::HashAlg;
using eventlog::BootEvent;
using eventlog::BootLog;
using tpm::PcrIndex;
using tpm::PcrMask;

// The values that a log leads to, as if a TPM had quoted them.
class LogReading {
 public:
  static QuotedPcrs of_boot(const BootLog& log, const BesideTheLog& beside) {
    QuotedPcrs pcrs;
    const eventlog::ReplayedBank bank = eventlog::replay(log, kPolicyBank);
    for (std::uint32_t i = 0; i < tpm::kPcrCount; ++i) {
      if (i < 8 || bank[i].extensions > 0) {
        set(pcrs, i, bank[i].value);
      }
    }
    if (beside.userspace_log) {
      extend(pcrs, bank, *beside.userspace_log);
    }
    set(pcrs, beside.pcrs);
    return pcrs;
  }

  static QuotedPcrs of_ima(const crypto::Digest& pcr10, const PcrValues& others) {
    QuotedPcrs pcrs;
    set(pcrs, static_cast<std::uint32_t>(kImaPcr.value()), pcr10);
    set(pcrs, others);
    return pcrs;
  }

 private:
  static void set(QuotedPcrs& pcrs, std::uint32_t index, const crypto::Digest& value) {
    const auto pcr = PcrIndex::of(index);
    SEAWORTHY_CHECK(pcr);
    pcrs.set(*pcr, value);
  }

  static void set(QuotedPcrs& pcrs, const PcrValues& values) {
    for (const auto& [index, value] : values) {
      set(pcrs, index, value);
    }
  }

  // By what systemd measured afterwards, up to the first record that cannot be replayed.
  static void extend(QuotedPcrs& pcrs, const eventlog::ReplayedBank& bank, ByteSpan log) {
    const auto events = eventlog::parse_userspace_log(log);
    PcrMask ended;
    for (const eventlog::UserspaceEvent& event :
         events ? *events : std::vector<eventlog::UserspaceEvent>()) {
      const auto pcr = PcrIndex::of(event.pcr);
      const crypto::Digest* digest = event.digest(kPolicyBank);
      if (!pcr || !kUserspacePcrs.has(*pcr) || ended.has(*pcr)) {
        continue;
      }
      if (digest == nullptr) {
        ended.add(*pcr);
        continue;
      }
      const crypto::Digest* before = pcrs.value(*pcr);
      set(pcrs, event.pcr,
          crypto::extended(before != nullptr ? *before : bank[event.pcr].value, digest->bytes()));
    }
  }
};

namespace {

// The same log as firmware with a SHA-256 bank would have written it: what an event's digest shows
// in `from`, hashed anew; a digest that shows nothing (of a program) becomes another one.
BootLog in_policy_bank(const BootLog& log, HashAlg from) {
  BootLog out{.crypto_agile = true, .banks = {kPolicyBank}, .events = {}};
  for (const BootEvent& event : log.events) {
    BootEvent& copy = out.events.emplace_back(
        BootEvent{.pcr = event.pcr, .type = event.type, .digests = {}, .data = event.data});
    const crypto::Digest* digest = event.digest(from);
    if (digest == nullptr) {
      continue;
    }
    const auto shown = eventlog::shown_bytes(event, from);
    copy.digests.push_back(crypto::hash(kPolicyBank, shown ? *shown : digest->bytes()));
  }
  return out;
}

BootReading read_registers(const BootLog& log) {
  BootReading reading;
  reading.findings.push_back({Reason::kBootLogWithoutBank, "boot log",
                              "the log of a confidential guest's runtime registers: index 1 + "
                              "number of the register"});
  std::map<std::uint8_t, int> separators;
  for (const BootEvent& event : log.events) {
    if (event.type == eventlog::kSeparator && ++separators[event.pcr] == 2) {
      reading.findings.push_back(
          {Reason::kSeparatorRepeated, "register " + std::to_string(event.pcr)});
    }
  }
  return reading;
}

// Copies what is said, so that nothing of it can be taken for verified.
void take(const VerifiedBoot& boot, BootReading& reading) {
  reading.secure_boot = boot.secure_boot(Quirks::all());  // what deviates is a finding
  reading.command_lines = boot.command_lines();
  reading.applications = boot.applications();
  reading.uki_sections = boot.uki_sections();
  reading.passed_command_lines = boot.passed_command_lines();
  reading.passed_command_lines_complete = boot.passed_command_lines_complete();
  for (std::uint32_t i = 0; i < tpm::kPcrCount; ++i) {
    const auto pcr = PcrIndex::of(i);
    if (const auto* measured = boot.measured(*pcr);
        measured != nullptr && boot.pcr(*pcr) != nullptr) {
      reading.pcrs.emplace(static_cast<std::uint8_t>(i), *boot.pcr(*pcr));
      reading.measured.emplace(static_cast<std::uint8_t>(i), *measured);
    }
  }
  append(reading.findings, boot.findings());
  for (const Finding& finding : boot.secure_boot_findings()) {
    if (std::find(reading.findings.begin(), reading.findings.end(), finding) ==
        reading.findings.end()) {
      reading.findings.push_back(finding);
    }
  }
}

// PCR 0 to 9, which boot_aggregate is made from.
bool has_all_of_aggregate(const PcrValues& pcrs) {
  return std::distance(pcrs.begin(), pcrs.upper_bound(9)) == 10;
}

}  // namespace

HashAlg reading_bank(const BootLog& log) {
  for (const HashAlg bank : {kPolicyBank, HashAlg::kSha512, HashAlg::kSha384}) {
    if (std::find(log.banks.begin(), log.banks.end(), bank) != log.banks.end()) {
      return bank;
    }
  }
  return HashAlg::kSha1;
}

bool is_register_log(const BootLog& log) {
  return log.banks == std::vector{HashAlg::kSha384} && !log.events.empty() &&
         std::all_of(log.events.begin(), log.events.end(), [](const BootEvent& event) {
           return event.type == eventlog::kNoAction || (event.pcr >= 1 && event.pcr <= 4);
         });
}

BootReading read_boot(const BootLog& log, const BesideTheLog& beside) {
  if (is_register_log(log)) {
    return read_registers(log);
  }
  BootReading reading;
  const HashAlg bank = reading_bank(log);
  const bool foreign = bank != kPolicyBank;
  if (foreign) {
    reading.findings.push_back(
        {Reason::kBootLogWithoutBank, "boot log",
         "read in bank " + std::string(crypto::name(bank)) + ", which satisfies no policy"});
  }
  const BootLog read = foreign ? in_policy_bank(log, bank) : log;
  const auto boot = verify_boot(eventlog::write_boot_log(read), LogReading::of_boot(read, beside),
                                beside.userspace_log);
  take(*boot, reading);
  return reading;
}

ImaReading read_ima(ByteSpan entries, const PcrValues& pcrs) {
  ImaReading reading;
  if (entries.empty()) {
    reading.findings = {{Reason::kImaListMissing, "IMA list", "it has no entry"}};
    return reading;
  }
  crypto::Digest pcr10(kPolicyBank);
  Findings after;  // about what follows the last entry of PCR 10: no quoted value is behind it
  eventlog::ImaReader reader(entries);
  for (auto entry = reader.next(); entry && *entry; entry = reader.next()) {
    if ((*entry)->pcr == kImaPcr.value()) {
      pcr10 = crypto::extended(pcr10, (*entry)->extend_value(kPolicyBank).bytes());
      after.clear();
    } else if (after.size() < kMaxImaFindings) {
      after.push_back({Reason::kImaForeignPcr, std::string((*entry)->name.substr(0, 256)),
                       "PCR " + std::to_string((*entry)->pcr)});
    }
  }
  auto result = verify_ima({}, {.from = 0, .entries = entries}, LogReading::of_ima(pcr10, pcrs));
  if (auto* ima = std::get_if<VerifiedIma>(&result)) {
    reading = {.files = ima->files(),
               .entries = ima->entries(),
               .violations = ima->violations(),
               .findings = ima->findings()};
  } else {
    // A long list, which verify_ima() takes for the first part of a longer one.
    reading.findings.push_back({Reason::kImaListIncomplete, "IMA list"});
  }
  append(reading.findings, after);
  if (!has_all_of_aggregate(pcrs)) {
    std::erase_if(reading.findings,
                  [](const Finding& f) { return f.reason == Reason::kImaBootAggregateMismatch; });
  }
  return reading;
}

}  // namespace seaworthy::verify
