#include "capture.h"

#include <CLI/CLI.hpp>

#include "commands/capture_evidence.h"
#include "commands/capture_image.h"
#include "commands/capture_text.h"
#include "commands/pcr_file.h"
#include "eventlog/boot_log.h"
#include "eventlog/userspace_log.h"
#include "files.h"
#include "image/libarchive/archives.h"

namespace seaworthy::cli {
namespace {

constexpr std::size_t kMaxPcrFileBytes = 256 * 1024;

constexpr const char* kFooter = R"(Examples:
  kubectl seaworthy capture node worker-1 --name debian-12 >debian-12.yaml
  kubectl seaworthy capture files --name debian-12 \
      --boot-log boot.log --ima ima.bin --pcrs pcrs >debian-12.yaml
  kubectl seaworthy capture files --name uki --boot-log boot.log --userspace-log tpm2-measure.log \
      --command-line 'root=/dev/vda2 ro ima_policy=tcb' --pin none
  kubectl seaworthy capture image --name debian-12-files /mnt
  docker save registry.example/app:1 >app.tar; kubectl seaworthy capture image --name app-1 app.tar

On the machine, in this order: /sys/kernel/security/ima/binary_runtime_measurements,
cat /sys/class/tpm/tpm0/pcr-sha256/{0..15}, /sys/kernel/security/tpm0/binary_bios_measurements,
/run/log/systemd/tpm2-measure.log.

Nothing is trusted by this: read the file (its comments say what to look at), then
kubectl apply --server-side -f FILE.
Exit status: 0 done, 1 could not be done, 2 wrong usage, 3 done, with something to look at and
--strict.
Guide: docs/capture.md)";

constexpr const char* kNodeFooter = R"(Examples:
  kubectl seaworthy capture node worker-1 --name debian-12 >debian-12.yaml
  kubectl seaworthy capture node worker-1 --evidence worker-1
  kubectl seaworthy inspect quote --attest worker-1/quote.attest \
      --signature worker-1/quote.signature --ak worker-1/ak.tpmt_public \
      --nonce worker-1/quote.nonce --pcrs worker-1/quote.pcrs

What is captured is a node's next verified evidence: it comes within the interval of its policy.
It needs the Role seaworthy-evidence-reader in seaworthy-system, which is bound to nobody at first.
It names everything that ran on the node: files are readable by you alone.
Guides: docs/evidence.md, docs/capture.md)";

std::string is_folder(const std::string& prefix) {
  return prefix.starts_with('/') && prefix.ends_with('/')
             ? std::string()
             : "a folder begins and ends with '/': " + prefix;
}

// The registers, or none.
Result<tpm::PcrMask> parse_pins(const std::string& text) {
  if (text == "none") {
    return tpm::PcrMask();
  }
  const auto selection = TRY(commands::parse_selection("sha256:" + text));
  if (selection.size() != 1) {
    return malformed("'" + text + "' is no list of registers");
  }
  return selection[0].pcrs;
}

CLI::App* add_subject(CLI::App& capture, CaptureCommand& options, CaptureSubject subject,
                      const char* name, const char* help) {
  CLI::App* sub = capture.add_subcommand(name, help);
  sub->callback([&options, subject] { options.subject = subject; });
  sub->add_option("--name", options.name, "Name of the ReferenceValueSet")
      ->required(subject != CaptureSubject::kNode);
  sub->add_option("--ignore", options.ignored,
                  "Leave out files below this folder (may be repeated)")
      ->check(is_folder);
  return sub;
}

// How evidence becomes reference values.
void add_choices(CLI::App& app, CaptureCommand& options) {
  app.add_option("--pin", options.pins,
                 "Registers to compare: 0,2,3-5 or none; default: 0, 2, 3 (firmware), 14 if shim "
                 "extended it, and 9 where Secure Boot is off and GRUB started the kernel")
      ->check([](const std::string& text) {
        const auto pins = parse_pins(text);
        return pins ? std::string() : pins.error().message();
      });
  app.add_flag("--events", options.events,
               "Compare these registers by the digests of their events, in any order, not by "
               "their values");
  app.add_flag("--no-files", options.no_files, "The boot only, not the files of the IMA list");
  app.add_option("--command-line", options.command_lines,
                 "The text of a unified kernel image's own command line, which is in no log "
                 "(may be repeated)");
}

void add_files(CLI::App& capture, CaptureCommand& options) {
  CLI::App* files = add_subject(capture, options, CaptureSubject::kFiles, "files",
                                "From the logs of a machine, as files: what booted and what ran");
  files->add_option("--boot-log", options.boot_log, "The firmware's log (binary_bios_measurements)")
      ->required();
  files->add_option("--userspace-log", options.userspace_log,
                    "What systemd measured (tpm2-measure.log)");
  files->add_option("--ima", options.ima, "The kernel's list (binary_runtime_measurements)");
  files->add_option("--pcrs", options.pcrs,
                    "Values of the SHA-256 registers 0 to 15 or 0 to 23: what the logs do not lead "
                    "to is left out (tpm2_pcrread -o, or the kernel's pcr-sha256/0 and so on)");
  add_choices(*files, options);
}

void add_node(CLI::App& capture, CaptureCommand& options) {
  CLI::App* node = add_subject(capture, options, CaptureSubject::kNode, "node",
                               "From what a node's TPM proves now, by way of the operator");
  node->footer(kNodeFooter);
  node->add_option("NAME", options.node, "Name of the node")->required();
  node->add_option("--evidence", options.evidence,
                   "Folder for the evidence itself; must be new or empty: boot-log, userspace-log "
                   "(if the node has one), ima, quote.*, ak.tpmt_public, evidence.json");
  node->add_option("--timeout", options.timeout_seconds, "Seconds to wait for the node")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  node->parse_complete_callback([&options] {
    if (options.name.empty() && options.evidence.empty()) {
      throw CLI::RequiredError("--name (for reference values), --evidence (for the files) or both");
    }
  });
  add_choices(*node, options);
}

void add_image(CLI::App& capture, CaptureCommand& options) {
  CLI::App* image = add_subject(capture, options, CaptureSubject::kImage, "image",
                                "From a disk's or a container's files, before they ever ran");
  image
      ->add_option("PATH", options.image,
                   "A folder (a mounted or unpacked root file system, an OCI image layout) or an "
                   "archive (tar of a root file system, docker save, OCI layout)")
      ->required();
  image->add_flag("--all-files", options.all_files,
                  "Every file, not only those that can be executed or loaded by the kernel");
  image->add_option("--command-line", options.command_lines,
                    "The kernel's, exactly as it is measured (may be repeated); default: those of "
                    "unified kernel images, else /etc/kernel/cmdline");
}

Result<std::optional<Bytes>> read_if_named(const std::string& path, std::size_t max_bytes) {
  if (path.empty()) {
    return std::optional<Bytes>();
  }
  return std::optional<Bytes>(TRY(read_input(path, max_bytes)));
}

Result<commands::MachineLogs> read_evidence(const CaptureCommand& options) {
  commands::MachineLogs evidence;
  evidence.boot_log = TRY(read_input(options.boot_log, eventlog::kMaxBootLogBytes));
  evidence.userspace_log =
      TRY(read_if_named(options.userspace_log, eventlog::kMaxUserspaceLogBytes));
  evidence.ima = TRY(read_if_named(options.ima, kMaxImaListBytes));
  if (const auto pcrs = TRY(read_if_named(options.pcrs, kMaxPcrFileBytes))) {
    auto values = commands::parse_pcr_values(*pcrs);
    if (!values) {
      return std::move(values).error().in(options.pcrs);
    }
    evidence.pcrs = *std::move(values);
  }
  return evidence;
}

Result<commands::Capture> capture_evidence(const CaptureCommand& options,
                                           const commands::MachineLogs& evidence) {
  commands::CaptureOptions how{
      .registers = options.events ? commands::Registers::kEvents : commands::Registers::kValues,
      .files = !options.no_files,
      .ignored = options.ignored,
      .command_lines = options.command_lines};
  if (!options.pins.empty()) {
    how.pcrs = TRY(parse_pins(options.pins));
  }
  return commands::capture_evidence(options.name, evidence, how);
}

Result<commands::Capture> capture_files(const CaptureCommand& options) {
  return capture_evidence(options, TRY(read_evidence(options)));
}

Result<commands::Capture> capture_image(const CaptureCommand& options) {
  const auto archives = image::libarchive::create_archives();
  const image::Image read = TRY(image::read_image(options.image, *archives));
  return commands::capture_image(options.name, options.image, read,
                                 {.all_files = options.all_files,
                                  .ignored = options.ignored,
                                  .command_lines = options.command_lines});
}

Captured shown(const CaptureCommand& options, const commands::Capture& read,
               commands::Format format, Time now) {
  return {.text = commands::capture_text(read, {now, options.typed}, format),
          .summary = commands::summary(read),
          .remarkable = !read.findings.empty() || !read.remarks.empty()};
}

}  // namespace

void add_capture(CLI::App& app, CaptureCommand& options, const std::function<void()>& chosen) {
  CLI::App* capture = app.add_subcommand("capture",
                                         "Propose reference values from what a machine measured, "
                                         "or an image has, for a person to apply");
  capture->require_subcommand(1);
  capture->footer(kFooter);
  capture->add_flag("--strict", options.strict,
                    "Exit with status 3 if there is something to look at");
  capture->callback(chosen);
  add_node(*capture, options);
  add_files(*capture, options);
  add_image(*capture, options);
}

Result<Captured> capture(const CaptureCommand& options, commands::Format format, Time now) {
  const bool image = options.subject == CaptureSubject::kImage;
  const commands::Capture read = image ? TRY(capture_image(options)) : TRY(capture_files(options));
  return shown(options, read, format, now);
}

Result<Captured> capture(const CaptureCommand& options, const commands::MachineLogs& evidence,
                         commands::Format format, Time now) {
  const commands::Capture read = TRY(capture_evidence(options, evidence));
  return shown(options, read, format, now);
}

}  // namespace seaworthy::cli
