#include "verify/quote.h"

#include <algorithm>

#include "crypto/signature.h"
#include "tpm/signature.h"
#include "verify/tpm_keys.h"

namespace seaworthy::verify {
Checked<VerifiedQuote> verify_quote(const SignedQuote& in, const AttestationKey& ak,
                                    const Challenge& challenge) {
  // R8. The AK signed these bytes, as received, under the scheme and hash it was enrolled with
  //     (Part 3 §18.4 TPM2_Quote). First, so that unauthenticated bytes meet as little of our
  //     code as possible; one attempt, no guessing.
  const auto signature = tpm::parse_signature(in.signature);
  if (!signature) {
    return Findings{{Reason::kSignatureMalformed, "signature", signature.error().message()}};
  }
  const SignatureView view = view_of(*signature);
  if (view.scheme != ak.scheme()) {
    return Findings{{Reason::kSignatureSchemeMismatch, "signature"}};
  }
  if (!crypto::verify(ak.key(), ak.scheme(), in.attested, view.signature)) {
    return Findings{{Reason::kSignatureInvalid, "signature"}};
  }
  // R6. The TPM made them (§6.2 TPM_GENERATED), and made them as a quote (§6.9 TPM_ST): a genuine
  //     certify or NV attestation must not pass for one. GHSA-x5j2-26fc-hhc3.
  auto quote = tpm::parse_quote(in.attested);
  if (!quote) {
    return Findings{{Reason::kNotAQuote, "quote", quote.error().message()}};
  }

  Findings found;  // From here every check runs: one report of all that is wrong.
  // R7. It answers this challenge: qualifyingData returns as extraData (§10.12.12).
  if (!crypto::equal(quote->extra_data, challenge.extra_data.bytes())) {
    found.push_back({Reason::kNonceMismatch, "quote"});
  }
  // R9. It covers exactly the PCRs asked for, no more and no fewer, in the same order and width
  //     (§10.12.4).
  if (quote->pcrs != challenge.selection) {
    found.push_back(
        {Reason::kPcrSelectionMismatch, "quote",
         "quoted " + tpm::text(quote->pcrs) + ", asked for " + tpm::text(challenge.selection)});
  }
  // R12. The signer is the AK enrolled, in the hierarchy it was enrolled in (§10.12.12).
  if (quote->qualified_signer != ak.qualified_name()) {
    found.push_back({Reason::kSignerMismatch, "quote"});
  }
  if (!found.empty()) {
    return found;
  }
  return VerifiedQuote(*std::move(quote), ak.scheme().hash);
}

// The claimed values in signed order, as the TPM hashed them.
struct PcrCheck {
  const tpm::Quote& quote;
  crypto::HashAlg hash;
  Bytes concatenated = {};
  std::optional<std::size_t> ima_offset = {};  // of PCR 10 of the policy bank
  QuotedPcrs pcrs = {};

  explicit PcrCheck(const VerifiedQuote& verified) : quote(verified.quote_), hash(verified.hash_) {}

  // Exactly the values of the selection, no fewer and no more: values of PCRs that nobody signed
  // are refused, not skipped.
  std::optional<Finding> read(const ClaimedPcrs& claimed) {
    const auto wrong = [](std::string detail) {
      return Finding{Reason::kPcrValuesMalformed, "PCR values", std::move(detail)};
    };
    if (claimed.size() != quote.pcrs.size()) {
      return wrong(std::to_string(claimed.size()) + " banks, selected " +
                   std::to_string(quote.pcrs.size()));
    }
    for (const tpm::PcrSelection& selection : quote.pcrs) {
      const auto bank = claimed.find(std::string(crypto::name(selection.bank)));
      const auto indexes = selection.pcrs.indexes();
      if (bank == claimed.end() || bank->second.size() != indexes.size()) {
        return wrong("the PCRs of bank " + std::string(crypto::name(selection.bank)) +
                     " are not those selected");
      }
      for (const tpm::PcrIndex pcr : indexes) {
        const auto value = bank->second.find(static_cast<std::uint8_t>(pcr.value()));
        if (value == bank->second.end() ||
            value->second.size() != crypto::digest_size(selection.bank)) {
          return wrong("PCR " + std::to_string(pcr.value()) + " is missing or of a wrong size");
        }
        take(selection.bank, pcr, value->second);
      }
    }
    return std::nullopt;
  }

  void take(crypto::HashAlg bank, tpm::PcrIndex pcr, ByteSpan value) {
    if (bank == kPolicyBank) {
      if (pcr == kImaPcr) {
        ima_offset = concatenated.size();
      }
      pcrs.set(pcr, crypto::Digest(bank, value));
    }
    seaworthy::append(concatenated, value);
  }

  bool fits() const {
    return same_bytes(crypto::hash(hash, concatenated).bytes(), quote.pcr_digest);
  }

  bool fits_with(const crypto::Digest& pcr10) {
    const ByteSpan bytes = pcr10.bytes();
    std::copy(bytes.begin(), bytes.end(),
              concatenated.begin() + static_cast<std::ptrdiff_t>(*ima_offset));
    if (!fits()) {
      return false;
    }
    pcrs.set(kImaPcr, pcr10);
    return true;
  }
};

void QuotedPcrs::set(tpm::PcrIndex pcr, const crypto::Digest& value) {
  if (!selected_.has(pcr)) {
    selected_.add(pcr);
    values_.insert(values_.begin() + static_cast<std::ptrdiff_t>(place(pcr)), value);
  }
  values_[place(pcr)] = value;
}

Checked<QuotedPcrs> verify_pcrs(const VerifiedQuote& quote, const ClaimedPcrs& claimed,
                                const Pcr10Walk& walk) {
  PcrCheck check(quote);
  if (const auto finding = check.read(claimed)) {
    return Findings{*finding};
  }
  bool found = check.fits();
  if (!found && check.ima_offset) {
    walk([&](const crypto::Digest& pcr10) { return found = check.fits_with(pcr10); });
  }
  if (!found) {
    return Findings{{Reason::kPcrDigestMismatch, "PCR values"}};
  }
  return std::move(check.pcrs);
}

}  // namespace seaworthy::verify
