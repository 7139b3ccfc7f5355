#include "commands/inspect_ima.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "eventlog/ima.h"
#include "verify/log_reading.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using crypto::HashAlg;
using eventlog::ImaEntry;

// How kernels extend an entry into a bank.
enum class Extension : std::uint8_t {
  kPerBank,         // the bank's hash of the entry (Linux 5.8 and later)
  kPadded,          // its SHA-1, padded with zeros; a violation is all ones
  kPaddedViolation  // the same; a violation is twenty bytes of ones, padded
};

struct Bank {
  HashAlg alg;
  Extension extension;
  std::string_view name;
};
constexpr auto kBanks = std::to_array<Bank>({
    {HashAlg::kSha1, Extension::kPerBank, "sha1"},
    {HashAlg::kSha256, Extension::kPerBank, "sha256"},
    {HashAlg::kSha384, Extension::kPerBank, "sha384"},
    {HashAlg::kSha512, Extension::kPerBank, "sha512"},
    {HashAlg::kSha256, Extension::kPadded, "sha256-padded"},
    {HashAlg::kSha384, Extension::kPadded, "sha384-padded"},
    {HashAlg::kSha256, Extension::kPaddedViolation, "sha256-padded-violpad"},
    {HashAlg::kSha384, Extension::kPaddedViolation, "sha384-padded-violpad"},
});

crypto::Digest extend_value(const ImaEntry& entry, const Bank& bank) {
  const bool violation = entry.violation();
  if (bank.extension == Extension::kPerBank ||
      (violation && bank.extension == Extension::kPadded)) {
    return entry.extend_value(bank.alg);
  }
  const crypto::Digest sha1 = entry.extend_value(HashAlg::kSha1);
  Bytes padded = to_bytes(sha1.bytes());
  padded.resize(crypto::digest_size(bank.alg));
  return {bank.alg, padded};
}

struct ImaFacts {
  std::size_t entries = 0;
  std::size_t violations = 0;
  std::size_t signatures = 0;
  std::map<std::string, std::size_t> templates;
  std::map<std::string, std::size_t> digests;  // by algorithm of the file digest
  std::optional<std::string> boot_aggregate;
  std::map<std::size_t, std::map<std::uint8_t, crypto::Digest>> pcrs;  // by index into kBanks

  void take(const ImaEntry& entry) {
    if (entries++ == 0 && entry.name == "boot_aggregate") {
      boot_aggregate = hex(entry.file_digest);
    }
    violations += entry.violation() ? 1 : 0;
    signatures += entry.signature.empty() ? 0 : 1;
    ++templates[printable(entry.template_name)];
    if (!entry.digest_alg.empty()) {
      ++digests[printable(entry.digest_alg)];
    }
    for (std::size_t i = 0; i < kBanks.size(); ++i) {
      auto& value = pcrs[i].try_emplace(entry.pcr, crypto::Digest(kBanks[i].alg)).first->second;
      value = crypto::extended(value, extend_value(entry, kBanks[i]).bytes());
    }
  }
};

// "10 ab12… ima-ng sha256:… /bin/sh": what people copy who take the wrong one of two files.
bool looks_like_ascii(ByteSpan list) {
  const std::string_view head = as_text(list.first(std::min<std::size_t>(list.size(), 24)));
  return head.size() == 24 && head[2] == ' ' && std::all_of(head.begin(), head.end(), [](char c) {
           return c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<void> refuse_ascii(ByteSpan list) {
  if (looks_like_ascii(list)) {
    return malformed(
        "IMA list at byte 0: this is ascii_runtime_measurements; binary_runtime_measurements "
        "beside it is needed");
  }
  return {};
}

Result<ImaFacts> read(ByteSpan list) {
  TRY(refuse_ascii(list));
  ImaFacts facts;
  eventlog::ImaReader reader(list);
  while (true) {
    const auto entry = TRY(reader.next());
    if (!entry) {
      return facts;
    }
    facts.take(*entry);
  }
}

Json pcrs_json(const ImaFacts& facts) {
  Json out = Json::object();
  for (const auto& [bank, values] : facts.pcrs) {
    Json& pcrs = out[std::string(kBanks[bank].name)] = Json::object();
    for (const auto& [index, value] : values) {
      pcrs[std::to_string(index)] = hex(value.bytes());
    }
  }
  return out;
}

std::string counts_text(const std::map<std::string, std::size_t>& counts) {
  std::string out;
  for (const auto& [name, count] : counts) {
    out += (out.empty() ? "" : ", ") + name + " (" + std::to_string(count) + ")";
  }
  return out;
}

std::string facts_in_text(const ImaFacts& facts, const Output& output) {
  const std::string violations = std::to_string(facts.violations);
  std::string text = facts_text(
      {{"Entries", std::to_string(facts.entries)},
       {"Violations", facts.violations == 0 ? violations : bad(violations, output.colour)},
       {"Templates", counts_text(facts.templates)},
       {"File digests", counts_text(facts.digests)},
       {"Signatures", std::to_string(facts.signatures)},
       {"Boot aggregate", facts.boot_aggregate.value_or("")}});
  std::vector<std::vector<std::string>> rows{{"PCR", "BANK", "VALUE AFTER ALL ENTRIES"}};
  for (const auto& [bank, values] : facts.pcrs) {
    const bool usual = kBanks[bank].name == "sha1" || kBanks[bank].name == "sha256";
    for (const auto& [index, value] : values) {
      if (usual || output.format == Format::kWide) {
        rows.push_back({std::to_string(index), std::string(kBanks[bank].name), hex(value.bytes())});
      }
    }
  }
  if (rows.size() > 1) {
    text += "\n" + table(rows);
  }
  return text +
         "\nA list by itself proves nothing: it counts once a quote shows these values. The names "
         "of files are\nhints even then; their digests are proven.\n";
}

}  // namespace

Result<void> check_ima_list(ByteSpan list) {
  TRY(refuse_ascii(list));
  eventlog::ImaReader reader(list);
  while (TRY(reader.next())) {}
  return {};
}

Result<Inspection> inspect_ima(ByteSpan list, const Output& output) {
  const ImaFacts facts = TRY(read(list));
  const verify::Findings findings = verify::read_ima(list).findings;
  if (!output.for_programs()) {
    return inspection({}, facts_in_text(facts, output), verify::views(findings), output);
  }
  Json document{{"entries", facts.entries},
                {"violations", facts.violations},
                {"templates", facts.templates},
                {"digests", facts.digests},
                {"signatures", facts.signatures},
                {"bootAggregate", facts.boot_aggregate ? Json(*facts.boot_aggregate) : Json()},
                {"pcrs", pcrs_json(facts)}};
  return inspection(std::move(document), {}, verify::views(findings), output);
}

}  // namespace seaworthy::commands
