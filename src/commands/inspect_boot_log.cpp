#include "commands/inspect_boot_log.h"

#include <algorithm>
#include <map>

#include "codec/writer.h"
#include "eventlog/boot_log.h"
#include "eventlog/event_text.h"
#include "eventlog/replay.h"
#include "verify/log_reading.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using crypto::HashAlg;
using eventlog::BootEvent;
using eventlog::BootLog;

constexpr std::string_view kLocality{"StartupLocality\0", 16};

// Algorithms that a log may list and that we do not compute (TCG Algorithm Registry 1.34).
std::string bank_name(std::uint16_t alg) {
  switch (alg) {
    case 0x0012:
      return "sm3_256";
    case 0x0027:
      return "sha3_256";
    case 0x0028:
      return "sha3_384";
    case 0x0029:
      return "sha3_512";
    default:
      return "0x" + hex(codec::Writer().u16be(alg).bytes());
  }
}

std::vector<std::string> bank_names(const BootLog& log) {
  std::vector<std::string> names;
  for (const HashAlg bank : log.banks) {
    names.emplace_back(crypto::name(bank));
  }
  for (const std::uint16_t alg : log.unknown_banks) {
    names.push_back(bank_name(alg));
  }
  return names;
}

// What the log says of the locality that PCR 0 started in; 0 if it says nothing.
int startup_locality(const BootLog& log) {
  for (const BootEvent& event : log.events) {
    if (event.pcr == 0 && event.type == eventlog::kNoAction &&
        as_text(event.data).starts_with(kLocality) && event.data.size() == kLocality.size() + 1) {
      return event.data.back();
    }
  }
  return 0;
}

bool has_hcrtm(const BootLog& log) {
  return std::any_of(log.events.begin(), log.events.end(), [](const BootEvent& event) {
    return event.pcr == 0 && event.type == eventlog::kHcrtmEvent;
  });
}

struct Replays {
  std::map<HashAlg, eventlog::ReplayedBank> banks;

  explicit Replays(const BootLog& log) {
    for (const HashAlg bank : log.banks) {
      banks.emplace(bank, eventlog::replay(log, bank));
    }
  }
  static bool measured(const eventlog::ReplayedPcr& pcr) {
    return pcr.extensions > 0 || pcr.unusable;
  }
};

Json pcrs_json(const Replays& replays) {
  Json out = Json::object();
  for (const auto& [bank, pcrs] : replays.banks) {
    Json values = Json::object();
    for (std::size_t i = 0; i < pcrs.size(); ++i) {
      if (Replays::measured(pcrs[i])) {
        values[std::to_string(i)] = pcrs[i].unusable ? Json() : Json(hex(pcrs[i].value.bytes()));
      }
    }
    out[std::string(crypto::name(bank))] = std::move(values);
  }
  return out;
}

Json events_json(const BootLog& log, HashAlg bank) {
  Json out = Json::array();
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    const BootEvent& event = log.events[i];
    const eventlog::EventText text = eventlog::describe(event, bank);
    Json digests = Json::object();
    for (const crypto::Digest& digest : event.digests) {
      digests[std::string(crypto::name(digest.alg()))] = hex(digest.bytes());
    }
    out.push_back({{"index", i},
                   {"pcr", event.pcr},
                   {"type", eventlog::event_type_name(event.type)},
                   {"digests", std::move(digests)},
                   {"extended", event.type != eventlog::kNoAction},
                   {"proven", text.proven},
                   {"claimed", text.claimed}});
  }
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    out += (out.empty() ? "" : std::string(separator)) + word;
  }
  return out;
}

std::string secure_boot_text(verify::SecureBoot state, Colour colour) {
  switch (state) {
    case verify::SecureBoot::kOn:
      return good("On", colour);
    case verify::SecureBoot::kOff:
      return bad("Off", colour);
    case verify::SecureBoot::kUnknown:
      break;
  }
  return warning("Unknown", colour);
}

std::string pcrs_text(const BootLog& log, const Replays& replays, const Output& output) {
  std::vector<HashAlg> shown{verify::reading_bank(log)};
  if (output.format == Format::kWide) {
    shown = log.banks;
  }
  const std::string what = verify::is_register_log(log) ? "REGISTER" : "PCR";
  std::vector<std::vector<std::string>> rows{{what, "EVENTS"}};
  for (const HashAlg bank : shown) {
    rows[0].emplace_back(crypto::name(bank));
  }
  for (std::uint32_t i = 0; i < eventlog::kPcrCount; ++i) {
    std::vector<std::string> row{
        std::to_string(i),
        std::to_string(std::count_if(log.events.begin(), log.events.end(), [i](const auto& event) {
          return event.pcr == i && event.type != eventlog::kNoAction;
        }))};
    for (const HashAlg bank : shown) {
      const auto found = replays.banks.find(bank);
      if (found != replays.banks.end()) {
        const eventlog::ReplayedPcr& pcr = found->second[i];
        row.push_back(pcr.unusable ? "not replayable" : hex(pcr.value.bytes()));
      }
    }
    if (row[1] != "0") {
      rows.push_back(std::move(row));
    }
  }
  return rows.size() == 1 ? "No event was measured.\n" : table(rows);
}

// One event, two or three lines: what it is, what its digest shows, what is only claimed.
std::string events_text(const BootLog& log, HashAlg bank, Colour colour) {
  std::string out = "\n" + bold("Events", colour) +
                    ": what holds if the PCR is quoted with the value above, and what is only "
                    "claimed\n";
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    const BootEvent& event = log.events[i];
    const eventlog::EventText text = eventlog::describe(event, bank);
    const crypto::Digest* digest = event.digest(bank);
    std::string number = std::to_string(i);
    number.insert(0, number.size() < 4 ? 4 - number.size() : 0, ' ');
    out += number + "  PCR " + std::to_string(event.pcr) + (event.pcr < 10 ? "   " : "  ") +
           eventlog::event_type_name(event.type) + "\n";
    if (event.type == eventlog::kNoAction) {
      out += "      not measured\n";
    } else if (digest != nullptr) {
      out += "      digest   " + hex(digest->bytes()) + "\n";
    }
    if (!text.proven.empty()) {
      out += "      " + good("proven", colour) + "   " + printable(text.proven) + "\n";
    }
    if (!text.claimed.empty()) {
      out += "      " + warning("claimed", colour) + "  " + printable(text.claimed) + "\n";
    }
  }
  return out;
}

}  // namespace

Result<Inspection> inspect_boot_log(ByteSpan bytes, ShowEvents events, const Output& output) {
  const BootLog log = TRY(eventlog::parse_boot_log(bytes));
  const Replays replays(log);
  const verify::BootReading reading = verify::read_boot(log);
  const std::string format = log.crypto_agile ? "crypto-agile" : "sha1";
  const std::size_t count = log.events.size() + log.unbound_events;
  const HashAlg bank = verify::reading_bank(log);
  if (output.for_programs()) {
    Json document{{"format", format},
                  {"banks", bank_names(log)},
                  {"events", count},
                  {"startupLocality", startup_locality(log)},
                  {"hcrtm", has_hcrtm(log)},
                  {"paddingBytes", log.padding_bytes},
                  {"secureBoot", verify::name(reading.secure_boot)},
                  {"commandLines", reading.command_lines},
                  {"pcrs", pcrs_json(replays)}};
    if (events == ShowEvents::kYes) {
      document["eventList"] = events_json(log, bank);
    }
    return inspection(std::move(document), {}, verify::views(reading.findings), output);
  }
  std::vector<std::vector<std::string>> facts{
      {"Format",
       format + ", " + std::to_string(count) + " events" +
           (log.padding_bytes > 0 ? ", " + std::to_string(log.padding_bytes) + " bytes of padding"
                                  : "")},
      {"Banks", joined(bank_names(log), ", ")},
      {"Startup locality",
       std::to_string(startup_locality(log)) + (has_hcrtm(log) ? ", measured by an H-CRTM" : "")},
      {"Secure Boot", secure_boot_text(reading.secure_boot, output.colour)}};
  for (const std::string& line : reading.command_lines) {
    facts.push_back({"Command line", printable(line)});
  }
  std::string text = facts_text(facts) + "\n" + pcrs_text(log, replays, output);
  if (events == ShowEvents::kYes) {
    text += events_text(log, bank, output.colour);
  }
  text += "\nA log by itself proves nothing: it counts once a quote shows these PCR values.\n";
  return inspection({}, std::move(text), verify::views(reading.findings), output);
}

}  // namespace seaworthy::commands
