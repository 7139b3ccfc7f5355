#include <algorithm>

#include "verify/boot.h"

namespace seaworthy::verify {

using tpm::PcrIndex;

std::string_view name(SecureBoot state) {
  switch (state) {
    case SecureBoot::kOn:
      return "On";
    case SecureBoot::kOff:
      return "Off";
    case SecureBoot::kUnknown:
      break;
  }
  return "Unknown";
}

SecureBoot VerifiedBoot::secure_boot(Quirks allowed) const {
  return secure_boot_ == SecureBoot::kOn && !secure_boot_findings(allowed).empty()
             ? SecureBoot::kUnknown
             : secure_boot_;
}

Findings VerifiedBoot::findings(Quirks allowed) const {
  Findings all = findings_;
  for (const Deviation& deviation : deviations_) {
    if (!deviation.of_secure_boot && !allowed.has(deviation.quirk)) {
      all.push_back(deviation.finding);
    }
  }
  return all;
}

Findings VerifiedBoot::secure_boot_findings(Quirks allowed) const {
  Findings all = secure_boot_findings_;
  for (const Deviation& deviation : deviations_) {
    if (deviation.of_secure_boot && !allowed.has(deviation.quirk)) {
      all.push_back(deviation.finding);
    }
  }
  return all;
}

const std::vector<Sha256Bytes>* VerifiedBoot::measured(PcrIndex pcr) const {
  static const std::vector<Sha256Bytes> nothing;
  if (!proven_.has(pcr) || !measured_complete_) {
    return nullptr;
  }
  const auto at = std::find_if(measured_.begin(), measured_.end(),
                               [&](const Measured& events) { return events.pcr == pcr; });
  return at == measured_.end() ? &nothing : at->digests.get();
}

std::shared_ptr<const VerifiedBoot> VerifiedBoot::sharing(BootParts& parts) const {
  const std::shared_ptr<VerifiedBoot> same(new VerifiedBoot(*this));
  same->keys_ = parts.keys.one_of(keys_);
  for (Measured& events : same->measured_) {
    events.digests = parts.digests.one_of(events.digests);
  }
  return same;
}

bool VerifiedBoot::is_for(const crypto::Digest& log_digest, const QuotedPcrs& pcrs,
                          std::optional<ByteSpan> userspace_log) const {
  if (log_digest_ != log_digest || pcrs_.selected() != pcrs.selected()) {
    return false;
  }
  for (const PcrIndex pcr : pcrs.selected().indexes()) {
    if (pcr != kImaPcr && *pcrs_.value(pcr) != *pcrs.value(pcr)) {
      return false;
    }
  }
  // Records are written after the register is extended, so a log that fell short may be followed by
  // one that does not.
  const bool short_of = std::any_of(findings_.begin(), findings_.end(), [](const Finding& f) {
    return f.reason == Reason::kPcrMismatch || f.reason == Reason::kPcrWithoutEvents ||
           f.reason == Reason::kUserspaceLogMalformed;
  });
  return !userspace_log || !short_of || userspace_digest_ == crypto::sha256(*userspace_log);
}

}  // namespace seaworthy::verify
