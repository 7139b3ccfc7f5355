#include "commands/inspect_quote.h"

#include <algorithm>

#include "codec/writer.h"
#include "commands/pcr_file.h"
#include "tpm/name.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using codec::Writer;
using verify::QuoteReading;

std::string number(std::uint16_t value) {
  return "0x" + hex(Writer().u16be(value).bytes());
}
std::string number(std::uint32_t value) {
  return "0x" + hex(Writer().u32be(value).bytes());
}
std::string number(std::uint64_t value) {
  return "0x" + hex(Writer().u64be(value).bytes());
}

// TPM_ST (Part 2 §6.9), for people.
std::string type_text(std::uint16_t type) {
  switch (type) {
    case 0x8014:
      return "NV certification";
    case 0x8015:
      return "command audit";
    case 0x8016:
      return "session audit";
    case 0x8017:
      return "certification of a key";
    case 0x8018:
      return "quote";
    case 0x8019:
      return "time";
    case 0x801A:
      return "creation of a key";
    case 0x801C:
      return "NV digest";
    default:
      return "unknown";
  }
}

std::string scheme_name(std::uint16_t alg) {
  switch (alg) {
    case tpm::kAlgRsassa:
      return "rsassa";
    case tpm::kAlgRsapss:
      return "rsapss";
    case tpm::kAlgEcdsa:
      return "ecdsa";
    default:
      return number(alg);
  }
}

struct SignatureText {
  std::string scheme;
  std::string hash;
};
SignatureText text_of(const tpm::Signature& signature) {
  if (const auto* rsassa = std::get_if<tpm::RsassaSignature>(&signature)) {
    return {"rsassa", std::string(crypto::name(rsassa->hash))};
  }
  if (const auto* rsapss = std::get_if<tpm::RsapssSignature>(&signature)) {
    return {"rsapss", std::string(crypto::name(rsapss->hash))};
  }
  return {"ecdsa", std::string(crypto::name(std::get<tpm::EcdsaSignature>(signature).hash))};
}

// Whose primary key signed, as far as the Qualified Name tells: the AK's, in one of the
// hierarchies.
std::string signer(const QuoteReading& reading) {
  if (!reading.ak) {
    return "Unknown";
  }
  const auto is_of = [&](tpm::Hierarchy hierarchy) {
    return tpm::primary_qualified_name(*reading.ak, hierarchy) == reading.header.qualified_signer;
  };
  return is_of(tpm::Hierarchy::kEndorsement) ? "EndorsementPrimary"
         : is_of(tpm::Hierarchy::kOwner)     ? "OwnerPrimary"
         : is_of(tpm::Hierarchy::kNull)      ? "NullPrimary"
                                             : "Other";
}

Json selection_json(const std::vector<tpm::PcrSelection>& selections) {
  Json out = Json::array();
  for (const tpm::PcrSelection& selection : selections) {
    Json pcrs = Json::array();
    for (const tpm::PcrIndex pcr : selection.pcrs.indexes()) {
      pcrs.push_back(pcr.value());
    }
    out.push_back({{"bank", crypto::name(selection.bank)}, {"pcrs", std::move(pcrs)}});
  }
  return out;
}

Json pcrs_json(const std::vector<tpm::PcrSelection>& selections, const std::vector<Bytes>& values) {
  Json out = Json::object();
  std::size_t next = 0;
  for (const tpm::PcrSelection& selection : selections) {
    for (const tpm::PcrIndex pcr : selection.pcrs.indexes()) {
      out[std::string(crypto::name(selection.bank))][std::to_string(pcr.value())] =
          hex(values[next++]);
    }
  }
  return out;
}

Json ak_json(const tpm::PublicArea& ak) {
  const auto* rsa = std::get_if<tpm::RsaKey>(&ak.key);
  const auto* ecc = std::get_if<tpm::EccKey>(&ak.key);
  Json out{{"name", hex(tpm::name_of(ak))},
           {"type", rsa != nullptr ? "rsa" : "ecc"},
           {"bits", rsa != nullptr ? rsa->key_bits : tpm::field_bits(ecc->curve)},
           {"attributes", number(ak.attributes)},
           {"nameAlg", crypto::name(ak.name_alg)},
           {"scheme", ak.scheme ? Json(scheme_name(ak.scheme->alg)) : Json()},
           {"hash", ak.scheme && ak.scheme->hash ? Json(crypto::name(*ak.scheme->hash)) : Json()}};
  return out;
}

Json document(const QuoteReading& reading, const std::optional<std::vector<Bytes>>& proven) {
  const tpm::AttestHeader& header = reading.header;
  Json out{{"verdict", reading.findings.empty() ? "Accepted" : "Refused"},
           {"magic", number(header.magic)},
           {"type", number(header.type)},
           {"qualifiedSigner", hex(header.qualified_signer)},
           {"signer", signer(reading)},
           {"extraData", hex(header.extra_data)},
           {"nonceMatches", reading.nonce_matches},
           {"clock",
            {{"clock", header.clock.clock},
             {"resetCount", header.clock.reset_count},
             {"restartCount", header.clock.restart_count},
             {"safe", header.clock.safe}}},
           {"firmwareVersion", number(header.firmware_version)},
           {"selection", reading.quote ? selection_json(reading.quote->pcrs) : Json()},
           {"pcrDigest", reading.quote ? Json(hex(reading.quote->pcr_digest)) : Json()},
           {"pcrs", proven ? pcrs_json(reading.quote->pcrs, *proven) : Json()},
           {"signature", Json()},
           {"ak", reading.ak ? ak_json(*reading.ak) : Json()}};
  if (reading.signature) {
    const SignatureText text = text_of(*reading.signature);
    out["signature"] = {
        {"scheme", text.scheme}, {"hash", text.hash}, {"valid", reading.signature_valid}};
  }
  return out;
}

std::string values_text(const QuoteReading& reading, const std::vector<Bytes>& values) {
  std::vector<std::vector<std::string>> rows{{"PCR", "BANK", "VALUE"}};
  std::size_t next = 0;
  for (const tpm::PcrSelection& selection : reading.quote->pcrs) {
    for (const tpm::PcrIndex pcr : selection.pcrs.indexes()) {
      rows.push_back({std::to_string(pcr.value()), std::string(crypto::name(selection.bank)),
                      hex(values[next++])});
    }
  }
  return "\n" + table(rows);
}

std::string people_text(const QuoteReading& reading,
                        const std::optional<std::vector<Bytes>>& proven, Colour colour) {
  const tpm::AttestHeader& header = reading.header;
  const bool accepted = reading.findings.empty();
  const auto yes_or_no = [&](bool yes, std::string_view if_yes, std::string_view if_no) {
    return yes ? good(if_yes, colour) : bad(if_no, colour);
  };
  std::vector<std::vector<std::string>> facts{
      {"Verdict", yes_or_no(accepted, "Accepted", "Refused")},
      {"Attests", type_text(header.type) + " (" + number(header.type) + ", magic " +
                      number(header.magic) + ")"}};
  if (reading.signature) {
    const SignatureText text = text_of(*reading.signature);
    facts.push_back({"Signature", text.scheme + " with " + text.hash + ", " +
                                      yes_or_no(reading.signature_valid, "valid", "not valid")});
  }
  facts.push_back({"Nonce", yes_or_no(reading.nonce_matches, "is the one asked for",
                                      "is not the one asked for")});
  if (reading.quote) {
    facts.push_back({"PCRs", tpm::text(reading.quote->pcrs)});
    facts.push_back({"PCR digest", hex(reading.quote->pcr_digest)});
  }
  facts.push_back({"Boots", "resetCount " + std::to_string(header.clock.reset_count) +
                                ", restartCount " + std::to_string(header.clock.restart_count) +
                                (header.clock.safe ? "" : ", clock not safe")});
  facts.push_back({"Running for", distance(milliseconds(static_cast<std::int64_t>(
                                      std::min<std::uint64_t>(header.clock.clock, 1ULL << 62))))});
  facts.push_back({"TPM firmware", number(header.firmware_version)});
  if (reading.ak) {
    const Json ak = ak_json(*reading.ak);
    facts.push_back({"AK", ak["type"].get<std::string>() + " " +
                               std::to_string(ak["bits"].get<int>()) + ", attributes " +
                               ak["attributes"].get<std::string>()});
    facts.push_back({"AK Name", ak["name"].get<std::string>()});
    facts.push_back({"Signer", signer(reading)});
  }
  std::string text = facts_text(facts);
  if (proven) {
    text += values_text(reading, *proven);
  }
  return text + (accepted ? "\nThat this key is in a TPM, and in whose, a quote does not show: "
                            "credential activation does.\n"
                          : "");
}

}  // namespace

Result<Inspection> inspect_quote(const verify::QuoteFiles& files,
                                 std::optional<ByteSpan> pcr_values, const Output& output) {
  if (as_text(files.ak_public).starts_with("-----BEGIN")) {
    return malformed(
        "AK at byte 0: a PEM file holds the key and not its attributes, without which nobody can "
        "tell that the TPM signs nothing but its own quotes: give the TPMT_PUBLIC (tpm2_readpublic "
        "-f tpmt) or the TPM2B_PUBLIC (-f tss)");
  }
  QuoteReading reading = TRY(verify::read_quote(files));
  std::optional<std::vector<Bytes>> proven;
  if (pcr_values && reading.quote) {
    auto values = parse_pcr_file(*pcr_values, reading.quote->pcrs);
    verify::Findings found;
    if (values) {
      found = verify::check_quoted_values(reading, *values);
    } else {
      found.push_back(
          {verify::Reason::kPcrValuesMalformed, "PCR values", values.error().message()});
    }
    if (reading.signature_valid && values &&
        !verify::has(found, verify::Reason::kPcrDigestMismatch) &&
        !verify::has(found, verify::Reason::kPcrValuesMalformed)) {
      proven = *std::move(values);
    }
    verify::append(reading.findings, found);
  }
  if (output.for_programs()) {
    return inspection(document(reading, proven), {}, verify::views(reading.findings), output);
  }
  return inspection({}, people_text(reading, proven, output.colour),
                    verify::views(reading.findings), output);
}

}  // namespace seaworthy::commands
