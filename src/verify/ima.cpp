#include "verify/ima.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace seaworthy::verify {

using crypto::Digest;
using crypto::HashAlg;
using eventlog::ImaEntry;
using eventlog::ImaTemplate;
using eventlog::TemplateDigests;

namespace {

constexpr std::string_view kBootAggregate = "boot_aggregate";
constexpr std::string_view kKexecCommandLine = "kexec-cmdline";

// H(PCR 0 to last), which the kernel computes when IMA starts (2.7.3).
std::optional<Digest> aggregate(const QuotedPcrs& pcrs, std::uint32_t last) {
  Bytes values;
  for (std::uint32_t i = 0; i <= last; ++i) {
    const auto index = tpm::PcrIndex::of(i);
    const Digest* value = index ? pcrs.value(*index) : nullptr;
    if (value == nullptr) {
      return std::nullopt;
    }
    append(values, value->bytes());
  }
  return crypto::hash(kPolicyBank, values);
}

// PCR 10 after one entry more.
void extend(Digest& pcr10, const ImaEntry& entry, TemplateDigests rule) {
  if (entry.pcr == kImaPcr.value()) {
    pcr10 = crypto::extended(pcr10, entry.extend_value(kPolicyBank, rule).bytes());
  }
}

// The values of PCR 10 by one rule, until one fits. Gives the last.
struct Walked {
  Digest pcr10;
  bool fits;
};
Walked walk(Digest pcr10, ByteSpan entries, TemplateDigests rule,
            const std::function<bool(const Digest&)>& fits) {
  eventlog::ImaReader reader(entries);
  while (!fits(pcr10)) {
    const auto entry = reader.next();
    if (!entry || !*entry) {
      return {pcr10, false};
    }
    extend(pcr10, **entry, rule);
  }
  return {pcr10, true};
}

}  // namespace

void walk_pcr10(const ImaProgress& before, const ImaPart& part,
                const std::function<bool(const Digest&)>& fits) {
  const auto rule = before.rule.value_or(TemplateDigests::kPerBank);
  if (!walk(before.pcr10, part.entries, rule, fits).fits && !before.rule) {
    walk(before.padded, part.entries, TemplateDigests::kSha1Padded, fits);
  }
}

class ImaCheck {
 public:
  ImaCheck(const ImaProgress& before, const ImaPart& part, const QuotedPcrs& pcrs)
      : before_(before), part_(part), pcrs_(pcrs), quoted_(pcrs.value(kImaPcr)) {
    SEAWORTHY_CHECK(quoted_ != nullptr && part_.from == before_.entries);
  }

  std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> run() {
    bool reached = replay(before_.rule.value_or(TemplateDigests::kPerBank));
    if (!reached && !before_.rule) {
      // A kernel before 5.8, perhaps: never assumed in silence.
      const Walked padded = walk(before_.padded, part_.entries, TemplateDigests::kSha1Padded,
                                 [this](const Digest& pcr10) { return pcr10 == *quoted_; });
      if (padded.fits) {
        reached = replay(TemplateDigests::kSha1Padded);
      } else {
        ima_.progress_.padded = padded.pcr10;
      }
    }
    if (reached) {
      return std::move(ima_);
    }
    if (error_.empty() && part_.entries.size() >= kUnfinishedBytes) {
      return ImaUnfinished{std::move(ima_.progress_), part_.from, std::move(ima_.files_)};
    }
    return not_reached();
  }

 private:
  // R19. Up to the quoted value and no further: what comes after it is not authenticated yet.
  bool replay(TemplateDigests rule) {
    ima_ = VerifiedIma();
    ima_.from_ = part_.from;
    ima_.progress_ = before_;
    ImaProgress& progress = ima_.progress_;
    rule_ = rule;
    if (rule == TemplateDigests::kSha1Padded && !before_.rule) {
      progress.pcr10 = before_.padded;
      found(Reason::kImaDigestsPadded, "IMA list");
    }
    eventlog::ImaReader reader(part_.entries);
    while (progress.pcr10 != *quoted_) {
      const auto entry = reader.next();
      if (!entry || !*entry) {
        error_ = entry ? "" : entry.error().message();
        return false;
      }
      take(**entry);
    }
    if (progress.entries > 0) {
      progress.rule = rule;
    }
    return true;
  }

  std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> not_reached() {
    if (before_.entries > 0) {
      return ImaNeeded{};
    }
    // Nothing of it is proven, so nothing of it is kept.
    ima_ = VerifiedIma();
    if (part_.entries.empty()) {
      found(Reason::kImaListMissing, "IMA list");
    } else {
      const Reason reason = error_.empty() ? Reason::kImaListIncomplete : Reason::kImaListMalformed;
      found(reason, "IMA list", error_);
    }
    VerifiedIma result = std::move(ima_);
    return result;
  }

  void found(Reason reason, std::string about, std::string detail = {}) {
    Findings& findings = ima_.progress_.findings;
    if (findings.size() < kMaxImaFindings) {
      about.resize(std::min<std::size_t>(about.size(), 256));
      findings.push_back({reason, std::move(about), std::move(detail)});
    } else if (findings.size() == kMaxImaFindings) {
      findings.push_back({Reason::kImaMoreFindings, "IMA list"});
    }
  }

  // R20. Every entry counts, whatever its template, path or PCR; each problem is one finding.
  void take(const ImaEntry& entry) {
    ImaProgress& progress = ima_.progress_;
    const bool first = progress.entries++ == 0;
    if (entry.pcr != kImaPcr.value()) {
      // Not extended into PCR 10, so not proven by it.
      found(Reason::kImaForeignPcr, std::string(entry.name), "PCR " + std::to_string(entry.pcr));
      return;
    }
    extend(progress.pcr10, entry, rule_);
    if (!entry.template_digest_matches()) {
      found(Reason::kImaEntryFalse, std::string(entry.name));
    }
    if (first) {
      boot_aggregate(entry);
      return;
    }
    if (entry.violation()) {
      // Nothing that a violation says is authenticated: it is counted, not read.
      if (progress.violations++ == 0) {
        found(Reason::kImaViolation, "IMA list");
      }
      return;
    }
    switch (entry.kind) {
      case ImaTemplate::kImaNg:
      case ImaTemplate::kImaSig:
      case ImaTemplate::kImaNgV2:
      case ImaTemplate::kImaSigV2:
      case ImaTemplate::kImaModSig:
      case ImaTemplate::kEvmSig:
        file(entry);
        break;
      case ImaTemplate::kImaBuf:
        buffer(entry);
        break;
      case ImaTemplate::kIma:
      case ImaTemplate::kOther:
        found(Reason::kImaTemplateNotAllowed, std::string(entry.template_name));
    }
  }

  // R21. The first entry ties the list to this boot: it is the hash of the quoted PCR 0 to 9
  //      (Linux 5.8 and later) or 0 to 7 (before).
  void boot_aggregate(const ImaEntry& entry) {
    if (entry.name != kBootAggregate || entry.violation()) {
      found(Reason::kImaBootAggregateMissing, std::string(entry.name));
    } else {
      compare_boot_aggregate(entry);
    }
  }

  bool compare_boot_aggregate(const ImaEntry& entry) {
    const auto digest = entry.digest();
    const std::string detail = "the digest is " + std::string(entry.digest_alg);
    if (digest && digest->alg() == kPolicyBank) {
      if (*digest == aggregate(pcrs_, 9) || *digest == aggregate(pcrs_, 7)) {
        return true;
      }
    } else if (digest && !digest->is_zero()) {
      // Of the PCRs of another bank, and those are not quoted: a log's word for them is no proof.
      found(Reason::kImaBootAggregateUnproven, std::string(kBootAggregate), detail);
      return false;
    }
    found(Reason::kImaBootAggregateMismatch, std::string(kBootAggregate), detail);
    return false;
  }

  void file(const ImaEntry& entry) {
    if (entry.name == kBootAggregate) {
      kexec(entry);
      return;
    }
    add(entry, MeasuredFile::Kind::kFile);
  }

  // Another kernel runs, which took the list over. It measures the same registers again, or
  //       it is not what it says. With which command line it was started has to be measured too.
  void kexec(const ImaEntry& entry) {
    if (!compare_boot_aggregate(entry)) {
      return;
    }
    found(Reason::kImaKexec, std::string(kBootAggregate));
    if (ima_.progress_.kexecs_announced == 0) {
      found(Reason::kImaKexecUnmeasured, std::string(kBootAggregate));
    } else {
      --ima_.progress_.kexecs_announced;
    }
  }

  // The template name is not authenticated: a file's entry may be renamed to ima-buf. So the
  //       buffer has to hash to the digest, and the digest is judged like a file's.
  void buffer(const ImaEntry& entry) {
    const auto digest = entry.digest();
    if (digest && *digest != crypto::hash(digest->alg(), entry.buffer)) {
      found(Reason::kImaBufferMismatch, std::string(entry.name));
    }
    if (entry.name == kKexecCommandLine) {
      ++ima_.progress_.kexecs_announced;
      found(Reason::kImaKexec, std::string(entry.name),
            std::string(
                as_text(entry.buffer.first(std::min<std::size_t>(entry.buffer.size(), 256)))));
    }
    add(entry, MeasuredFile::Kind::kBuffer);
  }

  // Only digests of algorithms that hold; others decide nothing.
  void add(const ImaEntry& entry, MeasuredFile::Kind kind) {
    const auto digest = entry.digest();
    if (!digest || digest->alg() == HashAlg::kSha1) {
      found(Reason::kImaWeakDigest, std::string(entry.name), std::string(entry.digest_alg));
      return;
    }
    ima_.files_.push_back({.kind = kind,
                           .verity = entry.verity,
                           .digest = *digest,
                           .path = entry.name,
                           .signature = entry.signature,
                           .appended = entry.appended,
                           .inode = entry.inode,
                           .buffer = entry.buffer});
  }

  const ImaProgress& before_;
  const ImaPart& part_;
  const QuotedPcrs& pcrs_;
  const Digest* const quoted_;
  TemplateDigests rule_ = TemplateDigests::kPerBank;
  VerifiedIma ima_;
  std::string error_;  // of the entry at which the last replay stopped
};

std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> verify_ima(const ImaProgress& before,
                                                               const ImaPart& part,
                                                               const QuotedPcrs& pcrs) {
  return ImaCheck(before, part, pcrs).run();
}

}  // namespace seaworthy::verify
