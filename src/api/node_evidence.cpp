#include "api/node_evidence.h"

#include "api/evidence.h"
#include "api/values.h"
#include "codec/base64.h"

namespace seaworthy::api {

using codec::Fields;
using codec::to_base64;

namespace {

constexpr std::size_t kMaxStructureBytes = 4'096;  // of a TPM, and nonces; as cli/inspect
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kMaxFindings = 64;
constexpr std::int64_t kMaxOffset = kMaxImaInAll;

Result<NodeEvidence> read_evidence(Fields& fields) {
  NodeEvidence out;
  out.node_uid = NodeUid(TRY(fields.text("nodeUID", 128)));
  out.received = TRY(read_time(fields, "receivedTime"));
  out.attested = TRY(fields.base64("attested", kMaxStructureBytes));
  out.signature = TRY(fields.base64("signature", kMaxStructureBytes));
  out.ak_public = TRY(fields.base64("akPublic", kMaxStructureBytes));
  out.qualifying_data = TRY(fields.base64("qualifyingData", kDigestBytes));
  out.nonce = TRY(fields.base64("nonce", kMaxStructureBytes));
  out.channel = TRY(fields.base64("channel", kDigestBytes));
  out.pcrs = TRY(parse_pcrs(fields));
  out.boot_log = TRY(fields.base64("bootLog", kMaxBootLogBytes));
  out.userspace_log = TRY(fields.maybe_base64("userspaceLog", kMaxUserspaceLogBytes));
  for (Fields& finding : TRY(fields.objects("findings", kMaxFindings))) {
    out.findings.push_back(TRY(parse_finding(finding)));
  }
  return out;
}

}  // namespace

Json to_json(const EvidenceRequest& request) {
  Json out = {{"node", request.node.str()},
              {"token", request.token},
              {"maxAgeSeconds", request.max_age_seconds}};
  if (request.rest) {
    out["rest"] = {{"id", request.rest->id}, {"imaOffset", request.rest->ima_offset}};
  }
  return out;
}

Result<EvidenceRequest> parse_evidence_request(std::string_view body) {
  const Json json =
      TRY(codec::parse_json(body, {.max_bytes = kMaxEvidenceRequestBody, .max_depth = 4}));
  Fields fields = TRY(Fields::of(json, ""));
  EvidenceRequest out;
  out.node = NodeName(TRY(fields.text("node", 253)));
  out.token = TRY(fields.text("token", kMaxTokenBytes));
  out.max_age_seconds = TRY(fields.integer("maxAgeSeconds", 0, kMaxEvidenceAge));
  if (auto rest = TRY(fields.maybe_object("rest"))) {
    EvidenceRequest::Rest from;
    from.id = TRY(rest->text("id", 64));
    from.ima_offset = static_cast<std::uint64_t>(TRY(rest->integer("imaOffset", 0, kMaxOffset)));
    TRY(rest->expect_no_more());
    out.rest = std::move(from);
  }
  TRY(fields.expect_no_more());
  return out;
}

Json to_json(const NodeEvidence& evidence) {
  Json out = {{"nodeUID", evidence.node_uid.str()},
              {"receivedTime", evidence.received.rfc3339()},
              {"attested", to_base64(evidence.attested)},
              {"signature", to_base64(evidence.signature)},
              {"akPublic", to_base64(evidence.ak_public)},
              {"qualifyingData", to_base64(evidence.qualifying_data)},
              {"nonce", to_base64(evidence.nonce)},
              {"channel", to_base64(evidence.channel)},
              {"pcrs", pcrs_to_json(evidence.pcrs)},
              {"bootLog", to_base64(evidence.boot_log)},
              {"findings", Json::array()}};
  if (evidence.userspace_log) {
    out["userspaceLog"] = to_base64(*evidence.userspace_log);
  }
  for (const FindingView& finding : evidence.findings) {
    out["findings"].push_back(to_json(finding));
  }
  return out;
}

Json to_json(const EvidenceAnswer& answer) {
  if (!answer.part) {
    return {{"state", "Waiting"}};
  }
  Json out = {{"state", "Verified"},
              {"id", answer.part->id},
              {"ima",
               {{"size", answer.part->ima_size},
                {"offset", answer.part->ima_offset},
                {"bytes", to_base64(answer.part->ima)}}}};
  if (answer.part->evidence) {
    out["evidence"] = to_json(*answer.part->evidence);
  }
  return out;
}

Result<EvidenceAnswer> parse_evidence_answer(const Json& answer) {
  Fields fields = TRY(Fields::of(answer, ""));
  if (TRY(fields.one_of("state", {"Waiting", "Verified"})) == 0) {
    return EvidenceAnswer{};
  }
  EvidenceAnswer::Part part;
  part.id = TRY(fields.text("id", 64));
  if (auto evidence = TRY(fields.maybe_object("evidence"))) {
    part.evidence = TRY(read_evidence(*evidence));
  }
  Fields ima = TRY(fields.object("ima"));
  part.ima_size = static_cast<std::uint64_t>(TRY(ima.integer("size", 0, kMaxOffset)));
  part.ima_offset = static_cast<std::uint64_t>(TRY(ima.integer("offset", 0, kMaxOffset)));
  part.ima = TRY(ima.base64("bytes", kMaxImaSlice));
  return EvidenceAnswer{std::move(part)};
}

}  // namespace seaworthy::api
