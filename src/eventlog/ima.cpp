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

constexpr std::array<std::pair<std::string_view, ImaTemplate>, 8> kTemplates = {{
    {"ima", ImaTemplate::kIma},
    {"ima-ng", ImaTemplate::kImaNg},
    {"ima-sig", ImaTemplate::kImaSig},
    {"ima-ngv2", ImaTemplate::kImaNgV2},
    {"ima-sigv2", ImaTemplate::kImaSigV2},
    {"ima-buf", ImaTemplate::kImaBuf},
    {"ima-modsig", ImaTemplate::kImaModSig},
    {"evm-sig", ImaTemplate::kEvmSig},
}};

ImaTemplate kind_of(std::string_view name) {
  const auto* found = std::find_if(kTemplates.begin(), kTemplates.end(),
                                   [name](const auto& entry) { return entry.first == name; });
  return found == kTemplates.end() ? ImaTemplate::kOther : found->second;
}

// "alg:" NUL digest.
struct DigestField {
  std::string_view alg;
  ByteSpan digest;
};
Result<DigestField> parse_digest(const codec::Reader& at, ByteSpan field) {
  const auto nul = std::find(field.begin(), field.end(), std::uint8_t{0});
  const auto length = static_cast<std::size_t>(nul - field.begin());
  const std::string_view prefix = as_text(field.first(length));
  if (nul == field.end() || prefix.empty() || prefix.back() != ':') {
    return at.malformed("a digest field without \"alg:\" and NUL");
  }
  if (prefix.size() > kMaxImaAlgorithm) {  // with its colon; it is repeated in findings
    return at.malformed("a digest algorithm with a name of " + std::to_string(prefix.size()) +
                        " bytes, at most " + std::to_string(kMaxImaAlgorithm) + " are accepted");
  }
  return DigestField{prefix.substr(0, prefix.size() - 1), field.subspan(length + 1)};
}

// d-ng: "sha256:" NUL digest; d-ngv2: "ima:" or "verity:" in front.
Result<void> parse_digest_field(codec::Reader& reader, bool v2, ImaEntry& entry) {
  const ByteSpan field = TRY(reader.sized32le(kMaxImaField));
  DigestField digest = TRY(parse_digest(reader, field));
  if (v2) {
    const std::size_t colon = digest.alg.find(':');
    const std::string_view type = digest.alg.substr(0, colon);
    if (colon == std::string_view::npos || (type != "ima" && type != "verity")) {
      return reader.malformed("a digest field of neither type ima nor verity");
    }
    entry.verity = type == "verity";
    digest.alg.remove_prefix(colon + 1);
  }
  entry.digest_alg = digest.alg;
  entry.file_digest = digest.digest;
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

// d-modsig and modsig. Both are empty for a file without an appended signature.
Result<void> parse_appended(codec::Reader& reader, ImaEntry::AppendedSignature& out) {
  const ByteSpan field = TRY(reader.sized32le(kMaxImaField));
  if (!field.empty()) {
    const DigestField digest = TRY(parse_digest(reader, field));
    out.digest_alg = digest.alg;
    out.digest = digest.digest;
  }
  out.pkcs7 = TRY(reader.sized32le(kMaxImaField));
  return {};
}

// A number of this width, or nothing (boot_aggregate has no inode).
template <class Number>
Result<std::optional<Number>> parse_number(codec::Reader& reader) {
  const ByteSpan field = TRY(reader.sized32le(sizeof(Number)));
  if (field.empty()) {
    return std::optional<Number>();
  }
  if (field.size() != sizeof(Number)) {
    return reader.malformed("a number of " + std::to_string(field.size()) + " bytes instead of " +
                            std::to_string(sizeof(Number)));
  }
  Number value = 0;
  for (std::size_t i = field.size(); i > 0; --i) {
    value = static_cast<Number>(value << 8 | field[i - 1]);
  }
  return std::optional(value);
}

Result<void> parse_inode(codec::Reader& reader, ImaEntry::Inode& out) {
  out.xattr_names = TRY(reader.sized32le(kMaxImaField));
  out.xattr_lengths = TRY(reader.sized32le(kMaxImaField));
  out.xattr_values = TRY(reader.sized32le(kMaxImaField));
  out.uid = TRY(parse_number<std::uint32_t>(reader));
  out.gid = TRY(parse_number<std::uint32_t>(reader));
  out.mode = TRY(parse_number<std::uint16_t>(reader));
  return {};
}

Result<void> parse_fields(codec::Reader reader, ImaEntry& entry) {
  const bool v2 = entry.kind == ImaTemplate::kImaNgV2 || entry.kind == ImaTemplate::kImaSigV2;
  TRY(parse_digest_field(reader, v2, entry));
  TRY(parse_name_field(reader, entry));
  switch (entry.kind) {
    case ImaTemplate::kImaSig:
    case ImaTemplate::kImaSigV2:
      entry.signature = TRY(reader.sized32le(kMaxImaField));
      break;
    case ImaTemplate::kImaBuf:
      entry.buffer = TRY(reader.sized32le(kMaxImaField));
      break;
    case ImaTemplate::kImaModSig:
      entry.signature = TRY(reader.sized32le(kMaxImaField));
      TRY(parse_appended(reader, entry.appended));
      break;
    case ImaTemplate::kEvmSig:
      entry.signature = TRY(reader.sized32le(kMaxImaField));
      TRY(parse_inode(reader, entry.inode));
      break;
    case ImaTemplate::kIma:
    case ImaTemplate::kImaNg:
    case ImaTemplate::kImaNgV2:
    case ImaTemplate::kOther:
      break;
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
  if (size > kMaxImaData) {
    return reader.malformed(std::to_string(size) + " bytes of template data; the limit is " +
                            std::to_string(kMaxImaData));
  }
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

crypto::Digest ImaEntry::extend_value(crypto::HashAlg bank, TemplateDigests rule) const {
  static constexpr auto kOnes = [] {
    ByteArray<64> ones{};
    ones.fill(0xFF);
    return ones;
  }();
  const std::size_t size = crypto::digest_size(bank);
  const bool padded = rule == TemplateDigests::kSha1Padded && bank != crypto::HashAlg::kSha1;
  if (violation() && !padded) {
    return {bank, ByteSpan(kOnes).first(size)};
  }
  if (rule == TemplateDigests::kPerBank || bank == crypto::HashAlg::kSha1) {
    return template_hash(bank, *this);
  }
  ByteArray<64> value{};
  if (violation()) {
    std::copy_n(kOnes.begin(), kTemplateDigest, value.begin());
  } else {
    const crypto::Digest sha1 = template_hash(crypto::HashAlg::kSha1, *this);
    std::copy(sha1.bytes().begin(), sha1.bytes().end(), value.begin());
  }
  return {bank, ByteSpan(value).first(size)};
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
  for (const Bytes& field : entry.more) {
    data.sized32le(field);
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
