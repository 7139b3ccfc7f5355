// kubectl seaworthy capture: evidence or an image → reference values, as a file to read and apply.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "commands/capture_evidence.h"
#include "commands/output.h"

namespace CLI {
class App;
}

namespace seaworthy::cli {

enum class CaptureSubject : std::uint8_t { kNode, kFiles, kImage };

struct CaptureCommand {
  CaptureSubject subject = CaptureSubject::kFiles;
  std::string name;           // --name, of the set; empty with node: none is made
  std::string node;           // node NAME
  std::string evidence;       // node --evidence: a folder; empty: no files
  int timeout_seconds = 120;  // node --timeout
  std::string image;          // image: a path
  bool all_files = false;     // image --all-files
  std::string boot_log;       // files: names of files, "-" is standard input
  std::string userspace_log;
  std::string ima;
  std::string pcrs;
  std::string pins;  // --pin: "0,2,3", "none"; empty: the default
  bool events = false;
  bool no_files = false;
  std::vector<std::string> ignored;
  std::vector<std::string> command_lines;
  std::string typed;  // the command line of this program
  bool strict = false;
};

// Adds the subcommand and its options; `chosen` is called when it was parsed.
void add_capture(CLI::App& app, CaptureCommand& options, const std::function<void()>& chosen);

struct Captured {
  std::string text;
  std::string summary;  // for standard error
  bool remarkable = false;
};
// Of files or an image.
Result<Captured> capture(const CaptureCommand& options, commands::Format format, Time now);

// Reference values out of evidence, as the options say.
Result<Captured> capture(const CaptureCommand& options, const commands::MachineLogs& evidence,
                         commands::Format format, Time now);

}  // namespace seaworthy::cli
