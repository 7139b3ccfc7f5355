#include "verifier/checkpoint.h"

#include <algorithm>

#include "codec/reader.h"
#include "codec/writer.h"
#include "tpm/attest.h"

namespace seaworthy::verifier {
namespace {

using codec::Reader;
using codec::Writer;

constexpr std::string_view kLabel = "seaworthy/checkpoint/v1";
constexpr std::size_t kMost = api::kMaxCheckpointBytes;  // of any one field or list in it

// Each structure is taken apart into all its members: one that is added does not compile here until
// somebody writes and reads it.

void write(Writer& to, std::string_view text) {
  to.sized32le(as_bytes(text));
}
Result<std::string> read_text(Reader& from) {
  return std::string(as_text(TRY(from.sized32le(kMost))));
}

Result<crypto::Digest> read_sha256(Reader& from) {
  return crypto::Digest(crypto::HashAlg::kSha256, TRY(from.take(32)));
}

void write(Writer& to, const verify::LastQuote& last) {
  const auto& [clock, firmware] = last;
  const auto& [millis, resets, restarts, safe] = clock;
  to.u64be(millis).u32be(resets).u32be(restarts).u8(safe ? 1 : 0).u64be(firmware);
}
Result<verify::LastQuote> read_last(Reader& from) {
  verify::LastQuote last;
  last.clock.clock = TRY(from.u64be());
  last.clock.reset_count = TRY(from.u32be());
  last.clock.restart_count = TRY(from.u32be());
  last.clock.safe = TRY(from.u8()) != 0;
  last.firmware_version = TRY(from.u64be());
  return last;
}

void write(Writer& to, const verify::ImaProgress& ima) {
  const auto& [entries, rule, pcr10, padded, violations, announced, findings] = ima;
  to.u64be(entries);
  to.u8(rule ? 1 : 0).u8(rule ? static_cast<std::uint8_t>(*rule) : 0);
  to.raw(pcr10.bytes()).raw(padded.bytes());
  to.u64be(violations).u64be(announced);
  to.u32be(static_cast<std::uint32_t>(findings.size()));
  for (const auto& [reason, about, detail] : findings) {
    to.u16be(static_cast<std::uint16_t>(reason));
    write(to, about);
    write(to, detail);
  }
}
Result<verify::ImaProgress> read_ima(Reader& from) {
  verify::ImaProgress ima;
  ima.entries = TRY(from.u64be());
  const bool known = TRY(from.u8()) != 0;
  const auto rule = static_cast<eventlog::TemplateDigests>(TRY(from.u8()));
  ima.rule = known ? std::optional(rule) : std::nullopt;
  ima.pcr10 = TRY(read_sha256(from));
  ima.padded = TRY(read_sha256(from));
  ima.violations = TRY(from.u64be());
  ima.kexecs_announced = TRY(from.u64be());
  ima.findings.resize(TRY(from.count32be(kMost, 10)));
  for (auto& [reason, about, detail] : ima.findings) {
    reason = static_cast<verify::Reason>(TRY(from.u16be()));
    about = TRY(read_text(from));
    detail = TRY(read_text(from));
  }
  return ima;
}

void write(Writer& to, const std::vector<policy::UnknownFile>& files) {
  to.u32be(static_cast<std::uint32_t>(files.size()));
  for (const auto& [sha256, path, reason] : files) {
    to.raw(sha256);
    write(to, path);
    to.u16be(static_cast<std::uint16_t>(reason));
  }
}
Result<std::vector<policy::UnknownFile>> read_unknown(Reader& from) {
  std::vector<policy::UnknownFile> files(TRY(from.count32be(kMost, 38)));
  for (auto& [sha256, path, reason] : files) {
    const ByteSpan digest = TRY(from.take(sha256.size()));
    std::copy(digest.begin(), digest.end(), sha256.begin());
    path = TRY(read_text(from));
    reason = static_cast<verify::Reason>(TRY(from.u16be()));
  }
  return files;
}

void write(Writer& to, const policy::FileAppraisal& files) {
  const auto& [generation, entries, unknown, more, refused, more_refused, policy_seen] = files;
  to.u64be(generation).u64be(entries).u64be(more).u64be(more_refused).u8(policy_seen ? 1 : 0);
  write(to, unknown);
  write(to, refused);
}
Result<policy::FileAppraisal> read_files(Reader& from) {
  policy::FileAppraisal files;
  files.generation = TRY(from.u64be());
  files.entries = TRY(from.u64be());
  files.more = TRY(from.u64be());
  files.more_refused = TRY(from.u64be());
  files.ima_policy_seen = TRY(from.u8()) != 0;
  files.unknown = TRY(read_unknown(from));
  files.refused = TRY(read_unknown(from));
  return files;
}

// The part of the list begins where this replica's memory ends, or with the first entry.
bool is_remembered(const api::AttestRequest::Ima& part, const tpm::ClockInfo& quoted,
                   const verify::AttestationProgress& progress) {
  return part.from == 0 || (progress.last && verify::same_epoch(progress.last->clock, quoted) &&
                            part.from == progress.ima.entries);
}

// Why this checkpoint is as good as none; empty: it is not.
std::string_view objection(const Checkpoint& shown, const Caller& caller,
                           const api::AttestRequest& request, const tpm::ClockInfo& quoted,
                           const NodeState& state) REQUIRES(state.mutex) {
  // What was verified of another machine, or under an enrolment that was taken back, says
  // nothing of this one.
  if (shown.node_uid != caller.node_uid) {
    return "OtherNode";
  }
  if (shown.record_uid != state.record_uid || shown.ak_name != to_bytes(state.key->name())) {
    return "OtherEnrolment";
  }
  // Nor does what ran before the TPM was reset.
  if (!verify::same_epoch(shown.last.clock, quoted) || shown.boot_pcrs != boot_pcrs(request.pcrs)) {
    return "OtherBoot";
  }
  // R13. Nothing that is remembered is forgotten for it.
  if (state.progress.last && !verify::comes_after(shown.last.clock, state.progress.last->clock)) {
    return "Older";
  }
  return "";
}

void go_on_from(Checkpoint shown, NodeState& state) REQUIRES(state.mutex) {
  verify::AttestationProgress& progress = state.progress;
  if (progress.last && !verify::same_epoch(progress.last->clock, shown.last.clock)) {
    progress.boot.reset();
  }
  progress.last = shown.last;
  progress.ima = std::move(shown.ima);
  state.files = std::move(shown.files);
}

}  // namespace

std::optional<Bytes> seal_checkpoint(const crypto::SealKey& key, const std::string& build,
                                     const Checkpoint& checkpoint) {
  const auto& [node_uid, record_uid, ak_name, last, pcrs, ima, files] = checkpoint;
  Writer to;
  write(to, build);
  write(to, node_uid.str());
  write(to, record_uid);
  to.sized32le(ak_name);
  write(to, last);
  to.raw(pcrs.bytes());
  write(to, ima);
  to.u32be(static_cast<std::uint32_t>(files.size()));
  for (const auto& [policy, judged] : files) {
    write(to, policy.str());
    write(to, judged);
  }
  if (to.bytes().size() + crypto::kSealOverhead > kMost) {
    return std::nullopt;
  }
  return crypto::seal(key, kLabel, to.bytes());
}

Result<Checkpoint> open_checkpoint(const crypto::SealKey& key, const std::string& build,
                                   ByteSpan sealed) {
  const Bytes payload = TRY(crypto::open(key, kLabel, sealed));
  Reader from("checkpoint", payload);
  if (TRY(read_text(from)) != build) {
    return from.unsupported("made by another build");
  }
  Checkpoint checkpoint;
  checkpoint.node_uid = NodeUid(TRY(read_text(from)));
  checkpoint.record_uid = TRY(read_text(from));
  checkpoint.ak_name = to_bytes(TRY(from.sized32le(kMost)));
  checkpoint.last = TRY(read_last(from));
  checkpoint.boot_pcrs = TRY(read_sha256(from));
  checkpoint.ima = TRY(read_ima(from));
  const std::size_t policies = TRY(from.count32be(kMost, 4));
  for (std::size_t i = 0; i < policies; ++i) {
    const PolicyName policy(TRY(read_text(from)));
    checkpoint.files[policy] = TRY(read_files(from));
  }
  TRY(from.expect_end());
  return checkpoint;
}

crypto::Digest boot_pcrs(const verify::ClaimedPcrs& pcrs) {
  Writer values;
  const auto bank = pcrs.find(std::string(crypto::name(verify::kPolicyBank)));
  for (std::uint8_t pcr = 0; bank != pcrs.end() && pcr < verify::kImaPcr.value(); ++pcr) {
    const auto value = bank->second.find(pcr);
    values.sized32le(value == bank->second.end() ? ByteSpan() : ByteSpan(value->second));
  }
  return crypto::sha256(values.bytes());
}

void take_checkpoint(Context& context, const Caller& caller, const api::AttestRequest& request,
                     NodeState& state) {
  const auto quote = tpm::parse_attest_header(request.attested);
  if (!request.checkpoint || !request.ima || !quote ||
      is_remembered(*request.ima, quote->clock, state.progress)) {
    return;
  }
  auto shown = open_checkpoint(context.key, context.build, *request.checkpoint);
  if (!shown) {
    context.checkpoint_used(shown.error().code() == ErrorCode::kUnsupported ? "OtherBuild"
                                                                            : "NotOurs");
    return;
  }
  if (const auto why = objection(*shown, caller, request, quote->clock, state); !why.empty()) {
    context.checkpoint_used(why);
    return;
  }
  go_on_from(*std::move(shown), state);
  context.checkpoint_used("Continued");
}

std::optional<api::CheckpointMessage> give_checkpoint(Context& context, const Caller& caller,
                                                      const verify::ClaimedPcrs& pcrs,
                                                      const NodeState& state) {
  auto sealed = seal_checkpoint(context.key, context.build,
                                {.node_uid = caller.node_uid,
                                 .record_uid = state.record_uid,
                                 .ak_name = to_bytes(state.key->name()),
                                 .last = *state.progress.last,
                                 .boot_pcrs = boot_pcrs(pcrs),
                                 .ima = state.progress.ima,
                                 .files = state.files});
  if (!sealed) {
    context.checkpoint_used("TooLarge");
    return std::nullopt;
  }
  return api::CheckpointMessage{state.progress.ima_entries(), *std::move(sealed)};
}

}  // namespace seaworthy::verifier
