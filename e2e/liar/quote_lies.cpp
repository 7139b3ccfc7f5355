// What the AK signed, and what it answers.
#include <array>

#include "codec/hex.h"
#include "codec/json.h"
#include "eventlog/boot_log.h"
#include "eventlog/ima.h"
#include "eventlog/replay.h"
#include "lies.h"

namespace seaworthy::liar {
namespace {

using crypto::HashAlg;
using tpm::PcrIndex;
using tpm::PcrMask;

constexpr auto kPcr14 = PcrMask{PcrIndex::at<14>()};
constexpr auto kAsked = PcrMask::range<0, 10>() | kPcr14;

Result<void> put(Result<attester::SignedQuote> quote, api::AttestRequest& request) {
  if (!quote) {
    return quote.error();
  }
  request.attested = std::move(quote->attested);
  request.signature = std::move(quote->signature);
  return {};
}

// Honest evidence, but for a quote over other PCRs than were asked for, with the values of those.
Result<void> with_selection(Node& node, const std::string& what,
                            const std::vector<tpm::PcrSelection>& selection) {
  return node.tell(what, [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    request.pcrs.clear();
    for (const tpm::PcrSelection& bank : selection) {
      if (const auto values = node.device().read_pcrs(bank)) {
        request.pcrs[std::string(crypto::name(bank.bank))].insert(values->begin(), values->end());
      }
    }
    const Bytes data = TRY(node.qualifying_data(challenge));
    return put(node.device().quote(selection, data), request);
  });
}

// Everything is right in it but the four bytes that only the TPM writes.
Result<void> wrong_magic(Node& node) {
  return node.tell(
      "a quote that is right in all but its first four bytes, signed by the AK with TPM2_Sign",
      [&](const auto&, api::AttestRequest& request) -> Result<void> {
        Bytes forged = request.attested;
        forged[3] ^= 1;  // TPM_GENERATED_VALUE
        return put(node.abuse().sign(forged), request);
      });
}

//
Result<void> other_attestations(Node& node) {
  const auto certified = [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    const Bytes data = TRY(node.qualifying_data(challenge));
    return put(node.abuse().certify(data), request);
  };
  const auto timed = [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    const Bytes data = TRY(node.qualifying_data(challenge));
    return put(node.abuse().get_time(data), request);
  };
  const auto from_nv = [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    const Bytes data = TRY(node.qualifying_data(challenge));
    return put(node.abuse().certify_nv(request.attested, data), request);
  };
  TRY(node.tell("TPM2_Certify over the right nonce, for a quote", certified));
  TRY(node.tell("TPM2_GetTime over the right nonce, for a quote", timed));
  return node.tell("TPM2_NV_Certify of an NV index that holds what a quote would say", from_nv);
}

//
Result<void> empty_selection(Node& node) {
  TRY(with_selection(node, "a quote of no bank at all", {}));
  return with_selection(node, "a quote of the SHA-256 bank without any PCR",
                        {{.bank = HashAlg::kSha256, .pcrs = {}}});
}

//
Result<void> other_pcrs(Node& node) {
  TRY(with_selection(node, "a quote without PCR 10, which would show what ran",
                     {{.bank = HashAlg::kSha256, .pcrs = PcrMask::range<0, 9>() | kPcr14}}));
  return with_selection(node, "a quote of one PCR more than asked for",
                        {{.bank = HashAlg::kSha256, .pcrs = PcrMask::range<0, 11>() | kPcr14}});
}

//
Result<void> same_bank_twice(Node& node) {
  return with_selection(node, "a quote that lists the SHA-256 bank twice, with all the right PCRs",
                        {{.bank = HashAlg::kSha256, .pcrs = PcrMask::range<0, 9>()},
                         {.bank = HashAlg::kSha256, .pcrs = PcrMask{PcrIndex::at<10>()} | kPcr14}});
}

//
Result<void> other_bank(Node& node) {
  TRY(with_selection(node, "a quote of the SHA-1 bank",
                     {{.bank = HashAlg::kSha1, .pcrs = kAsked}}));
  return with_selection(node, "a quote of a bank that this TPM does not have",
                        {{.bank = HashAlg::kSha512, .pcrs = kAsked}});
}

// The list as it would be had the last file not run.
Result<std::vector<crypto::Digest>> without_last(api::AttestRequest& request) {
  std::vector<crypto::Digest> digests;
  eventlog::ImaReader reader(request.ima->entries);
  std::size_t end_before = 0;
  for (;;) {
    const std::size_t begin = reader.consumed();
    const auto entry = TRY(reader.next());
    if (!entry) {
      break;
    }
    end_before = begin;
    digests.push_back(entry->extend_value(HashAlg::kSha256));
  }
  digests.pop_back();
  request.ima->entries.resize(end_before);
  return digests;
}

// PCR 23 can be reset: it is made to say what PCR 10 said before the last file ran.
Result<void> relabelled(Node& node) {
  const auto fake_pcr10 = [&](api::AttestRequest& request) -> Result<void> {
    const auto digests = TRY(without_last(request));
    TRY(node.abuse().fill_pcr23(digests));
    auto value = TRY(
        node.device().read_pcrs({.bank = HashAlg::kSha256, .pcrs = PcrMask{PcrIndex::at<23>()}}));
    request.pcrs["sha256"][10] = std::move(value[23]);
    return {};
  };
  const auto quoted = [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    TRY(fake_pcr10(request));
    const Bytes data = TRY(node.qualifying_data(challenge));
    const PcrMask pcrs = PcrMask::range<0, 9>() | kPcr14 | PcrMask{PcrIndex::at<23>()};
    return put(node.device().quote({{.bank = HashAlg::kSha256, .pcrs = pcrs}}, data), request);
  };
  const auto shown = [&](const auto&, api::AttestRequest& request) { return fake_pcr10(request); };
  TRY(node.tell("PCR 23 quoted in place of PCR 10, and called PCR 10", quoted));
  TRY(node.tell("an honest quote, and the value of PCR 23 called PCR 10", shown));
  return node.abuse().fill_pcr23({});
}

// The log of a boot that never was here, from standard input, with its values and without.
Result<void> clean_values(Node& node) {
  const std::string text = TRY(standard_input());
  const Bytes log = to_bytes(as_bytes(text));
  const eventlog::BootLog parsed = TRY(eventlog::parse_boot_log(log));
  const auto replayed = eventlog::replay(parsed, HashAlg::kSha256);
  const auto clean_log = [&](const auto&, api::AttestRequest& request) -> Result<void> {
    request.boot_log = log;
    request.boot_log_digest = codec::to_hex(crypto::sha256(log).bytes());
    return {};
  };
  const auto clean = [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
    for (auto& [index, value] : request.pcrs["sha256"]) {
      if (index != 10) {
        value = to_bytes(replayed[index].value.bytes());
      }
    }
    return clean_log(challenge, request);
  };
  TRY(node.tell("the log and the PCR values of a good boot, beside the quote of this one", clean));
  return node.tell("the log of a good boot beside the true values", clean_log);
}

//
Result<void> replayed(Node& node) {
  api::AttestRequest request;
  const auto keep = [&](const auto&, const api::AttestRequest& honest) -> Result<void> {
    request = honest;
    return {};
  };
  TRY(node.tell("honest evidence, which somebody keeps", keep));
  TRY(node.send("the same evidence again", request));
  request.nonce = TRY(node.challenge()).nonce;
  TRY(node.send("the same quote for another challenge", request));
  return {};
}

//
Result<void> no_nonce(Node& node) {
  const auto without = [&](const auto&, api::AttestRequest& request) -> Result<void> {
    return put(node.device().quote({{.bank = HashAlg::kSha256, .pcrs = kAsked}}, {}), request);
  };
  const auto zeros = [&](api::ChallengeMessage challenge,
                         api::AttestRequest& request) -> Result<void> {
    challenge.nonce.assign(32, 0);
    request = TRY(node.evidence(challenge));
    return {};
  };
  TRY(node.tell("a quote that answers no nonce", without));
  TRY(node.tell("a nonce that nobody issued, of zeros", zeros));
  const api::ChallengeMessage challenge = TRY(node.challenge());
  const api::AttestRequest request = TRY(node.evidence(challenge));
  auto json = api::to_json(request);
  json.erase("nonce");
  TRY(node.post("evidence without the field 'nonce'", "/v1/attest", codec::to_json_text(json)));
  return {};
}

//
Result<void> other_ak(Node& node) {
  return node.tell("a quote by another key of the same TPM than the one that is enrolled",
                   [&](const auto& challenge, api::AttestRequest& request) -> Result<void> {
                     const Bytes data = TRY(node.qualifying_data(challenge));
                     return put(node.abuse().quote_by_other_ak(
                                    {{.bank = HashAlg::kSha256, .pcrs = kAsked}}, data),
                                request);
                   });
}

constexpr std::array kLies = {
    Lie{"other-ak", "A-05", &other_ak},
    Lie{"wrong-magic", "A-29", &wrong_magic},
    Lie{"other-attestations", "A-30", &other_attestations},
    Lie{"empty-selection", "A-35", &empty_selection},
    Lie{"other-pcrs", "A-36", &other_pcrs},
    Lie{"relabelled", "A-37", &relabelled},
    Lie{"same-bank-twice", "A-38", &same_bank_twice},
    Lie{"other-bank", "A-39, A-40", &other_bank},
    Lie{"clean-values", "A-41", &clean_values},
    Lie{"replayed", "A-45", &replayed},
    Lie{"no-nonce", "A-46", &no_nonce},
};

}  // namespace

std::span<const Lie> quote_lies() {
  return kLies;
}

}  // namespace seaworthy::liar
