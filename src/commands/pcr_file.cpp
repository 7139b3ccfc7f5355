#include "commands/pcr_file.h"

#include <charconv>
#include <optional>
#include <string>

#include "codec/hex.h"
#include "codec/reader.h"

namespace seaworthy::commands {
namespace {

using tpm::PcrSelection;

// In memory (tpm2-tss): UINT32 count; then 16 TPMS_PCR_SELECTION of 8 bytes: UINT16 hash, UINT8
// sizeofSelect, BYTE pcrSelect[4], one byte of padding.
constexpr std::size_t kSelections = 16;
// TPML_DIGEST: UINT32 count; then 8 TPM2B_DIGEST: UINT16 size, BYTE buffer[64].
constexpr std::size_t kDigests = 8;
constexpr std::size_t kBuffer = 64;
constexpr std::size_t kMaxLists = kSelections * tpm::kPcrCount;
constexpr std::size_t kReferencePcrs = 16;  // 0 to 15
constexpr std::size_t kLine = 65;           // 64 digits and the line feed

// Up to the separator; the rest stays in `text`.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

Result<tpm::PcrIndex> parse_index(std::string_view text) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) {
    return malformed("'" + std::string(text) + "' is no PCR");
  }
  return tpm::PcrIndex::of(index);
}

Result<tpm::PcrMask> parse_mask(std::string_view list) {
  tpm::PcrMask mask;
  if (list.ends_with(',') || list.ends_with('-')) {
    return malformed("'" + std::string(list) + "' ends in the middle");
  }
  if (list == "all") {
    return tpm::PcrMask::range<0, tpm::kPcrCount - 1>();
  }
  do {
    std::string_view item = next_part(list, ',');
    const std::string_view first_text = next_part(item, '-');
    const tpm::PcrIndex first = TRY(parse_index(first_text));
    const tpm::PcrIndex last = item.empty() ? first : TRY(parse_index(item));
    for (std::size_t i = first.value(); i <= last.value(); ++i) {
      mask.add(TRY(tpm::PcrIndex::of(static_cast<std::uint32_t>(i))));
    }
  } while (!list.empty());
  return mask;
}

std::vector<Bytes> in_order(ByteSpan file, const std::vector<PcrSelection>& selection,
                            bool all_of_bank) {
  std::vector<Bytes> values;
  std::size_t at = 0;
  for (const PcrSelection& bank : selection) {
    const std::size_t size = crypto::digest_size(bank.bank);
    for (const tpm::PcrIndex pcr : bank.pcrs.indexes()) {
      values.push_back(to_bytes(file.subspan(at + (all_of_bank ? pcr.value() * size : 0), size)));
      at += all_of_bank ? 0 : size;
    }
    at += all_of_bank ? tpm::kPcrCount * size : 0;
  }
  return values;
}

Result<std::vector<PcrSelection>> parse_selections_in_memory(codec::Reader& reader) {
  const std::size_t count = TRY(reader.u32le());
  if (count > kSelections) {
    return reader.malformed("more than 16 banks");
  }
  std::vector<PcrSelection> out;
  for (std::size_t i = 0; i < kSelections; ++i) {
    const std::uint16_t hash = TRY(reader.u16le());
    const std::uint8_t size = TRY(reader.u8());
    std::uint32_t bits = TRY(reader.u32le());
    TRY(reader.u8());
    if (i >= count) {
      continue;
    }
    const auto bank = crypto::hash_alg(hash);
    if (!bank || size > 4) {
      return reader.malformed("an unknown bank");
    }
    bits &= size == 4 ? ~std::uint32_t{0} : (std::uint32_t{1} << (8 * size)) - 1;
    out.push_back({*bank, TRY(tpm::PcrMask::of_bits(bits)), size});
  }
  return out;
}

Result<std::vector<Bytes>> parse_in_memory(ByteSpan file,
                                           const std::vector<PcrSelection>& selection) {
  codec::Reader reader("PCR file of tpm2_quote", file);
  const std::vector<PcrSelection> stated = TRY(parse_selections_in_memory(reader));
  if (stated != selection) {
    return reader.malformed("it holds " + tpm::text(stated) + ", quoted is " +
                            tpm::text(selection));
  }
  const std::size_t lists = TRY(reader.u32le());
  if (lists > kMaxLists) {
    return reader.malformed("more lists of values than PCRs");
  }
  std::vector<Bytes> values;
  for (std::size_t i = 0; i < lists; ++i) {
    const std::size_t count = TRY(reader.u32le());
    if (count > kDigests) {
      return reader.malformed("more than 8 values in a list");
    }
    for (std::size_t j = 0; j < kDigests; ++j) {
      const std::size_t size = TRY(reader.u16le());
      const ByteSpan buffer = TRY(reader.take(kBuffer));
      if (j < count && size > kBuffer) {
        return reader.malformed("a value of " + std::to_string(size) + " bytes");
      }
      if (j < count) {
        values.push_back(to_bytes(buffer.first(size)));
      }
    }
  }
  TRY(reader.expect_end());
  return values;
}

bool is_lines(ByteSpan file) {
  return (file.size() == kReferencePcrs * kLine || file.size() == tpm::kPcrCount * kLine) &&
         file[kLine - 1] == '\n';
}

Result<std::vector<Bytes>> parse_lines(ByteSpan file) {
  std::vector<Bytes> values;
  for (std::size_t at = 0; at < file.size(); at += kLine) {
    auto value = codec::from_hex(as_text(file.subspan(at, kLine - 1)));
    if (!value || file[at + kLine - 1] != '\n') {
      return malformed("line " + std::to_string(at / kLine + 1) +
                       ": expected 64 hexadecimal digits");
    }
    values.push_back(*std::move(value));
  }
  return values;
}

}  // namespace

Result<std::vector<PcrSelection>> parse_selection(std::string_view text) {
  std::vector<PcrSelection> out;
  if (text.ends_with('+')) {
    return malformed("'" + std::string(text) + "' ends in the middle");
  }
  do {
    std::string_view bank_text = next_part(text, '+');
    const std::string_view name = next_part(bank_text, ':');
    const auto bank = crypto::hash_alg_named(name);
    if (!bank) {
      return malformed("'" + std::string(name) + "' is no bank: sha1, sha256, sha384 or sha512");
    }
    const tpm::PcrMask pcrs = TRY(parse_mask(bank_text));
    out.push_back({*bank, pcrs});
  } while (!text.empty());
  return out;
}

Result<std::vector<Bytes>> parse_pcr_file(ByteSpan file,
                                          const std::vector<PcrSelection>& selection) {
  std::size_t selected = 0;
  std::size_t all = 0;
  for (const PcrSelection& bank : selection) {
    const std::size_t size = crypto::digest_size(bank.bank);
    selected += static_cast<std::size_t>(bank.pcrs.count()) * size;
    all += tpm::kPcrCount * size;
  }
  if (file.size() == selected) {
    return in_order(file, selection, false);
  }
  if (file.size() == all) {
    return in_order(file, selection, true);
  }
  // Sizes of the form in memory: 4 + 16·8 bytes, 4 bytes, and 532 for each list.
  if (file.size() > 136 && (file.size() - 136) % 532 == 0) {
    return parse_in_memory(file, selection);
  }
  return malformed(std::to_string(file.size()) + " bytes; the values of " + tpm::text(selection) +
                   " are " + std::to_string(selected) + ", of whole banks " + std::to_string(all));
}

Result<verify::PcrValues> parse_pcr_values(ByteSpan file) {
  const std::vector<PcrSelection> selection{
      {crypto::HashAlg::kSha256, tpm::PcrMask::range<0, kReferencePcrs - 1>()}};
  const std::vector<Bytes> read =
      is_lines(file) ? TRY(parse_lines(file)) : TRY(parse_pcr_file(file, selection));
  verify::PcrValues values;
  for (std::size_t i = 0; i < kReferencePcrs && i < read.size(); ++i) {
    if (read[i].size() != crypto::digest_size(crypto::HashAlg::kSha256)) {
      return malformed("PCR " + std::to_string(i) + ": a value of " +
                       std::to_string(read[i].size()) + " bytes");
    }
    values.emplace(static_cast<std::uint8_t>(i), crypto::Digest(crypto::HashAlg::kSha256, read[i]));
  }
  return values;
}

}  // namespace seaworthy::commands
