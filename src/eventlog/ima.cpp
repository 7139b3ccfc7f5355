#include "eventlog/ima.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/reader.h"
#include "codec/writer.h"
#include "eventlog/event.h"

namespace seaworthy::eventlog {
namespace {

constexpr std::size_t kTemplateDigest = 20;
constexpr std::size_t kPaddedName = 256;  // IMA_EVENT_NAME_LEN_MAX + 1, of template "ima"

constexpr std::array<std::pair<std::string_view, ImaTemplate>, 6> kTemplates = {{
    {"ima", ImaTemplate::kIma},
    {"ima-ng", ImaTemplate::kImaNg},
    {"ima-sig", ImaTemplate::kImaSig},
    {"ima-ngv2", ImaTemplate::kImaNgV2},
    {"ima-sigv2", ImaTemplate::kImaSigV2},
    {"ima-buf", ImaTemplate::kImaBuf},
}};

ImaTemplate kind_of(std::string_view name) {
  const auto* found = std::find_if(kTemplates.begin(), kTemplates.end(),
                                   [name](const auto& entry) { return entry.first == name; });
  return found == kTemplates.end() ? ImaTemplate::kOther : found->second;
}

// d-ng: "sha256:" NUL digest; d-ngv2: "ima:" or "verity:" in front.
Result<void> parse_digest_field(codec::Reader& reader, bool v2, ImaEntry& entry) {
  const ByteSpan field = TRY(reader.sized32le(kMaxImaField));
  const auto nul = std::find(field.begin(), field.end(), std::uint8_t{0});
  std::string_view prefix = as_text(field.first(static_cast<std::size_t>(nul - field.begin())));
  if (nul == field.end() || prefix.empty() || prefix.back() != ':') {
    return reader.malformed("a digest field without \"alg:\" and NUL");
  }
  prefix.remove_suffix(1);
  if (v2) {
    const std::size_t colon = prefix.find(':');
    const std::string_view type = prefix.substr(0, colon);
    if (colon == std::string_view::npos || (type != "ima" && type != "verity")) {
      return reader.malformed("a digest field of neither type ima nor verity");
    }
    entry.verity = type == "verity";
    prefix.remove_prefix(colon + 1);
  }
  entry.digest_alg = prefix;
  entry.file_digest = field.subspan(static_cast<std::size_t>(nul - field.begin()) + 1);
  return {};
}

Result<void> parse_name_field(codec::Reader& reader, ImaEntry& entry) {
  const std::string_view field = as_text(TRY(reader.sized32le(kMaxImaName)));
  const std::size_t nul = field.find('\0');
  if (nul == std::string_view::npos || nul + 1 != field.size()) {
    return reader.malformed("a name that does not end in its only NUL");
  }
  entry.name = field.substr(0, nul);
  return {};
}

Result<void> parse_fields(codec::Reader reader, ImaEntry& entry) {
  const bool v2 = entry.kind == ImaTemplate::kImaNgV2 || entry.kind == ImaTemplate::kImaSigV2;
  TRY(parse_digest_field(reader, v2, entry));
  TRY(parse_name_field(reader, entry));
  if (entry.kind == ImaTemplate::kImaSig || entry.kind == ImaTemplate::kImaSigV2) {
    entry.signature = TRY(reader.sized32le(kMaxImaField));
  } else if (entry.kind == ImaTemplate::kImaBuf) {
    entry.buffer = TRY(reader.sized32le(kMaxImaField));
  }
  return reader.expect_end();
}

// Template "ima": a digest and a name, without the length of both together.
Result<void> parse_original(codec::Reader& reader, ImaEntry& entry) {
  entry.digest_alg = "sha1";
  entry.file_digest = TRY(reader.take(20));
  entry.name = as_text(TRY(reader.sized32le(kPaddedName - 1)));
  return {};
}

Result<ImaEntry> parse_entry(codec::Reader& reader) {
  ImaEntry entry;
  const std::uint32_t pcr = TRY(reader.u32le());
  if (pcr >= kPcrCount) {
    return reader.malformed("PCR index " + std::to_string(pcr) + ", the last is 23");
  }
  entry.pcr = static_cast<std::uint8_t>(pcr);
  entry.template_digest = TRY(reader.take(kTemplateDigest));
  entry.template_name = as_text(TRY(reader.sized32le(kMaxImaTemplateName)));
  entry.kind = kind_of(entry.template_name);
  if (entry.kind == ImaTemplate::kIma) {
    TRY(parse_original(reader, entry));
    return entry;
  }
  const std::size_t size = TRY(reader.u32le());
  codec::Reader fields = TRY(reader.sub("IMA template data", size));
  entry.data = fields.rest();
  if (entry.kind != ImaTemplate::kOther) {
    TRY(parse_fields(fields, entry));
  }
  return entry;
}

crypto::Digest template_hash(crypto::HashAlg alg, const ImaEntry& entry) {
  if (entry.kind != ImaTemplate::kIma) {
    return crypto::hash(alg, entry.data);
  }
  ByteArray<kPaddedName> padded{};
  std::copy(entry.name.begin(), entry.name.end(), padded.begin());
  return crypto::hash(alg, {entry.file_digest, padded});
}

}  // namespace

bool ImaEntry::violation() const {
  return std::all_of(template_digest.begin(), template_digest.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

crypto::Digest ImaEntry::extend_value(crypto::HashAlg bank) const {
  if (violation()) {
    static constexpr auto kOnes = [] {
      ByteArray<64> ones{};
      ones.fill(0xFF);
      return ones;
    }();
    return {bank, ByteSpan(kOnes).first(crypto::digest_size(bank))};
  }
  return template_hash(bank, *this);
}

bool ImaEntry::template_digest_matches() const {
  return violation() ||
         same_bytes(template_hash(crypto::HashAlg::kSha1, *this).bytes(), template_digest);
}

std::optional<crypto::Digest> ImaEntry::digest() const {
  const auto alg = crypto::hash_alg_named(digest_alg);
  if (!alg || file_digest.size() != crypto::digest_size(*alg)) {
    return std::nullopt;
  }
  return crypto::Digest(*alg, file_digest);
}

Result<std::optional<ImaEntry>> ImaReader::next() {
  if (rest_.empty()) {
    return std::optional<ImaEntry>();
  }
  codec::Reader reader("IMA entry", rest_);
  auto entry = parse_entry(reader);
  if (!entry) {
    return std::move(entry).error().in("IMA list, entry " + std::to_string(entries_) +
                                       " of this part, which begins at byte " +
                                       std::to_string(consumed()));
  }
  rest_ = reader.rest();
  ++entries_;
  return std::optional(*std::move(entry));
}

Bytes write_ima_entry(const ImaEntryToWrite& entry) {
  codec::Writer digest_field;
  digest_field.raw(as_bytes(entry.digest_alg)).u8(':').u8(0).raw(entry.file_digest);
  codec::Writer data;
  data.sized32le(digest_field.bytes());
  data.u32le(static_cast<std::uint32_t>(entry.name.size() + 1)).raw(as_bytes(entry.name)).u8(0);
  if (entry.third) {
    data.sized32le(*entry.third);
  }
  codec::Writer writer;
  writer.u32le(entry.pcr);
  if (entry.violation) {
    writer.raw(Bytes(kTemplateDigest));
  } else {
    writer.raw(crypto::hash(crypto::HashAlg::kSha1, data.bytes()).bytes());
  }
  return writer.sized32le(as_bytes(entry.template_name)).sized32le(data.bytes()).bytes();
}

}  // namespace seaworthy::eventlog
