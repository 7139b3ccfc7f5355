#include "verify/log_reading.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "eventlog/event_text.h"
#include "eventlog/ima.h"
#include "eventlog/replay.h"
#include "verify/ima.h"
#include "verify/quirks.h"
#include "verify/quote.h"

namespace seaworthy::verify {

using crypto::HashAlg;
using eventlog::BootEvent;
using eventlog::BootLog;
using tpm::PcrIndex;

// The values that a log leads to, as if a TPM had quoted them.
class LogReading {
 public:
  static QuotedPcrs of_boot(const BootLog& log) {
    QuotedPcrs pcrs;
    const eventlog::ReplayedBank bank = eventlog::replay(log, kPolicyBank);
    for (std::uint32_t i = 0; i < tpm::kPcrCount; ++i) {
      if (i < 8 || bank[i].extensions > 0) {
        set(pcrs, i, bank[i].value);
      }
    }
    return pcrs;
  }

  static QuotedPcrs of_ima(const crypto::Digest& pcr10) {
    QuotedPcrs pcrs;
    set(pcrs, static_cast<std::uint32_t>(kImaPcr.value()), pcr10);
    return pcrs;
  }

 private:
  static void set(QuotedPcrs& pcrs, std::uint32_t index, const crypto::Digest& value) {
    const auto pcr = PcrIndex::of(index);
    SEAWORTHY_CHECK(pcr);
    pcrs.values_[index] = value;
    pcrs.selected_.add(*pcr);
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

BootReading read_boot(const BootLog& log) {
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
  const auto boot = verify_boot(eventlog::write_boot_log(read), LogReading::of_boot(read));
  reading.secure_boot = boot->secure_boot(Quirks::all());  // what deviates is a finding
  reading.command_lines = boot->command_lines();
  append(reading.findings, boot->findings());
  for (const Finding& finding : boot->secure_boot_findings()) {
    if (std::find(reading.findings.begin(), reading.findings.end(), finding) ==
        reading.findings.end()) {
      reading.findings.push_back(finding);
    }
  }
  return reading;
}

Findings read_ima(ByteSpan entries) {
  if (entries.empty()) {
    return {{Reason::kImaListMissing, "IMA list", "it has no entry"}};
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
  const auto result = verify_ima({}, {.from = 0, .entries = entries}, LogReading::of_ima(pcr10));
  Findings found;
  if (const auto* ima = std::get_if<VerifiedIma>(&result)) {
    found = ima->findings();
  }
  append(found, after);
  // Whether boot_aggregate is right can only be told with the PCRs that it is made from.
  std::erase_if(found,
                [](const Finding& f) { return f.reason == Reason::kImaBootAggregateMismatch; });
  return found;
}

}  // namespace seaworthy::verify
