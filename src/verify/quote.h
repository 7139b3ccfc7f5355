// Whether the enrolled TPM answered our challenge, and what its PCRs are: rules R6 to R10, R12.
// Spec: TPM 2.0 Library r1.59, Part 2 §10.12, Part 3 §18.4 (TPM2_Quote).
#pragma once

#include <bit>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "tpm/attest.h"
#include "tpm/pcr.h"
#include "verify/findings.h"
#include "verify/identity.h"

namespace seaworthy::verify {

// The bank that every decision rests on (R11). SHA-1 is never sufficient.
inline constexpr crypto::HashAlg kPolicyBank = crypto::HashAlg::kSha256;
inline constexpr auto kImaPcr = tpm::PcrIndex::at<10>();

// What was asked: kept by the verifier or recomputed from an authenticated nonce, never received.
struct Challenge {
  crypto::Digest extra_data;  // tpm::qualifying_data(): 32 bytes by type, there is no empty one
  std::vector<tpm::PcrSelection> selection;
};

struct SignedQuote {
  ByteSpan attested;   // TPMS_ATTEST, as received
  ByteSpan signature;  // TPMT_SIGNATURE
};

// A quote that the enrolled AK made for this challenge. It proves one digest over the selected
// PCRs; which values they have is verify_pcrs()'s business.
class VerifiedQuote {
 public:
  const tpm::ClockInfo& clock() const { return quote_.clock; }
  std::uint64_t firmware_version() const { return quote_.firmware_version; }
  const std::vector<tpm::PcrSelection>& selection() const { return quote_.pcrs; }

 private:
  friend Checked<VerifiedQuote> verify_quote(const SignedQuote& in, const AttestationKey& ak,
                                             const Challenge& challenge);
  friend struct PcrCheck;
  VerifiedQuote(tpm::Quote quote, crypto::HashAlg hash) : quote_(std::move(quote)), hash_(hash) {}
  tpm::Quote quote_;
  crypto::HashAlg hash_;  // of the AK's scheme: what pcrDigest is made with (Q8)
};

// R6, R7, R8, R9, R12.
Checked<VerifiedQuote> verify_quote(const SignedQuote& in, const AttestationKey& ak,
                                    const Challenge& challenge);

// The values of the selected PCRs in the policy bank. Facts.
class QuotedPcrs {
 public:
  // Null if the PCR is not in the signed selection: no decision can rest on it.
  const crypto::Digest* value(tpm::PcrIndex pcr) const {
    return selected_.has(pcr) ? &values_[place(pcr)] : nullptr;
  }
  tpm::PcrMask selected() const { return selected_; }

 private:
  friend struct PcrCheck;
  friend class LogReading;  // log_reading.h: values that nobody quoted, for display
  std::size_t place(tpm::PcrIndex pcr) const {
    return static_cast<std::size_t>(std::popcount(selected_.bits() & ((1u << pcr.value()) - 1)));
  }
  void set(tpm::PcrIndex pcr, const crypto::Digest& value);

  tpm::PcrMask selected_;
  std::vector<crypto::Digest> values_;  // of those, in their order
};

// Bank → index → value, as the agent sends them.
using ClaimedPcrs = std::map<std::string, std::map<std::uint8_t, Bytes>>;

// Calls its argument with one value of PCR 10 after the other until that returns true.
using Pcr10Walk = std::function<void(const std::function<bool(const crypto::Digest&)>&)>;

// R10. The values hash to the signed digest: under the hash of the AK's scheme, in signed order.
// The agent reads PCRs after the quote, and PCR 10 moves: if the values do not fit, those of
// `walk` (from the IMA list) are tried for PCR 10 and nothing else.
Checked<QuotedPcrs> verify_pcrs(const VerifiedQuote& quote, const ClaimedPcrs& claimed,
                                const Pcr10Walk& walk);

}  // namespace seaworthy::verify
