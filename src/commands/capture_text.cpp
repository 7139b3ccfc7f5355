#include "commands/capture_text.h"

#include <string_view>

#include "codec/hex.h"
#include "codec/yaml.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;
using codec::yaml_quoted;

constexpr std::size_t kLine = 110;  // of comments

// For a comment: ASCII, on one line whatever a log says. YAML has more ends of lines than a
// terminal.
std::string ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += byte >= 0x20 && byte < 0x7F ? std::string(1, c) : "\\x" + codec::to_hex({&byte, 1});
  }
  return out;
}

// Comment lines, broken at spaces.
std::string comment(std::string_view text, const std::string& first, const std::string& next) {
  std::string out;
  std::string line = first;
  std::string rest = ascii(text);
  while (!rest.empty()) {
    const std::string word = rest.substr(0, rest.find(' '));
    rest.erase(0, word.size() + 1);
    if (line.size() + word.size() > kLine && line != first && line != next) {
      out += line + "\n";
      line = next;
    }
    line += (line == first || line == next ? "" : " ") + word;
  }
  return out + line + "\n";
}

std::string quoted_hex(const Sha256Value& digest) {
  return "\"" + codec::to_hex(digest) + "\"";
}

class YamlWriter {
 public:
  YamlWriter(const Capture& capture, const CaptureOrigin& origin)
      : capture_(capture), origin_(origin) {}

  std::string run() {
    head();
    for (const ReferenceValueSet& set : capture_.sets) {
      out_ +=
          "---\napiVersion: seaworthy.dev/v1alpha1\nkind: ReferenceValueSet\nmetadata:\n  name: " +
          yaml_quoted(set.meta.name) + "\nspec:\n";
      if (set.describes_boot()) {
        boot(set);
      }
      measurements(set);
      files(set);
    }
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }

  void head() {
    line("# Proposed reference values. Nothing is trusted by them until somebody applies them:");
    line("# they say what was found, not whether it is good. Read them first.");
    line("#");
    out_ += comment(origin_.when.rfc3339() + ", by: " + origin_.command, "# Captured ", "#   ");
    for (const std::string& source : capture_.sources) {
      out_ += comment(source, "# From ", "#   ");
    }
    line("# Apply with: kubectl apply --server-side -f FILE");
    line("#");
    if (capture_.findings.empty() && capture_.remarks.empty()) {
      line("# Nothing stands out.");
      return;
    }
    line("# Look at this:");
    for (const api::FindingView& finding : capture_.findings) {
      out_ += comment(finding.reason + "  " + finding.about + ": " + finding.message, "#   - ",
                      "#     ");
    }
    for (const std::string& remark : capture_.remarks) {
      out_ += comment(remark, "#   - ", "#     ");
    }
  }

  void boot(const ReferenceValueSet& set) {
    line("  boot:");
    if (!set.pcrs.empty()) {
      line("    # Registers that must have exactly these values.");
      line("    pcrs:");
    }
    for (const auto& pcr : set.pcrs) {
      line("    # PCR " + std::to_string(pcr.index) + ": " + std::string(about_pcr(pcr.index)));
      line("    - index: " + std::to_string(pcr.index));
      line("      sha256: " + quoted_hex(pcr.sha256));
    }
    digests("applications",
            "Authenticode digests of what the firmware may start: every one that it does.",
            set.applications);
    digests("unifiedKernels", "Unified kernel images, one of which must be started.",
            set.unified_kernels);
    events(set);
    if (!set.command_lines.empty()) {
      line("    # One of these must be the kernel's, exactly.");
      line("    commandLines:");
    }
    for (const std::string& text : set.command_lines) {
      line("    - " + yaml_quoted(text));
    }
  }

  void digests(const std::string& field, const std::string& about,
               const std::vector<Sha256Value>& values) {
    if (values.empty()) {
      return;
    }
    line("    # " + about);
    line("    " + field + ":");
    for (const Sha256Value& value : values) {
      line("    - " + quoted_hex(value) + note(value));
    }
  }

  void events(const ReferenceValueSet& set) {
    if (!set.events.empty()) {
      line("    # Registers that may be extended with these and nothing else, in any order.");
      line("    events:");
    }
    for (const auto& events : set.events) {
      line("    # PCR " + std::to_string(events.pcr) + ": " + std::string(about_pcr(events.pcr)));
      line("    - pcr: " + std::to_string(events.pcr));
      line(events.sha256.empty() ? "      sha256: []" : "      sha256:");
      for (const Sha256Value& value : events.sha256) {
        line("      - " + quoted_hex(value) + note(value));
      }
    }
  }

  void measurements(const ReferenceValueSet& set) {
    if (!set.runtime.measurements.empty()) {
      line(
          "  # What the kernel measured that is no file: keys, command lines of kexec, its own "
          "data.");
      line("  measurements:");
    }
    for (const auto& measurement : set.runtime.measurements) {
      line("  - name: " + yaml_quoted(measurement.name));
      line("    sha256: " + quoted_hex(measurement.sha256) + note(measurement.sha256));
    }
  }

  void files(const ReferenceValueSet& set) {
    if (set.files.empty()) {
      return;
    }
    line("  # " + std::to_string(set.files.size()) + " files, known by content wherever they lie.");
    line("  files:");
    std::string folder = "/";  // none is shown as that
    for (std::size_t i = 0; i < set.files.size(); ++i) {
      const auto& file = set.files[i];
      if (const std::string here = group(file.path); here != folder) {
        folder = here;
        std::size_t end = i;
        while (end < set.files.size() && group(set.files[end].path) == here) {
          ++end;
        }
        line("  # " + ascii(here) + ": " + std::to_string(end - i));
      }
      line("  - {sha256: " + quoted_hex(file.sha256) +
           (file.path.empty() ? "" : ", path: " + yaml_quoted(file.path)) +
           (file.bound_to_path ? ", match: ContentAndPath" : "") + "}");
    }
  }

  // The two outermost folders: "/usr/bin".
  static std::string group(const std::string& path) {
    if (path.empty()) {
      return "without a path";
    }
    const std::size_t first = path.find('/', 1);
    const std::size_t second = first == std::string::npos ? first : path.find('/', first + 1);
    return second != std::string::npos  ? path.substr(0, second)
           : first != std::string::npos ? path.substr(0, first)
                                        : "at the root";
  }

  std::string note(const Sha256Value& digest) const {
    const auto found = capture_.notes.find(digest);
    return found == capture_.notes.end() ? "" : "  # " + ascii(found->second);
  }

  const Capture& capture_;
  const CaptureOrigin& origin_;
  std::string out_;
};

std::string json_text(const Capture& capture) {
  codec::Json items = codec::Json::array();
  for (const ReferenceValueSet& set : capture.sets) {
    items.push_back(api::reference_values_json(set));
  }
  return as_document(
      items.size() == 1
          ? items[0]
          : codec::Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}},
      Format::kJson);
}

}  // namespace

std::string capture_text(const Capture& capture, const CaptureOrigin& origin, Format format) {
  return format == Format::kJson ? json_text(capture) : YamlWriter(capture, origin).run();
}

}  // namespace seaworthy::commands
