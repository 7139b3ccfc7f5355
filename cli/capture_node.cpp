#include "capture_node.h"

#include <cstdio>

#include "commands/evidence.h"
#include "files.h"

namespace seaworthy::cli {

Result<api::NodeEvidence> node_evidence(kube::Client& client, const std::string& node,
                                        std::chrono::seconds patience, const Clock& clock) {
  const commands::EvidenceSource source{
      client, clock, kube::real_sleep(),
      [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }};
  return commands::fetch_evidence(source, node, kube::call_within(clock, patience, {}));
}

commands::MachineLogs logs_of(const api::NodeEvidence& evidence) {
  commands::MachineLogs out{.boot_log = evidence.boot_log, .userspace_log = evidence.userspace_log};
  if (!evidence.ima.empty()) {
    out.ima = evidence.ima;
  }
  const auto bank = evidence.pcrs.find("sha256");
  if (bank != evidence.pcrs.end()) {
    for (const auto& [index, value] : bank->second) {
      out.pcrs.emplace(index, crypto::Digest(crypto::HashAlg::kSha256, value));
    }
  }
  return out;
}

Result<Captured> capture_node(kube::Client& client, const CaptureCommand& options,
                              const commands::Output& output, const Clock& clock) {
  if (!options.evidence.empty()) {
    TRY(make_empty_folder(options.evidence));
  }
  const api::NodeEvidence evidence = TRY(
      node_evidence(client, options.node, std::chrono::seconds(options.timeout_seconds), clock));
  Captured out;
  if (!options.evidence.empty()) {
    const auto files = commands::evidence_files(options.node, evidence);
    for (const commands::EvidenceFile& file : files) {
      TRY(write_new(options.evidence + "/" + file.name, file.content));
    }
    out.text = commands::captured_text(options.node, evidence, files, options.evidence, output);
  }
  if (options.name.empty()) {
    return out;
  }
  // Standard output is the set; where the files are is said beside it.
  Captured set = TRY(capture(options, logs_of(evidence), output.format, evidence.received));
  set.summary = out.text + set.summary;
  return set;
}

}  // namespace seaworthy::cli
