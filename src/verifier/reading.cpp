#include "verifier/reading.h"

#include "base/check.h"
#include "codec/hex.h"
#include "eventlog/ima.h"

namespace seaworthy::verifier {
namespace {

// The entries that the quoted PCR 10 proves: what the agent sent after them is not shown.
ByteSpan proven_entries(const api::AttestRequest& request, const verify::VerifiedIma& ima) {
  if (!request.ima) {
    return {};
  }
  eventlog::ImaReader reader(request.ima->entries);
  while (reader.entries() < ima.entries() - ima.from()) {
    const auto entry = reader.next();
    SEAWORTHY_CHECK(entry && *entry);  // verify_ima() has read them
  }
  return ByteSpan(request.ima->entries).first(reader.consumed());
}

api::PcrValues values_of(const verify::QuotedPcrs& pcrs) {
  api::PcrValues out;
  for (const tpm::PcrIndex pcr : pcrs.selected().indexes()) {
    out[std::string(crypto::name(verify::kPolicyBank))][static_cast<std::uint8_t>(pcr.value())] =
        to_bytes(pcrs.value(pcr)->bytes());
  }
  return out;
}

// But for the IMA list.
KeptEvidence kept_evidence(Context& context, const Round& round, const Enrolled& enrolled,
                           const verify::VerifiedEvidence& evidence) {
  const api::AttestRequest& request = round.request;
  return {.id = codec::to_hex(crypto::sha256(request.attested).bytes()),
          .evidence = {.node_uid = round.caller.node_uid,
                       .received = context.clock.now(),
                       .attested = request.attested,
                       .signature = request.signature,
                       .ak_public = enrolled.statement.ak_public,
                       .qualifying_data = to_bytes(round.challenge.extra_data.bytes()),
                       .nonce = request.nonce,
                       .channel = to_bytes(round.caller.token_hash.bytes()),
                       .pcrs = values_of(evidence.pcrs()),
                       .boot_log = *request.boot_log,
                       .userspace_log = request.userspace_log,
                       .ima = {},
                       .findings = shown(evidence.findings())},
          .record_uid = enrolled.record().meta.uid};
}

// Kept under another enrolment, it would be another machine's.
bool is_of(const KeptEvidence& kept, const Enrolled& enrolled) {
  return kept.record_uid == enrolled.record().meta.uid &&
         kept.evidence.ak_public == enrolled.statement.ak_public;
}

api::EvidenceAnswer part_of(const KeptEvidence& kept, std::uint64_t offset) {
  const Bytes& ima = kept.evidence.ima;
  const std::size_t size = std::min<std::size_t>(ima.size() - offset, api::kMaxImaSlice);
  api::EvidenceAnswer::Part part{.id = kept.id,
                                 .evidence = std::nullopt,
                                 .ima_size = ima.size(),
                                 .ima_offset = offset,
                                 .ima = to_bytes(ByteSpan(ima).subspan(offset, size))};
  return {std::move(part)};
}

api::EvidenceAnswer beginning_of(const KeptEvidence& kept) {
  api::EvidenceAnswer answer = part_of(kept, 0);
  answer.part->evidence = kept.evidence;
  return answer;
}

Answer<api::EvidenceAnswer> rest_of(const std::shared_ptr<const KeptEvidence>& kept,
                                    const Enrolled& enrolled,
                                    const api::EvidenceRequest::Rest& rest) {
  if (!kept || !is_of(*kept, enrolled) || kept->id != rest.id) {
    return refusal(409, "EvidenceGone",
                   "this evidence is not kept any more; ask from the beginning");
  }
  if (rest.ima_offset > kept->evidence.ima.size()) {
    return refusal(400, "BadRequest", "rest.imaOffset: the IMA list is shorter");
  }
  return part_of(*kept, rest.ima_offset);
}

}  // namespace

Answer<api::EvidenceAnswer> read_evidence(Context& context, const api::EvidenceRequest& request) {
  const auto node = context.nodes.find(request.node.str());
  if (!node || !node->value) {
    return refusal(404, "NoSuchNode", "there is no node '" + request.node.str() + "'");
  }
  const NodeUid uid(node->uid);
  auto found = find_enrolled(context, request.node, uid);
  if (auto* refused = std::get_if<Refusal>(&found)) {
    refused->status = refused->status == 404 ? 409 : refused->status;
    return std::move(*refused);
  }
  const Monotonic now = context.clock.monotonic();
  WantedEvidence& wanted = context.states.wanted();
  const auto& enrolled = std::get<Enrolled>(found);
  if (request.rest) {
    return rest_of(wanted.kept(uid, now), enrolled, *request.rest);
  }
  const auto standing = wanted.ask(uid, seconds(request.max_age_seconds), now);
  if (std::holds_alternative<WantedEvidence::TooMany>(standing)) {
    return refusal(429, "TooManyWanted",
                   "the evidence of as many nodes is waited for or kept as may be; ask again in "
                   "some minutes");
  }
  if (const auto* never = std::get_if<WantedEvidence::Never>(&standing)) {
    return refusal(409, "EvidenceTooLarge", "node '" + request.node.str() + "': " + never->why);
  }
  const auto* kept = std::get_if<std::shared_ptr<const KeptEvidence>>(&standing);
  if (kept == nullptr) {
    return api::EvidenceAnswer{};
  }
  if (!is_of(**kept, enrolled)) {
    wanted.forget(uid);  // and wanted anew when they ask the next time
    return api::EvidenceAnswer{};
  }
  return beginning_of(**kept);
}

void offer_part(Context& context, const Round& round, const verify::NeedMore& more) {
  if (more.unfinished && round.request.ima) {
    context.states.wanted().add_part(
        round.caller.node_uid, {round.before, round.request.ima->from, round.request.ima->entries},
        more.unfinished->progress.ima, context.clock.monotonic());
  }
}

Offered offer_evidence(Context& context, const Round& round, const Enrolled& enrolled,
                       const verify::VerifiedEvidence& evidence) {
  const Monotonic now = context.clock.monotonic();
  const NodeUid& node = round.caller.node_uid;
  WantedEvidence& wanted = context.states.wanted();
  if (!wanted.waits(node, now)) {
    return Offered::kDone;
  }
  const bool whole =
      round.request.boot_log && wanted.keep(node,
                                            {round.before, evidence.ima().from(),
                                             proven_entries(round.request, evidence.ima())},
                                            kept_evidence(context, round, enrolled, evidence), now);
  return !whole && wanted.ask_again(node, now) ? Offered::kAskForTheRest : Offered::kDone;
}

}  // namespace seaworthy::verifier
