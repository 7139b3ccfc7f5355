#include "commands/capture_evidence.h"

#include <algorithm>
#include <set>
#include <utility>

#include "commands/inspect_ima.h"
#include "commands/inspection.h"
#include "eventlog/event_text.h"
#include "eventlog/replay.h"
#include "policy/boot_match.h"
#include "verify/loader.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;
using tpm::PcrIndex;
using tpm::PcrMask;
using verify::BootReading;

constexpr std::size_t kMaxNote = 160;
constexpr std::size_t kMaxNamed = 8;  // files that are named in one remark
constexpr std::size_t kMaxPathShown = 1024;

std::string source(const std::string& what, ByteSpan bytes) {
  return what + ", " + std::to_string(bytes.size()) +
         " bytes, sha256:" + hex(crypto::sha256(bytes).bytes());
}

class EvidenceCapture {
 public:
  EvidenceCapture(const MachineLogs& evidence, const CaptureOptions& options)
      : evidence_(evidence), options_(options) {}

  Result<Capture> run(const std::string& name) {
    set_.meta.name = name;
    TRY(boot());
    if (evidence_.ima && options_.files) {
      TRY(ima(*evidence_.ima));
    }
    TRY(something_is_proven());
    TRY(put_sets(std::move(set_), capture_));
    return std::move(capture_);
  }

 private:
  Result<void> something_is_proven() const {
    if (set_.describes_boot() || !set_.files.empty() || !set_.runtime.empty()) {
      return {};
    }
    std::string why;
    for (const api::FindingView& finding : capture_.findings) {
      why += (why.empty() ? ": " : ", ") + finding.reason + " (" + finding.about + ")";
    }
    return malformed("these logs prove nothing that can be compared" + why);
  }

  void remark(std::string sentence) { capture_.remarks.push_back(std::move(sentence)); }
  void found(const verify::Findings& findings) {
    const auto views = verify::views(findings);
    capture_.findings.insert(capture_.findings.end(), views.begin(), views.end());
  }

  Result<void> boot() {
    log_ = TRY(eventlog::parse_boot_log(evidence_.boot_log));
    if (verify::reading_bank(log_) != verify::kPolicyBank || verify::is_register_log(log_)) {
      return unsupported("the boot log has no SHA-256 digests: it satisfies no policy");
    }
    capture_.sources.push_back(source("boot log", evidence_.boot_log));
    verify::BesideTheLog beside{.userspace_log = {}, .pcrs = evidence_.pcrs};
    if (evidence_.userspace_log) {
      capture_.sources.push_back(source("log of systemd", *evidence_.userspace_log));
      beside.userspace_log = *evidence_.userspace_log;
    }
    capture_.sources.push_back(evidence_.pcrs.empty()
                                   ? "the registers that these logs lead to: none were given"
                                   : std::to_string(evidence_.pcrs.size()) + " registers");
    reading_ = verify::read_boot(log_, beside);
    found(reading_.findings);
    programs();
    TRY(registers());
    command_lines();
    describe_events();
    return {};
  }

  bool unified() const { return !reading_.uki_sections.empty(); }

  // Firmware starts boot loaders, the last of them the image, which then starts its own kernel out
  // of memory: that one has no file. Files are claimed, so a person has to look.
  void programs() {
    const auto& all = reading_.applications;
    const auto from_file = [](const auto& program) { return !program.claimed_file.empty(); };
    std::size_t loaders = all.size();
    if (unified()) {
      const auto image = std::find_if(all.rbegin(), all.rend(), from_file);
      loaders =
          image == all.rend() ? 0 : static_cast<std::size_t>(std::distance(image, all.rend())) - 1;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Sha256Value digest = verify::bytes_of(all[i].digest);
      capture_.notes[digest] = from_file(all[i]) ? "claims to be " + all[i].claimed_file
                                                 : "started out of memory: no file is claimed";
      if (i < loaders) {
        set_.applications.push_back(digest);
      } else if (i == loaders) {
        set_.unified_kernels.push_back(digest);
      }
    }
    if (unified()) {
      remark(set_.unified_kernels.empty()
                 ? "A unified kernel image was started, and no program claims a file: which one it "
                   "is cannot be told."
                 : "Which program is the unified kernel image is only claimed: compare "
                   "unifiedKernels with the digest of the image that you made.");
    }
  }

  bool extended(std::uint8_t pcr) const {
    const auto events = reading_.measured.find(pcr);
    return events != reading_.measured.end() && !events->second.empty();
  }

  PcrMask default_registers() const {
    PcrMask mask{PcrIndex::at<0>(), PcrIndex::at<2>(), PcrIndex::at<3>()};
    if (extended(14)) {
      mask.add(PcrIndex::at<14>());
    }
    if (reading_.secure_boot != verify::SecureBoot::kOn && !unified() && extended(9)) {
      mask.add(PcrIndex::at<9>());
    }
    return mask;
  }

  Result<void> registers() {
    for (const PcrIndex pcr : options_.pcrs.value_or(default_registers()).indexes()) {
      if (pcr == verify::kImaPcr || pcr.value() > 15) {
        return malformed("PCR " + std::to_string(pcr.value()) +
                         " cannot be compared: 0 to 9 and 11 to 15 can");
      }
      reference(static_cast<std::uint8_t>(pcr.value()));
    }
    return {};
  }

  void reference(std::uint8_t pcr) {
    const auto value = reading_.pcrs.find(pcr);
    if (value == reading_.pcrs.end()) {
      remark("PCR " + std::to_string(pcr) + " is left out: the logs do not prove its value.");
    } else if (options_.registers == Registers::kEvents) {
      events(pcr);
    } else {
      set_.pcrs.push_back({pcr, verify::bytes_of(value->second)});
    }
  }

  void events(std::uint8_t pcr) {
    ReferenceValueSet::Events events{.pcr = pcr, .sha256 = reading_.measured.at(pcr)};
    if (pcr == 11) {
      std::erase_if(events.sha256, verify::means_only_progress);
    }
    set_.events.push_back(std::move(events));
  }

  void command_lines() {
    std::vector<std::string> lines = reading_.command_lines;
    if (unified()) {
      lines = unified_command_lines();
    } else if (lines.empty()) {
      remark("No command line is proven: a policy that demands IMA needs one, or imaPolicies.");
    }
    for (const std::string& line : lines) {
      put_command_line(line, set_, capture_);
    }
  }

  // The image's own, whose text a person has to give, and what was passed on beside it. All of
  // them, or none: half of them match nothing.
  std::vector<std::string> unified_command_lines() {
    std::vector<std::string> lines = reading_.passed_command_lines;
    for (const verify::UkiSection& section : reading_.uki_sections) {
      if (section.name != ".cmdline") {
        continue;
      }
      const auto line = std::find_if(
          options_.command_lines.begin(), options_.command_lines.end(),
          [&](const std::string& text) { return policy::is_section_of(section.sha256, text); });
      if (line == options_.command_lines.end()) {
        remark(
            "commandLines is left out: the image's own is not in the logs, only its digest "
            "sha256:" +
            hex(section.sha256) + ". Say it with --command-line.");
        return {};
      }
      lines.push_back(*line);
    }
    if (!lines.empty() && !reading_.passed_command_lines_complete && !decides_12() &&
        reading_.measured.contains(12)) {
      remark(
          "Something without text was measured into PCR 12 (credentials, add-ons): its events "
          "are listed.");
      events(12);
    }
    return lines;
  }

  bool decides_12() const {
    return std::any_of(set_.pcrs.begin(), set_.pcrs.end(),
                       [](const auto& pcr) { return pcr.index == 12; }) ||
           std::any_of(set_.events.begin(), set_.events.end(),
                       [](const auto& events) { return events.pcr == 12; });
  }

  // What the log says of the events that are listed, for the person who reads the list.
  void describe_events() {
    std::set<Sha256Value> listed;
    for (const auto& events : set_.events) {
      listed.insert(events.sha256.begin(), events.sha256.end());
    }
    for (const eventlog::BootEvent& event : log_.events) {
      const crypto::Digest* digest = event.digest(verify::kPolicyBank);
      if (digest == nullptr || !listed.contains(verify::bytes_of(*digest))) {
        continue;
      }
      const eventlog::EventText text = eventlog::describe(event, verify::kPolicyBank);
      std::string note = eventlog::event_type_name(event.type);
      note += text.proven.empty() ? "" : ": " + text.proven;
      note += text.claimed.empty() ? "" : ", claims: " + text.claimed;
      capture_.notes.try_emplace(verify::bytes_of(*digest), shortened(note, kMaxNote));
    }
  }

  // What boot_aggregate is made from: what was read, else what the log leads to.
  verify::PcrValues values_for_ima() const {
    verify::PcrValues values = evidence_.pcrs;
    const eventlog::ReplayedBank bank = eventlog::replay(log_, verify::kPolicyBank);
    for (std::uint8_t i = 0; i < 10; ++i) {
      values.try_emplace(i, bank[i].value);
    }
    return values;
  }

  Result<void> ima(ByteSpan list) {
    TRY(check_ima_list(list));
    capture_.sources.push_back(source("IMA list", list));
    const verify::ImaReading reading = verify::read_ima(list, values_for_ima());
    found(reading.findings);
    IgnoredFolders ignored(options_.ignored);
    for (const verify::MeasuredFile& file : reading.files) {
      if (file.kind == verify::MeasuredFile::Kind::kBuffer) {
        measurement(file);
      } else if (!ignored.take(file.path)) {
        set_.files.push_back(reference(file));
      }
    }
    ignored.remark(capture_);
    several_contents();
    return {};
  }

  static ReferenceValueSet::File reference(const verify::MeasuredFile& file) {
    std::string path = printable(file.path);
    if (path.size() > kMaxPathShown) {
      path.clear();  // a hint, and this one helps nobody
    }
    return {.sha256 = policy::value_of(file.digest), .path = std::move(path)};
  }

  void measurement(const verify::MeasuredFile& buffer) {
    const std::string name(buffer.path);
    if (name.empty() || name.size() > api::kMaxMeasurementName || printable(name) != name) {
      remark("A measurement has a name that a set cannot hold, and is left out: " +
             printable(name.substr(0, kMaxNote)));
      return;
    }
    const Sha256Value digest = policy::value_of(buffer.digest);
    set_.runtime.measurements.push_back({name, digest});
    capture_.notes.try_emplace(digest, std::to_string(buffer.buffer.size()) + " bytes");
  }

  // A program that changed under its name while the machine ran.
  void several_contents() {
    std::map<std::string_view, std::set<Sha256Value>> contents;
    for (const auto& file : set_.files) {
      contents[file.path].insert(file.sha256);
    }
    std::erase_if(contents, [](const auto& entry) { return entry.second.size() < 2; });
    if (contents.empty()) {
      return;
    }
    std::string names;
    std::size_t named = 0;
    for (const auto& [path, digests] : contents) {
      if (named++ == kMaxNamed) {
        names += " and others";
        break;
      }
      names += (names.empty() ? " " : ", ") + std::string(path);
    }
    remark(std::to_string(contents.size()) +
           " files had more than one content (an update while it ran, or files of containers):" +
           names);
  }

  const MachineLogs& evidence_;
  const CaptureOptions& options_;
  eventlog::BootLog log_;
  BootReading reading_;
  ReferenceValueSet set_;
  Capture capture_;
};

}  // namespace

Result<Capture> capture_evidence(const std::string& name, const MachineLogs& evidence,
                                 const CaptureOptions& options) {
  return EvidenceCapture(evidence, options).run(name);
}

}  // namespace seaworthy::commands
