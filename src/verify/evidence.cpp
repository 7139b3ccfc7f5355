#include "verify/evidence.h"

#include "base/check.h"
#include "codec/hex.h"

namespace seaworthy::verify {
namespace {

// The verification of this log against these values: the remembered one, a new one, or null if
// the log has to be sent.
std::shared_ptr<const VerifiedBoot> boot_of(const EvidenceInput& in, const QuotedPcrs& pcrs,
                                            const std::shared_ptr<const VerifiedBoot>& known) {
  if (in.boot_log) {
    if (known && known->is_for(crypto::sha256(*in.boot_log), pcrs, in.userspace_log)) {
      return known;
    }
    return verify_boot(*in.boot_log, pcrs, in.userspace_log);
  }
  const auto digest = codec::from_hex(in.boot_log_digest_hex);
  if (!known || !digest || digest->size() != 32 ||
      !known->is_for({crypto::HashAlg::kSha256, *digest}, pcrs, in.userspace_log)) {
    return nullptr;
  }
  return known;
}

}  // namespace

std::optional<std::string> AttestationProgress::boot_log_digest() const {
  return boot ? std::optional(codec::to_hex(boot->log_digest().bytes())) : std::nullopt;
}

std::optional<std::string> AttestationProgress::userspace_log_digest() const {
  return boot && boot->userspace_digest()
             ? std::optional(codec::to_hex(boot->userspace_digest()->bytes()))
             : std::nullopt;
}

Findings VerifiedEvidence::findings() const {
  Findings all = boot().findings();
  append(all, ima_.findings());
  return all;
}

std::variant<Refused, NeedMore, VerifiedEvidence> verify_evidence(
    const EvidenceInput& in, const AttestationKey& ak, const Challenge& challenge,
    const AttestationProgress& before) {
  // R6 to R9, R12.
  auto quote = verify_quote({in.attested, in.signature}, ak, challenge);
  if (!ok(quote)) {
    return Refused{std::get<Findings>(std::move(quote))};
  }
  const VerifiedQuote& verified = std::get<VerifiedQuote>(quote);
  // R13. A new epoch begins with nothing known.
  const auto freshness = verify_freshness(verified, before.last);
  if (!ok(freshness)) {
    return Refused{std::get<Findings>(freshness)};
  }
  const bool new_epoch = std::get<Freshness>(freshness).new_epoch;
  AttestationProgress progress = new_epoch ? AttestationProgress{} : before;

  // 2.7.5. The part continues what is known, or begins again.
  ImaPart part = in.ima.value_or(ImaPart{progress.ima.entries, {}});
  if (part.from == 0) {
    progress.ima = ImaProgress{};
  }
  const bool gap = part.from != progress.ima.entries;
  // R10. With PCR 10 moving, the list may have to say which value was quoted.
  auto pcrs = verify_pcrs(verified, in.pcrs, [&](const auto& fits) {
    if (!gap) {
      walk_pcr10(progress.ima, part, fits);
    }
  });
  if (!ok(pcrs)) {
    return Refused{std::get<Findings>(std::move(pcrs))};
  }
  QuotedPcrs& values = std::get<QuotedPcrs>(pcrs);
  SEAWORTHY_CHECK((values.selected().contains(tpm::PcrMask::range<0, 10>())));

  // R11, R14 to R18.
  progress.boot = boot_of(in, values, progress.boot);
  if (progress.boot == nullptr || gap) {
    return NeedMore{.boot_log = progress.boot == nullptr,
                    .ima_from = gap ? 0 : progress.ima.entries};
  }
  // R19 to R21.
  auto ima = verify_ima(progress.ima, part, values);
  if (std::holds_alternative<ImaNeeded>(ima)) {
    return NeedMore{.boot_log = false, .ima_from = 0};
  }
  progress.last = LastQuote{verified.clock(), verified.firmware_version()};
  if (auto* unfinished = std::get_if<ImaUnfinished>(&ima)) {
    progress.ima = unfinished->progress;
    return NeedMore{.boot_log = false,
                    .ima_from = progress.ima.entries,
                    .unfinished = NeedMore::Unfinished{progress, std::move(*unfinished)}};
  }
  VerifiedIma& list = std::get<VerifiedIma>(ima);
  progress.ima = list.progress();
  return VerifiedEvidence(std::get<VerifiedQuote>(std::move(quote)), std::move(values),
                          std::move(list), std::get<Freshness>(freshness), std::move(progress));
}

}  // namespace seaworthy::verify
