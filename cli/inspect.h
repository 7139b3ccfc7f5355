// kubectl seaworthy inspect: files → bytes → the command → text. Asks no cluster.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "commands/inspection.h"

namespace CLI {
class App;
}

namespace seaworthy::cli {

enum class Subject : std::uint8_t { kBootLog, kIma, kQuote, kEkCertificate, kEar };

struct InspectOptions {
  Subject subject = Subject::kBootLog;
  std::string file;     // "-": standard input
  bool events = false;  // boot-log --events
  std::string attest;   // quote --attest, and so on: files
  std::string signature;
  std::string ak;
  std::string pcrs;
  std::string nonce;      // quote --nonce: hexadecimal, or a file
  std::string selection;  // quote --selection
  std::string keys;       // ear --keys: a file
  bool strict = false;    // findings make exit status 3
};

// Adds the subcommand and its options; `chosen` is called when it was parsed.
void add_inspect(CLI::App& app, InspectOptions& options, const std::function<void()>& chosen);

// kMalformed names the file and the offset of what cannot be read.
Result<commands::Inspection> inspect(const InspectOptions& options, const commands::Output& output,
                                     Time now);

}  // namespace seaworthy::cli
