#include "verify/quote_reading.h"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/hex.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"
#include "verify/identity.h"
#include "verify/quote.h"
#include "verify/tpm_keys.h"

namespace seaworthy::verify {
namespace {

// A TPM2B is a size and the structure; neither structure that comes in one begins with the size of
// what follows.
ByteSpan without_size(ByteSpan in) {
  const bool sized = in.size() > 2 && (std::size_t{in[0]} << 8 | in[1]) == in.size() - 2;
  return sized ? in.subspan(2) : in;
}

// What is well-formed and unknown to this build is a finding; what is not well-formed is an error.
template <class T>
Result<std::optional<T>> parsed(Result<T> result, std::string_view file, Reason unknown,
                                Findings& found) {
  if (result) {
    return std::optional<T>(*std::move(result));
  }
  if (result.error().code() == ErrorCode::kUnsupported) {
    found.push_back({unknown, std::string(file), result.error().message()});
    return std::optional<T>();
  }
  return std::move(result).error().in(file);
}

// R8. By the AK, under the scheme and the hash that its public area states.
void check_signature(QuoteReading& reading, ByteSpan attested) {
  if (!reading.signature || !reading.ak) {
    return;  // there is a finding already
  }
  const SignatureView view = view_of(*reading.signature);
  const auto& scheme = reading.ak->scheme;
  const bool same = scheme && scheme->alg == static_cast<std::uint16_t>(view.scheme.alg) &&
                    scheme->hash == view.scheme.hash;
  if (!same) {
    reading.findings.push_back({Reason::kSignatureSchemeMismatch, "signature"});
    return;
  }
  const auto key = key_of(*reading.ak);
  reading.signature_valid = key && crypto::verify(*key, view.scheme, attested, view.signature);
  if (!reading.signature_valid) {
    reading.findings.push_back({Reason::kSignatureInvalid, "signature"});
  }
}

// R9, as far as it can be told without knowing what was asked for.
void check_selection(const std::vector<tpm::PcrSelection>& quoted,
                     const std::optional<std::vector<tpm::PcrSelection>>& asked, Findings& found) {
  const auto wrong = [&](std::string detail) {
    found.push_back({Reason::kPcrSelectionMismatch, "quote", std::move(detail)});
  };
  if (asked && quoted != *asked) {
    wrong("quoted " + tpm::text(quoted) + ", asked for " + tpm::text(*asked));
  }
  bool strong = false;
  std::vector<crypto::HashAlg> seen;
  for (const tpm::PcrSelection& selection : quoted) {
    if (std::find(seen.begin(), seen.end(), selection.bank) != seen.end()) {
      wrong("bank " + std::string(crypto::name(selection.bank)) + " is listed twice");
    }
    seen.push_back(selection.bank);
    if (selection.size_of_select != 3) {
      wrong("sizeofSelect is " + std::to_string(selection.size_of_select) + ", not 3");
    }
    strong = strong || (selection.bank != crypto::HashAlg::kSha1 && !selection.pcrs.empty());
  }
  if (!strong) {
    wrong(quoted.empty() ? "the selection is empty"
                         : "no PCR of a bank stronger than SHA-1 is selected");
  }
}

// As after a reset: zero; of PCR 0 the last byte may be the locality of the startup (PFP §3.3.2).
bool is_initial(tpm::PcrIndex pcr, const Bytes& value) {
  const bool locality = pcr.value() == 0 && (value.back() == 3 || value.back() == 4);
  return (value.back() == 0 || locality) &&
         std::all_of(value.begin(), value.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Result<QuoteReading> read_quote(const QuoteFiles& files) {
  QuoteReading reading;
  Findings& found = reading.findings;
  const ByteSpan attested = without_size(files.attested);
  const ByteSpan ak_public = without_size(files.ak_public);
  auto header = tpm::parse_attest_header(attested);
  if (!header) {
    return std::move(header).error().in("attestation");
  }
  reading.header = *std::move(header);
  reading.quote = TRY(parsed(tpm::parse_quote(attested), "attestation", Reason::kNotAQuote, found));
  reading.signature = TRY(parsed(tpm::parse_signature(files.signature), "signature",
                                 Reason::kSignatureMalformed, found));
  reading.ak = TRY(parsed(tpm::parse_public_area(ak_public), "AK", Reason::kAkAlgorithm, found));
  if (reading.ak) {  // R4
    if (const auto key = verify_attestation_key(ak_public); !ok(key)) {
      append(found, std::get<Findings>(key));
    }
  }
  check_signature(reading, attested);
  // R7. And never empty: a quote without a nonce can be of any time.
  reading.nonce_matches =
      !files.nonce.empty() && crypto::equal(reading.header.extra_data, files.nonce);
  if (!reading.nonce_matches) {
    found.push_back({Reason::kNonceMismatch, "quote",
                     reading.header.extra_data.empty()
                         ? "extraData is empty"
                         : "extraData is " + codec::to_hex(reading.header.extra_data)});
  }
  if (reading.quote) {
    check_selection(reading.quote->pcrs, files.selection, found);
  }
  return reading;
}

Findings check_quoted_values(const QuoteReading& reading, const std::vector<Bytes>& values) {
  if (!reading.quote || !reading.ak || !reading.ak->scheme || !reading.ak->scheme->hash) {
    return {};  // there is a finding already
  }
  Findings found;
  Bytes all;
  std::size_t next = 0;
  for (const tpm::PcrSelection& selection : reading.quote->pcrs) {
    for (const tpm::PcrIndex pcr : selection.pcrs.indexes()) {
      if (next == values.size()) {
        return {{Reason::kPcrValuesMalformed, "PCR values", "there are too few"}};
      }
      const Bytes& value = values[next++];
      if (value.size() != crypto::digest_size(selection.bank)) {
        return {{Reason::kPcrValuesMalformed, "PCR values",
                 "PCR " + std::to_string(pcr.value()) + " is of a wrong size"}};
      }
      append(all, value);
      if (pcr.value() < 8 && is_initial(pcr, value) && selection.bank != crypto::HashAlg::kSha1) {
        found.push_back({Reason::kPcrNotMeasured, "PCR " + std::to_string(pcr.value())});
      }
    }
  }
  if (next != values.size()) {
    return {{Reason::kPcrValuesMalformed, "PCR values", "there are too many"}};
  }
  if (!same_bytes(crypto::hash(*reading.ak->scheme->hash, all).bytes(),
                  reading.quote->pcr_digest)) {
    return {{Reason::kPcrDigestMismatch, "PCR values"}};
  }
  return found;
}

}  // namespace seaworthy::verify
