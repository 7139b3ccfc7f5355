#include "verify/ima.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace seaworthy::verify {

using crypto::Digest;
using crypto::HashAlg;
using eventlog::ImaEntry;
using eventlog::ImaTemplate;

namespace {

constexpr std::string_view kBootAggregate = "boot_aggregate";

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

}  // namespace

void walk_pcr10(const ImaProgress& before, const ImaPart& part,
                const std::function<bool(const Digest&)>& fits) {
  Digest pcr10 = before.pcr10;
  eventlog::ImaReader reader(part.entries);
  while (!fits(pcr10)) {
    const auto entry = reader.next();
    if (!entry || !*entry) {
      return;
    }
    if ((*entry)->pcr == kImaPcr.value()) {
      pcr10 = crypto::extended(pcr10, (*entry)->extend_value(kPolicyBank).bytes());
    }
  }
}

class ImaCheck {
 public:
  ImaCheck(const ImaProgress& before, const ImaPart& part, const QuotedPcrs& pcrs)
      : part_(part), pcrs_(pcrs) {
    ima_.from_ = part.from;
    ima_.progress_ = before;
  }

  std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> run() {
    const Digest* quoted = pcrs_.value(kImaPcr);
    SEAWORTHY_CHECK(quoted != nullptr && part_.from == ima_.progress_.entries);
    ImaProgress& progress = ima_.progress_;
    const ImaProgress before = progress;
    eventlog::ImaReader reader(part_.entries);
    // R19. Up to the quoted value and no further: what comes after it is not authenticated yet.
    while (progress.pcr10 != *quoted) {
      const auto entry = reader.next();
      if (entry && !*entry && part_.entries.size() >= kUnfinishedBytes) {
        return ImaUnfinished{std::move(progress), part_.from, std::move(ima_.files_)};
      }
      if (!entry || !*entry) {
        return not_reached(before, entry ? "" : entry.error().message());
      }
      take(**entry);
    }
    return std::move(ima_);
  }

 private:
  std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> not_reached(const ImaProgress& before,
                                                                  std::string why) {
    if (before.entries > 0) {
      return ImaNeeded{};
    }
    // Nothing of it is proven, so nothing of it is kept.
    ima_.progress_ = ImaProgress{};
    ima_.files_.clear();
    if (part_.entries.empty()) {
      found(Reason::kImaListMissing, "IMA list");
    } else {
      const Reason reason = why.empty() ? Reason::kImaListIncomplete : Reason::kImaListMalformed;
      found(reason, "IMA list", std::move(why));
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
    progress.pcr10 = crypto::extended(progress.pcr10, entry.extend_value(kPolicyBank).bytes());
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
      return;
    }
    if (!is_boot_aggregate(entry)) {
      found(Reason::kImaBootAggregateMismatch, std::string(kBootAggregate),
            "the digest is " + std::string(entry.digest_alg));
    }
  }

  bool is_boot_aggregate(const ImaEntry& entry) const {
    const auto digest = entry.digest();
    return digest && digest->alg() == kPolicyBank &&
           (*digest == aggregate(pcrs_, 9) || *digest == aggregate(pcrs_, 7));
  }

  void file(const ImaEntry& entry) {
    if (entry.name == kBootAggregate) {
      found(Reason::kImaKexec, std::string(kBootAggregate));
      return;
    }
    add(entry);
  }

  // The template name is not authenticated: a file's entry may be renamed to ima-buf. So the
  //       buffer has to hash to the digest, and the digest is judged like a file's.
  void buffer(const ImaEntry& entry) {
    const auto digest = entry.digest();
    if (digest && *digest != crypto::hash(digest->alg(), entry.buffer)) {
      found(Reason::kImaBufferMismatch, std::string(entry.name));
    }
    if (entry.name == "kexec-cmdline") {
      found(Reason::kImaKexec, std::string(entry.name),
            std::string(
                as_text(entry.buffer.first(std::min<std::size_t>(entry.buffer.size(), 256)))));
    }
    add(entry);
  }

  // Only digests of algorithms that hold; others decide nothing.
  void add(const ImaEntry& entry) {
    const auto digest = entry.digest();
    if (!digest || digest->alg() == HashAlg::kSha1) {
      found(Reason::kImaWeakDigest, std::string(entry.name), std::string(entry.digest_alg));
      return;
    }
    ima_.files_.push_back({*digest, entry.name});
  }

  const ImaPart& part_;
  const QuotedPcrs& pcrs_;
  VerifiedIma ima_;
};

std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> verify_ima(const ImaProgress& before,
                                                               const ImaPart& part,
                                                               const QuotedPcrs& pcrs) {
  return ImaCheck(before, part, pcrs).run();
}

}  // namespace seaworthy::verify
