#include "api/attestation.h"

#include "api/policy.h"
#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// The bounds of the schema.
constexpr std::size_t kMaxCertificates = 8;
constexpr std::size_t kMaxAkCertificates = 4;
constexpr std::size_t kMaxEndorsedBy = 32;
constexpr std::size_t kMaxCertificateText = 10'924;  // base64 of 8 KiB
constexpr std::size_t kMaxStatementText = 8'192;     // about 1,300 with an RSA 2048 AK
constexpr std::size_t kMaxVerdicts = 128;            // policies
constexpr std::size_t kMaxResults = 8;               // verifiers
constexpr std::size_t kMaxEarText = 256 * 1024;      // token::kMaxJwsBytes
constexpr std::size_t kMaxName = 138;                // a TPM Name: algorithm and SHA-512
constexpr std::size_t kMaxClaim = 256;

Result<NodeIdentity> parse_identity(Fields& fields) {
  NodeIdentity out;
  out.node_uid = NodeUid(TRY(fields.text("nodeUID", 128)));
  out.ek_hash = TRY(fields.text("ekHash", 71));
  out.ak_name = TRY(fields.text("akName", kMaxName));
  out.manufacturer = TRY(fields.maybe_text("manufacturer", kMaxClaim)).value_or("");
  out.model = TRY(fields.maybe_text("model", kMaxClaim)).value_or("");
  out.firmware = TRY(fields.maybe_text("firmware", kMaxClaim)).value_or("");
  out.enrolled = TRY(read_time(fields, "enrolledTime"));
  out.statement = TRY(fields.text("statement", kMaxStatementText));
  out.ek_certificates = TRY(fields.texts("ekCertificates", kMaxCertificates, kMaxCertificateText));
  out.ak_certificates =
      TRY(fields.texts("akCertificates", kMaxAkCertificates, kMaxCertificateText));
  out.endorsed_by = TRY(fields.maybe_text("endorsedBy", kMaxEndorsedBy)).value_or("");
  return out;
}

Result<PendingEnrolment> parse_pending(Fields& fields) {
  PendingEnrolment out;
  out.ek_hash = TRY(fields.text("ekHash", 71));
  out.ak_name = TRY(fields.text("akName", kMaxName));
  out.since = TRY(read_time(fields, "sinceTime"));
  return out;
}

Result<BootSummary> parse_boot(Fields& fields) {
  BootSummary out;
  out.secure_boot = TRY(fields.maybe_text("secureBoot", 16)).value_or("");
  out.boot_log_digest = TRY(fields.maybe_text("bootLogDigest", 64)).value_or("");
  out.kernel_command_line = TRY(fields.maybe_text("kernelCommandLine", 16'384)).value_or("");
  out.reset_count = static_cast<std::uint32_t>(
      TRY(fields.maybe_integer("resetCount", 0, UINT32_MAX)).value_or(0));
  out.restart_count = static_cast<std::uint32_t>(
      TRY(fields.maybe_integer("restartCount", 0, UINT32_MAX)).value_or(0));
  out.clock = TRY(fields.maybe_integer("clock", 0, INT64_MAX));
  return out;
}

Result<void> parse_status(Fields& status, NodeAttestation& out) {
  if (auto identity = TRY(status.maybe_object("identity"))) {
    out.identity = TRY(parse_identity(*identity));
  }
  if (auto pending = TRY(status.maybe_object("pending"))) {
    out.pending = TRY(parse_pending(*pending));
  }
  if (auto boot = TRY(status.maybe_object("boot"))) {
    out.boot = TRY(parse_boot(*boot));
  }
  for (Fields& verdict : TRY(status.objects("verdicts", kMaxVerdicts))) {
    out.verdicts.push_back(TRY(parse_policy_verdict(verdict)));
  }
  for (Fields& fields : TRY(status.objects("results", kMaxResults))) {
    SignedResult result;
    result.verifier = TRY(fields.text("verifier", 253));
    result.ear = TRY(fields.text("ear", kMaxEarText));
    out.results.push_back(std::move(result));
  }
  out.conditions = TRY(parse_conditions(status));
  return {};
}

Json to_json(const NodeIdentity& identity) {
  Json out = Json::object();
  out["nodeUID"] = identity.node_uid.str();
  out["ekHash"] = identity.ek_hash;
  out["akName"] = identity.ak_name;
  // Claims of a certificate: present only if it makes them.
  if (!identity.manufacturer.empty()) {
    out["manufacturer"] = cut(identity.manufacturer, kMaxClaim);
  }
  if (!identity.model.empty()) {
    out["model"] = cut(identity.model, kMaxClaim);
  }
  if (!identity.firmware.empty()) {
    out["firmware"] = cut(identity.firmware, kMaxClaim);
  }
  out["enrolledTime"] = identity.enrolled.rfc3339();
  out["statement"] = identity.statement;
  out["ekCertificates"] = identity.ek_certificates;
  if (!identity.ak_certificates.empty()) {
    out["akCertificates"] = identity.ak_certificates;
  }
  if (!identity.endorsed_by.empty()) {
    out["endorsedBy"] = identity.endorsed_by;
  }
  return out;
}

Json to_json(const PendingEnrolment& pending) {
  Json out = Json::object();
  out["ekHash"] = pending.ek_hash;
  out["akName"] = pending.ak_name;
  out["sinceTime"] = pending.since.rfc3339();
  return out;
}

Json to_json(const BootSummary& boot) {
  Json out = Json::object();
  out["secureBoot"] = boot.secure_boot;
  out["bootLogDigest"] = boot.boot_log_digest;
  out["kernelCommandLine"] = cut(boot.kernel_command_line, 4096);
  out["resetCount"] = boot.reset_count;
  out["restartCount"] = boot.restart_count;
  if (boot.clock) {
    out["clock"] = *boot.clock;
  }
  return out;
}

}  // namespace

bool is_ek_hash(const std::string& text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.starts_with(kPrefix) && is_sha256_hex(std::string_view(text).substr(kPrefix.size()));
}

Result<NodeAttestation> parse_node_attestation(const Json& object) {
  Fields root = TRY(Fields::of(object, ""));
  NodeAttestation out;
  out.meta = TRY(parse_meta(root));
  Fields spec = TRY(object_or_empty(root, "spec"));
  out.ek_hash = TRY(spec.maybe_text("ekHash", 71)).value_or("");
  if (!out.ek_hash.empty() && !is_ek_hash(out.ek_hash)) {
    return spec.malformed_at("ekHash", "expected \"sha256:\" and 64 lower-case hexadecimal digits");
  }
  Fields status = TRY(object_or_empty(root, "status"));
  TRY(parse_status(status, out));
  return out;
}

Json verifier_status_patch(const NodeName& node, const VerifierStatus& status) {
  Json out = object_header(kGroupVersion, "NodeAttestation", node.str());
  Json& to = out["status"] = Json::object();
  if (status.identity) {
    to["identity"] = to_json(*status.identity);
  }
  if (status.pending) {
    to["pending"] = to_json(*status.pending);
  }
  if (status.boot) {
    to["boot"] = to_json(*status.boot);
  }
  if (!status.results.empty()) {
    to["results"] = Json::array();
    for (const SignedResult& result : status.results) {
      Json item = Json::object();
      item["verifier"] = result.verifier;
      item["ear"] = result.ear;
      to["results"].push_back(std::move(item));
    }
  }
  if (!status.conditions.empty()) {
    to["conditions"] = Json::array();
    for (const Condition& condition : status.conditions) {
      to["conditions"].push_back(to_json(condition));
    }
  }
  return out;
}

Json controller_status_patch(const NodeName& node, const std::vector<PolicyVerdict>& verdicts) {
  Json out = object_header(kGroupVersion, "NodeAttestation", node.str());
  Json& list = out["status"]["verdicts"] = Json::array();
  for (const PolicyVerdict& verdict : verdicts) {
    list.push_back(to_json(verdict));
  }
  return out;
}

}  // namespace seaworthy::api
