// What the machine booted and ran.
#include <algorithm>
#include <array>
#include <functional>

#include "codec/hex.h"
#include "eventlog/boot_log.h"
#include "eventlog/ima.h"
#include "lies.h"

namespace seaworthy::liar {
namespace {

using eventlog::BootEvent;
using eventlog::BootLog;

constexpr std::uint32_t kUnused = 1;  // EV_UNUSED

void put(Bytes log, api::AttestRequest& request) {
  request.boot_log_digest = codec::to_hex(crypto::sha256(log).bytes());
  request.boot_log = std::move(log);
}

// Everything honest but the boot log.
Result<void> with_log(Node& node, const std::string& what,
                      const std::function<void(BootLog&)>& change) {
  return node.tell(what, [&](const auto&, api::AttestRequest& request) -> Result<void> {
    BootLog log = TRY(eventlog::parse_boot_log(*request.boot_log));
    change(log);
    put(eventlog::write_boot_log(log), request);
    return {};
  });
}

bool in_pcr(const BootEvent& event, std::uint8_t pcr) {
  return event.pcr == pcr && event.type != eventlog::kNoAction;
}

//
Result<void> broken_boot_log(Node& node) {
  TRY(node.tell("a boot log that ends in the middle of an event",
                [](const auto&, api::AttestRequest& request) -> Result<void> {
                  Bytes log = *request.boot_log;
                  log.resize(log.size() / 2);
                  put(std::move(log), request);
                  return {};
                }));
  TRY(with_log(node, "a boot log that ends with half of the events",
               [](BootLog& log) { log.events.resize(log.events.size() / 2); }));
  TRY(with_log(node, "a boot log with another digest for the first program that was started",
               [](BootLog& log) {
                 const auto first = std::ranges::find_if(log.events, [](const BootEvent& event) {
                   return event.type == eventlog::kBootApplication;
                 });
                 for (crypto::Digest& digest : first->digests) {
                   digest = crypto::hash(digest.alg(), as_bytes("a program that is not amiss"));
                 }
               }));
  return with_log(node, "a boot log with two programs in another order", [](BootLog& log) {
    std::vector<BootEvent*> programs;
    for (BootEvent& event : log.events) {
      if (event.type == eventlog::kBootApplication) {
        programs.push_back(&event);
      }
    }
    std::swap(*programs.front(), *programs.back());
  });
}

// Types are not measured, so the log still leads to the quoted PCRs.
Result<void> relabelled_events(Node& node) {
  TRY(with_log(node, "a boot log that calls the programs that were started EV_UNUSED",
               [](BootLog& log) {
                 for (BootEvent& event : log.events) {
                   if (event.type == eventlog::kBootApplication) {
                     event.type = kUnused;
                   }
                 }
               }));
  return with_log(node, "a boot log that calls what PCR 7 was extended with EV_ACTION",
                  [](BootLog& log) {
                    for (BootEvent& event : log.events) {
                      if (in_pcr(event, 7)) {
                        event.type = eventlog::kAction;
                      }
                    }
                  });
}

// Neither is the data of an event, only its digest.
Result<void> other_command_line(Node& node) {
  return with_log(node, "a boot log that shows another command line than was measured",
                  [](BootLog& log) {
                    for (BootEvent& event : log.events) {
                      if (in_pcr(event, 8)) {
                        append(event.data, as_bytes(" ima_policy=tcb"));
                      }
                    }
                  });
}

//
Result<void> events_left_out(Node& node) {
  return with_log(node, "a boot log without a word about PCR 14", [](BootLog& log) {
    std::erase_if(log.events, [](const BootEvent& event) { return in_pcr(event, 14); });
  });
}

// Where the entries begin, and where the last one ends.
Result<std::vector<std::size_t>> boundaries(ByteSpan list) {
  std::vector<std::size_t> out = {0};
  eventlog::ImaReader reader(list);
  while (TRY(reader.next())) {
    out.push_back(reader.consumed());
  }
  return out;
}

using Entries = std::vector<Bytes>;

// Everything honest but the IMA list.
Result<void> with_entries(Node& node, const std::string& what,
                          const std::function<void(Entries&)>& change) {
  return node.tell(what, [&](const auto&, api::AttestRequest& request) -> Result<void> {
    Bytes& list = request.ima->entries;
    const auto ends = TRY(boundaries(list));
    Entries entries;
    for (std::size_t i = 1; i < ends.size(); ++i) {
      entries.emplace_back(list.begin() + static_cast<std::ptrdiff_t>(ends[i - 1]),
                           list.begin() + static_cast<std::ptrdiff_t>(ends[i]));
    }
    change(entries);
    list.clear();
    for (const Bytes& entry : entries) {
      append(list, entry);
    }
    return {};
  });
}

//
Result<void> list_withheld(Node& node) {
  TRY(with_entries(node, "an IMA list without an entry",
                   [](Entries& entries) { entries.clear(); }));
  return with_entries(node, "an IMA list that ends before the last file that ran",
                      [](Entries& entries) { entries.pop_back(); });
}

//
Result<void> list_edited(Node& node) {
  TRY(with_entries(node, "an IMA list without one of the files in the middle",
                   [](Entries& entries) { entries.erase(entries.begin() + 5); }));
  TRY(with_entries(node, "an IMA list with another file in place of the last one",
                   [](Entries& entries) {
                     Bytes& last = entries.back();
                     eventlog::ImaReader reader(last);
                     const auto entry = reader.next();
                     const auto at = (*entry)->file_digest.data() - last.data();
                     last[static_cast<std::size_t>(at)] ^= 1;
                   }));
  TRY(with_entries(node, "an IMA list that ends in the middle of an entry",
                   [](Entries& entries) { entries.back().resize(entries.back().size() - 3); }));
  return with_entries(node, "an IMA list with two entries in another order",
                      [](Entries& entries) { std::swap(entries[4], entries[5]); });
}

constexpr std::array kBootLog = {
    Lie{"broken-boot-log", "A-64", &broken_boot_log},
    Lie{"relabelled-events", "A-65", &relabelled_events},
    Lie{"other-command-line", "A-66", &other_command_line},
    Lie{"events-left-out", "A-69", &events_left_out},
};
constexpr std::array kIma = {
    Lie{"list-edited", "A-88", &list_edited},
    Lie{"list-withheld", "A-89", &list_withheld},
};

}  // namespace

std::span<const Lie> boot_log_lies() {
  return kBootLog;
}
std::span<const Lie> ima_lies() {
  return kIma;
}

}  // namespace seaworthy::liar
