#include "commands/evidence.h"

#include <algorithm>
#include <optional>
#include <set>

#include "api/policy.h"
#include "codec/fields.h"
#include "commands/inspection.h"
#include "verify/quote_reading.h"

namespace seaworthy::commands {
namespace {

using std::chrono::seconds;

constexpr seconds kTokenLife{600};
constexpr seconds kBetween{1};        // two rounds of questions
constexpr seconds kOneAnswer{10};     // a replica that is silent must not keep us from the others
constexpr seconds kBetweenLines{10};  // of progress
constexpr seconds kGrace{10};         // see max_age()
constexpr std::size_t kMaxContainers = 64;  // of a pod of ours: one, and what others inject
constexpr std::size_t kMaxPorts = 64;
constexpr const char* kOperatorPods =
    "app.kubernetes.io/name=seaworthy,app.kubernetes.io/component=operator";

struct Replica {
  std::string name;
  std::string path;  // through the API server
};

// Whoever lacks a right is told which.
Error explained(Error error, const std::string& node) {
  if (error.code() == ErrorCode::kDenied) {
    return Error(error.code(), error.message() +
                                   "\nTo read evidence you have to be bound to the Role "
                                   "seaworthy-evidence-reader in " +
                                   api::kSystemNamespace + ": docs/evidence.md");
  }
  return std::move(error).in("evidence of node " + node);
}

// The container port called https; nullopt if there is none.
Result<std::optional<std::uint16_t>> https_port(const codec::Json& pod) {
  auto root = TRY(codec::Fields::of(pod, "pod"));
  auto spec = TRY(root.object("spec"));
  for (codec::Fields& container : TRY(spec.objects("containers", kMaxContainers))) {
    for (codec::Fields& port : TRY(container.objects("ports", kMaxPorts))) {
      if (TRY(port.maybe_text("name", 64)) == "https") {
        return std::optional(
            static_cast<std::uint16_t>(TRY(port.integer("containerPort", 1, 65'535))));
      }
    }
  }
  return std::optional<std::uint16_t>();
}

class Fetch {
 public:
  Fetch(const EvidenceSource& source, const std::string& node, const kube::Call& call)
      : source_(source), node_(node), call_(call), begun_(source.clock.monotonic()) {}

  Result<api::NodeEvidence> run() {
    token_ = TRY(kube::request_token(source_.client, {api::kSystemNamespace, api::kEvidenceReader},
                                     api::kEvidenceAudience, kTokenLife, one_call()));
    for (;;) {
      auto found = TRY(ask_all());
      if (found) {
        return *std::move(found);
      }
      source_.pause(kBetween, call_.stop);
      if (call_.stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "stopped");
      }
      if (source_.clock.monotonic() >= call_.deadline) {
        return Error(ErrorCode::kDeadline,
                     "nothing came in time. A node sends once per intervalSeconds of its policy; "
                     "if that is shorter, see what is wrong: kubectl seaworthy explain node " +
                         node_ + trouble_);
      }
    }
  }

 private:
  kube::Call one_call() const {
    return {std::min<Deadline>(call_.deadline, source_.clock.monotonic() + kOneAnswer), call_.stop};
  }
  seconds waited() const {
    return std::chrono::duration_cast<seconds>(source_.clock.monotonic() - begun_);
  }
  // Nothing that a replica has when we first ask it. Later, what it got since: the first question
  // made it wait, so that some seconds more let in nothing else, and questions take their time.
  std::int64_t max_age(const Replica& replica) {
    return asked_.insert(replica.name).second ? 0 : (waited() + kGrace).count();
  }

  Result<std::vector<Replica>> replicas() const {
    std::vector<Replica> out;
    for (const codec::Json& pod : TRY(kube::list_all(source_.client, kube::kPods,
                                                     {.namespace_ = api::kSystemNamespace,
                                                     .label_selector = kOperatorPods,
                                                     .field_selector = "status.phase=Running"},
                                                     one_call()))) {
      if (const auto port = TRY(https_port(pod))) {
        const kube::ObjectKey key = kube::key_of(pod);
        out.push_back({key.name, kube::pod_proxy_path(key, *port, api::kEvidencePath)});
      }
    }
    if (out.empty()) {
      return not_found(std::string("no pod of the operator runs in ") + api::kSystemNamespace);
    }
    return out;
  }

  Result<api::EvidenceAnswer> ask(const Replica& replica,
                                  std::optional<api::EvidenceRequest::Rest> rest = {}) {
    const api::EvidenceRequest request{.node = NodeName(node_),
                                       .token = token_,
                                       .max_age_seconds = max_age(replica),
                                       .rest = std::move(rest)};
    const codec::Json answer =
        TRY(source_.client.post_path(replica.path, api::to_json(request), one_call()));
    auto parsed = api::parse_evidence_answer(answer);
    if (!parsed) {
      return std::move(parsed).error().in("the answer of " + replica.name);
    }
    return parsed;
  }

  // The first that has it. An error only if nobody waits for the node and asking again is no use:
  // of several replicas one may start, or not know the node yet.
  Result<std::optional<api::NodeEvidence>> ask_all() {
    const std::vector<Replica> all = TRY(replicas());
    std::optional<Error> refused;
    bool waiting = false;
    trouble_.clear();
    for (const Replica& replica : all) {
      auto answer = ask(replica);
      if (answer && answer->part) {
        return std::optional(TRY(whole(replica, *std::move(answer->part))));
      }
      if (answer) {
        waiting = true;
      } else if (retryable_here(answer.error())) {
        waiting = true;
        trouble_ = "\n" + answer.error().message();
      } else if (!refused) {
        refused = std::move(answer).error();
      }
    }
    if (refused && (!waiting || refused->code() == ErrorCode::kDenied)) {
      return *std::move(refused);
    }
    tell(all.size());
    return std::optional<api::NodeEvidence>();
  }

  // Conflict is what the operator says of a node that has nothing to show.
  static bool retryable_here(const Error& error) {
    return error.code() != ErrorCode::kConflict && retryable(error.code());
  }

  Result<api::NodeEvidence> whole(const Replica& replica, api::EvidenceAnswer::Part part) {
    if (!part.evidence) {
      return malformed("the answer of " + replica.name + ": evidence is missing");
    }
    api::NodeEvidence evidence = *std::move(part.evidence);
    const std::uint64_t size = part.ima_size;
    const std::string id = part.id;
    append(evidence.ima, part.ima);
    while (evidence.ima.size() < size) {
      const api::EvidenceAnswer rest =
          TRY(ask(replica, api::EvidenceRequest::Rest{id, evidence.ima.size()}));
      if (!rest.part || rest.part->id != id || rest.part->ima_offset != evidence.ima.size() ||
          rest.part->ima.empty()) {
        return malformed("the answer of " + replica.name + ": the IMA list does not go on");
      }
      append(evidence.ima, rest.part->ima);
    }
    if (evidence.ima.size() > size) {
      return malformed("the answer of " + replica.name + ": the IMA list is longer than it says");
    }
    TRY(check(evidence));
    return evidence;
  }

  // Nothing between us and the verifier made something else of it. Whether the key may be of such a
  // kind the verifier knows, which has seen its certificates.
  static Result<void> check(const api::NodeEvidence& evidence) {
    const auto quote = TRY(verify::read_quote({.attested = evidence.attested,
                                               .signature = evidence.signature,
                                               .ak_public = evidence.ak_public,
                                               .nonce = evidence.qualifying_data}));
    if (!quote.quote || !quote.signature_valid || !quote.nonce_matches) {
      return malformed(
          "the quote is not as the verifier says that it verified it: something in between changed "
          "it; docs/evidence.md says what stands there");
    }
    return {};
  }

  void tell(std::size_t asked) {
    if (told_ && waited() - *told_ < kBetweenLines) {
      return;
    }
    const std::string replicas_text =
        asked == 1 ? "1 replica" : std::to_string(asked) + " replicas";
    source_.progress(!told_
                         ? "asked " + replicas_text + " of the operator; waiting for what node " +
                               node_ + " sends next, which may take its whole interval"
                         : "still waiting (" + distance(waited()) + ")" + trouble_);
    told_ = waited();
  }

  const EvidenceSource& source_;
  const std::string& node_;
  const kube::Call& call_;
  const Monotonic begun_;
  std::string token_;
  std::set<std::string> asked_;
  std::optional<seconds> told_;
  std::string trouble_;  // what a replica said in the last round, as one more line
};

Bytes pcr_values(const api::NodeEvidence& evidence) {
  Bytes out;
  for (const auto& [bank, values] : evidence.pcrs) {
    for (const auto& [index, value] : values) {
      append(out, value);
    }
  }
  return out;
}

// What no file of its own has.
codec::Json rest_of(const std::string& node, const api::NodeEvidence& evidence) {
  return {{"node", node},
          {"nodeUID", evidence.node_uid.str()},
          {"receivedTime", evidence.received.rfc3339()},
          {"nonce", hex(evidence.nonce)},
          {"channel", hex(evidence.channel)},
          {"pcrs", api::pcrs_to_json(evidence.pcrs)},
          {"findings", findings_json(evidence.findings)}};
}

std::string how_to_look(const std::string& directory) {
  const std::string in = " " + directory + "/";
  return "\nTo look at it:\n  kubectl seaworthy inspect quote --attest" + in +
         "quote.attest --signature" + in + "quote.signature \\\n      --ak" + in +
         "ak.tpmt_public --nonce" + in + "quote.nonce --pcrs" + in +
         "quote.pcrs\n  kubectl seaworthy inspect boot-log" + in +
         "boot-log\n  kubectl seaworthy inspect ima" + in + "ima\n";
}

}  // namespace

Result<api::NodeEvidence> fetch_evidence(const EvidenceSource& source, const std::string& node,
                                         const kube::Call& call) {
  auto evidence = Fetch(source, node, call).run();
  if (!evidence) {
    return explained(std::move(evidence).error(), node);
  }
  return evidence;
}

std::vector<EvidenceFile> evidence_files(const std::string& node,
                                         const api::NodeEvidence& evidence) {
  std::vector<EvidenceFile> out{
      {"boot-log", evidence.boot_log},           {"ima", evidence.ima},
      {"quote.attest", evidence.attested},       {"quote.signature", evidence.signature},
      {"quote.nonce", evidence.qualifying_data}, {"quote.pcrs", pcr_values(evidence)},
      {"ak.tpmt_public", evidence.ak_public}};
  if (evidence.userspace_log) {
    out.push_back({"userspace-log", *evidence.userspace_log});
  }
  const std::string rest = as_document(rest_of(node, evidence), Format::kJson);
  out.push_back({"evidence.json", to_bytes(as_bytes(rest))});
  return out;
}

std::string captured_text(const std::string& node, const api::NodeEvidence& evidence,
                          const std::vector<EvidenceFile>& files, const std::string& directory,
                          const Output& output) {
  if (output.for_programs()) {
    codec::Json document = {{"node", node},
                            {"nodeUID", evidence.node_uid.str()},
                            {"receivedTime", evidence.received.rfc3339()},
                            {"directory", directory},
                            {"files", codec::Json::object()},
                            {"findings", findings_json(evidence.findings)}};
    for (const EvidenceFile& file : files) {
      document["files"][file.name] = file.content.size();
    }
    return as_document(document, output.format);
  }
  std::vector<std::vector<std::string>> rows{{"FILE", "BYTES"}};
  for (const EvidenceFile& file : files) {
    rows.push_back({directory + "/" + file.name, std::to_string(file.content.size())});
  }
  return "Evidence of node " + node + ", verified " + evidence.received.rfc3339() + "\n" +
         table(rows) + findings_text(evidence.findings, output.colour) + how_to_look(directory);
}

}  // namespace seaworthy::commands
