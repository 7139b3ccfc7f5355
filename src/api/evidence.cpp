#include "api/evidence.h"

#include <array>

#include "api/values.h"
#include "codec/base64.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// Bounds of single values; in comments the largest that is real.
constexpr std::size_t kMaxCertificates = 8;  // RSA and ECC, with intermediates: 5
constexpr std::size_t kMaxAkCertificates = 4;
constexpr std::size_t kMaxCertificateBytes = 8192;  // 1.5 KiB
constexpr std::size_t kMaxPublicBytes = 1024;       // TPMT_PUBLIC of RSA 4096: 570
constexpr std::size_t kMaxSessionBytes = 1024;      // sealed: about 250
constexpr std::size_t kMaxBlobBytes = 1024;         // TPM2B_ENCRYPTED_SECRET of RSA 4096: 514
constexpr std::size_t kMaxProofBytes = 64;          // HMAC-SHA256: 32
constexpr std::size_t kMaxNonceBytes = 1024;        // sealed: about 200
constexpr std::size_t kMaxAttestedBytes = 2304;     // sizeof(TPMS_ATTEST); a quote has about 150
constexpr std::size_t kMaxSignatureBytes = 1024;    // RSA 4096: 518
constexpr std::int64_t kMaxIndex = std::int64_t{1}
                                   << 53;  // JSON integers that all readers agree on
constexpr std::size_t kMaxFindings = 64;
constexpr std::size_t kMaxVerdicts = 128;         // policies
constexpr std::size_t kMaxAnswerBytes = 1 << 20;  // of a verifier's answer

Json b64(const Bytes& bytes) {
  return codec::to_base64(bytes);
}

// ---- Shared parts ----------------------------------------------------------------------------

Result<std::string> read_sha256(Fields& fields, std::string_view name) {
  std::string text = TRY(fields.text(name, 64));
  if (!is_sha256_hex(text)) {
    return fields.malformed_at(name, "expected a SHA-256 digest, 64 lower-case hexadecimal digits");
  }
  return text;
}

Result<std::vector<Bytes>> read_certificates(Fields& fields, std::string_view name,
                                             std::size_t max) {
  std::vector<Bytes> out;
  for (const auto& [json, path] : TRY(fields.list(name, max))) {
    if (!json->is_string() ||
        json->get_ref<const std::string&>().size() > (kMaxCertificateBytes + 2) / 3 * 4) {
      return malformed(path + ": expected base64 of at most " +
                       std::to_string(kMaxCertificateBytes) + " bytes");
    }
    auto bytes = codec::from_base64(json->get_ref<const std::string&>());
    if (!bytes) {
      return std::move(bytes).error().in(path);
    }
    out.push_back(*std::move(bytes));
  }
  return out;
}

Result<EnrolRequest> read_enrol(Fields& fields) {
  EnrolRequest out;
  out.ek_certificates = TRY(read_certificates(fields, "ekCertificates", kMaxCertificates));
  out.ak_certificates = TRY(read_certificates(fields, "akCertificates", kMaxAkCertificates));
  out.ek_public = TRY(fields.base64("ekPublic", kMaxPublicBytes));
  out.ak_public = TRY(fields.base64("akPublic", kMaxPublicBytes));
  TRY(fields.expect_no_more());
  return out;
}

Result<std::vector<PcrBankSelection>> read_selection(Fields& fields) {
  std::vector<PcrBankSelection> out;
  for (Fields& item : TRY(fields.objects("selection", kMaxBanks))) {
    PcrBankSelection bank;
    bank.bank = TRY(item.text("bank", 16));
    for (const auto& [json, path] : TRY(item.list("pcrs", kPcrCount))) {
      if (!json->is_number_unsigned() || json->get<std::uint64_t>() >= kPcrCount) {
        return malformed(path + ": expected a PCR, an integer from 0 to 23");
      }
      const auto pcr = json->get<std::uint8_t>();
      if (!bank.pcrs.empty() && bank.pcrs.back() >= pcr) {
        return malformed(path + ": PCRs must be ascending");
      }
      bank.pcrs.push_back(pcr);
    }
    out.push_back(std::move(bank));
  }
  return out;
}

Result<ChallengeMessage> read_challenge(Fields& fields) {
  ChallengeMessage out;
  out.nonce = TRY(fields.base64("nonce", kMaxNonceBytes));
  out.node_uid = NodeUid(TRY(fields.text("nodeUID", 128)));
  out.expires_seconds = TRY(fields.integer("expiresSeconds", 0, 86'400));
  out.selection = TRY(read_selection(fields));
  if (fields.has("bootLogKnown")) {
    out.boot_log_known = TRY(read_sha256(fields, "bootLogKnown"));
  }
  if (fields.has("userspaceLogKnown")) {
    const std::string known = TRY(fields.text("userspaceLogKnown", 64));
    out.userspace_log_known = known.empty() ? known : TRY(read_sha256(fields, "userspaceLogKnown"));
  }
  out.ima_from = static_cast<std::uint64_t>(TRY(fields.integer("imaFrom", 0, kMaxIndex)));
  out.ima_whole = TRY(fields.maybe_boolean("imaWhole")).value_or(false);
  out.interval_seconds = TRY(fields.integer("intervalSeconds", 0, 86'400));
  return out;
}

Result<std::vector<FindingView>> read_findings(Fields& fields) {
  std::vector<FindingView> out;
  for (Fields& item : TRY(fields.objects("findings", kMaxFindings))) {
    out.push_back(TRY(parse_finding(item)));
  }
  return out;
}

Json findings_json(const std::vector<FindingView>& findings) {
  Json out = Json::array();
  for (const FindingView& finding : findings) {
    if (out.size() == kMaxFindings) {
      break;
    }
    out.push_back(to_json(finding));
  }
  return out;
}

// Messages are flat; the limits leave nothing to explore.
Result<Json> parse_body(std::string_view body, std::size_t max_bytes) {
  return codec::parse_json(body, {.max_bytes = max_bytes, .max_depth = 8, .max_values = 20'000});
}

}  // namespace

// ---- Enrolment -------------------------------------------------------------------------------

Json to_json(const EnrolRequest& message) {
  Json out = Json::object();
  out["ekCertificates"] = Json::array();
  for (const Bytes& certificate : message.ek_certificates) {
    out["ekCertificates"].push_back(b64(certificate));
  }
  out["ekPublic"] = b64(message.ek_public);
  out["akPublic"] = b64(message.ak_public);
  for (const Bytes& certificate : message.ak_certificates) {
    out["akCertificates"].push_back(b64(certificate));
  }
  return out;
}

Result<EnrolRequest> parse_enrol_request(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxEnrolBody));
  Fields fields = TRY(Fields::of(json, ""));
  return read_enrol(fields);
}

Json to_json(const EnrolResponse& message) {
  Json out = Json::object();
  out["session"] = b64(message.session);
  out["credentialBlob"] = b64(message.credential_blob);
  out["encryptedSecret"] = b64(message.encrypted_secret);
  return out;
}

Result<EnrolResponse> parse_enrol_response(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAnswerBytes));
  Fields fields = TRY(Fields::of(json, ""));
  EnrolResponse out;
  out.session = TRY(fields.base64("session", kMaxSessionBytes));
  out.credential_blob = TRY(fields.base64("credentialBlob", kMaxBlobBytes));
  out.encrypted_secret = TRY(fields.base64("encryptedSecret", kMaxBlobBytes));
  return out;
}

Json to_json(const ActivateRequest& message) {
  Json out = Json::object();
  out["session"] = b64(message.session);
  out["proof"] = b64(message.proof);
  out["enrol"] = to_json(message.enrol);
  return out;
}

Result<ActivateRequest> parse_activate_request(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxEnrolBody));
  Fields fields = TRY(Fields::of(json, ""));
  ActivateRequest out;
  out.session = TRY(fields.base64("session", kMaxSessionBytes));
  out.proof = TRY(fields.base64("proof", kMaxProofBytes));
  Fields enrol = TRY(fields.object("enrol"));
  out.enrol = TRY(read_enrol(enrol));
  TRY(fields.expect_no_more());
  return out;
}

Json to_json(const ActivateResponse& message) {
  Json out = Json::object();
  out["state"] = message.state;
  if (!message.message.empty()) {
    out["message"] = cut(message.message, 1024);
  }
  if (message.retry_seconds != 0) {
    out["retrySeconds"] = message.retry_seconds;
  }
  if (message.challenge) {
    out["challenge"] = to_json(*message.challenge);
  }
  return out;
}

Result<ActivateResponse> parse_activate_response(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAnswerBytes));
  Fields fields = TRY(Fields::of(json, ""));
  ActivateResponse out;
  out.state = TRY(fields.text("state", 64));
  out.message = TRY(fields.maybe_text("message", 4096)).value_or("");
  out.retry_seconds = TRY(fields.maybe_integer("retrySeconds", 0, 86'400)).value_or(0);
  if (auto challenge = TRY(fields.maybe_object("challenge"))) {
    out.challenge = TRY(read_challenge(*challenge));
  }
  return out;
}

// ---- Attestation -----------------------------------------------------------------------------

Json to_json(const ChallengeMessage& message) {
  Json out = Json::object();
  out["nonce"] = b64(message.nonce);
  out["nodeUID"] = message.node_uid.str();
  out["expiresSeconds"] = message.expires_seconds;
  out["selection"] = Json::array();
  for (const PcrBankSelection& selection : message.selection) {
    Json item = Json::object();
    item["bank"] = selection.bank;
    item["pcrs"] = selection.pcrs;
    out["selection"].push_back(std::move(item));
  }
  if (message.boot_log_known) {
    out["bootLogKnown"] = *message.boot_log_known;
  }
  if (message.userspace_log_known) {
    out["userspaceLogKnown"] = *message.userspace_log_known;
  }
  out["imaFrom"] = message.ima_from;
  if (message.ima_whole) {
    out["imaWhole"] = true;
  }
  out["intervalSeconds"] = message.interval_seconds;
  return out;
}

Result<ChallengeMessage> parse_challenge(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAnswerBytes));
  Fields fields = TRY(Fields::of(json, ""));
  return read_challenge(fields);
}

Json to_json(const AttestRequest& message) {
  Json out = Json::object();
  out["nonce"] = b64(message.nonce);
  out["attested"] = b64(message.attested);
  out["signature"] = b64(message.signature);
  out["pcrs"] = pcrs_to_json(message.pcrs);
  out["bootLogDigest"] = message.boot_log_digest;
  if (message.boot_log) {
    out["bootLog"] = b64(*message.boot_log);
  }
  if (message.userspace_log) {
    out["userspaceLog"] = b64(*message.userspace_log);
  }
  if (message.ima) {
    out["ima"] = Json::object();
    out["ima"]["from"] = message.ima->from;
    out["ima"]["entries"] = b64(message.ima->entries);
  }
  if (message.checkpoint) {
    out["checkpoint"] = b64(*message.checkpoint);
  }
  return out;
}

Result<AttestRequest> parse_attest_request(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAttestBody));
  Fields fields = TRY(Fields::of(json, ""));
  AttestRequest out;
  out.nonce = TRY(fields.base64("nonce", kMaxNonceBytes));
  out.attested = TRY(fields.base64("attested", kMaxAttestedBytes));
  out.signature = TRY(fields.base64("signature", kMaxSignatureBytes));
  out.pcrs = TRY(parse_pcrs(fields));
  out.boot_log_digest = TRY(read_sha256(fields, "bootLogDigest"));
  out.boot_log = TRY(fields.maybe_base64("bootLog", kMaxBootLogBytes));
  out.userspace_log = TRY(fields.maybe_base64("userspaceLog", kMaxUserspaceLogBytes));
  if (auto ima = TRY(fields.maybe_object("ima"))) {
    AttestRequest::Ima part;
    part.from = static_cast<std::uint64_t>(TRY(ima->integer("from", 0, kMaxIndex)));
    part.entries = TRY(ima->base64("entries", kMaxImaBytes));
    TRY(ima->expect_no_more());
    out.ima = std::move(part);
  }
  out.checkpoint = TRY(fields.maybe_base64("checkpoint", kMaxCheckpointBytes));
  TRY(fields.expect_no_more());
  return out;
}

namespace {

constexpr std::array<std::string_view, 3> kOutcomes = {"Appraised", "Refused", "NeedMore"};

Json to_json(const AttestResponse::VerdictSummary& summary) {
  Json out = Json::object();
  out["policy"] = summary.policy.str();
  out["verdict"] = name(summary.verdict);
  out["reasons"] = summary.reasons;
  return out;
}

Result<AttestResponse::VerdictSummary> read_summary(Fields& fields) {
  AttestResponse::VerdictSummary out;
  out.policy = PolicyName(TRY(fields.text("policy", 253)));
  out.verdict = static_cast<Verdict>(
      TRY(fields.one_of("verdict", {"Trusted", "Violated", "Stale", "Unknown"})));
  out.reasons = TRY(fields.texts("reasons", kMaxFindings, 64));
  return out;
}

}  // namespace

Json to_json(const AttestResponse& message) {
  Json out = Json::object();
  out["outcome"] = kOutcomes.at(static_cast<std::size_t>(message.outcome));
  if (message.outcome == AttestOutcome::kNeedMore) {
    out["need"] = Json::object();
    out["need"]["bootLog"] = message.need_boot_log;
    out["need"]["imaFrom"] = message.challenge.ima_from;
  }
  out["verdicts"] = Json::array();
  for (const auto& summary : message.verdicts) {
    out["verdicts"].push_back(to_json(summary));
  }
  if (!message.findings.empty()) {
    out["findings"] = findings_json(message.findings);
  }
  if (message.checkpoint) {
    out["checkpoint"] = Json::object();
    out["checkpoint"]["imaEntries"] = message.checkpoint->ima_entries;
    out["checkpoint"]["sealed"] = b64(message.checkpoint->sealed);
  }
  out["challenge"] = to_json(message.challenge);
  return out;
}

Result<AttestResponse> parse_attest_response(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAnswerBytes));
  Fields fields = TRY(Fields::of(json, ""));
  AttestResponse out;
  out.outcome = static_cast<AttestOutcome>(
      TRY(fields.one_of("outcome", {kOutcomes.begin(), kOutcomes.end()})));
  if (auto need = TRY(fields.maybe_object("need"))) {
    out.need_boot_log = TRY(need->maybe_boolean("bootLog")).value_or(false);
  }
  for (Fields& item : TRY(fields.objects("verdicts", kMaxVerdicts))) {
    out.verdicts.push_back(TRY(read_summary(item)));
  }
  out.findings = TRY(read_findings(fields));
  if (auto checkpoint = TRY(fields.maybe_object("checkpoint"))) {
    CheckpointMessage given;
    given.ima_entries =
        static_cast<std::uint64_t>(TRY(checkpoint->integer("imaEntries", 0, kMaxIndex)));
    given.sealed = TRY(checkpoint->base64("sealed", kMaxCheckpointBytes));
    out.checkpoint = std::move(given);
  }
  Fields challenge = TRY(fields.object("challenge"));
  out.challenge = TRY(read_challenge(challenge));
  return out;
}

// ---- Errors ----------------------------------------------------------------------------------

Json to_json(const ErrorMessage& message) {
  Json error = Json::object();
  error["code"] = message.code;
  error["message"] = cut(message.message, 4096);
  if (!message.findings.empty()) {
    error["findings"] = findings_json(message.findings);
  }
  Json out = Json::object();
  out["error"] = std::move(error);
  return out;
}

Result<ErrorMessage> parse_error_message(std::string_view body) {
  const Json json = TRY(parse_body(body, kMaxAnswerBytes));
  Fields fields = TRY(Fields::of(json, ""));
  Fields error = TRY(fields.object("error"));
  ErrorMessage out;
  out.code = TRY(error.text("code", 64));
  out.message = TRY(error.maybe_text("message", 16'384)).value_or("");
  out.findings = TRY(read_findings(error));
  return out;
}

}  // namespace seaworthy::api
