#include "tpm/pcr.h"

namespace seaworthy::tpm {

Result<PcrIndex> PcrIndex::of(std::uint32_t index) {
  if (index >= kPcrCount) {
    return malformed("there is no PCR " + std::to_string(index) + ", the last is 23");
  }
  return PcrIndex(static_cast<std::uint8_t>(index));
}

Result<PcrMask> PcrMask::of_bits(std::uint32_t bits) {
  if ((bits >> kPcrCount) != 0) {
    return malformed("a PCR above 23 is selected");
  }
  PcrMask mask;
  mask.bits_ = bits;
  return mask;
}

std::vector<PcrIndex> PcrMask::indexes() const {
  std::vector<PcrIndex> all;
  for (std::uint32_t rest = bits_; rest != 0; rest &= rest - 1) {
    all.push_back(PcrIndex(static_cast<std::uint8_t>(std::countr_zero(rest))));
  }
  return all;
}

std::string PcrMask::text() const {
  std::string text;
  for (const PcrIndex pcr : indexes()) {
    text += (text.empty() ? "" : ",") + std::to_string(pcr.value());
  }
  return text;
}

Result<std::vector<PcrSelection>> parse_pcr_selections(codec::Reader& reader) {
  constexpr std::size_t kMinBytes = 2 + 1 + 1;  // hash, sizeofSelect, one byte of bits
  const std::size_t count = TRY(reader.count32be(kMaxBanks, kMinBytes));
  std::vector<PcrSelection> selections;
  selections.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bank = crypto::hash_alg(TRY(reader.u16be()));
    if (!bank) {
      return reader.unsupported("a PCR bank of an unknown hash algorithm");
    }
    const std::uint8_t size = TRY(reader.u8());
    if (size < 1 || size > 4) {
      return reader.malformed("sizeofSelect is " + std::to_string(size) + ", not 1 to 4");
    }
    std::uint32_t bits = 0;
    int shift = 0;
    for (const std::uint8_t byte : TRY(reader.take(size))) {
      bits |= std::uint32_t{byte} << shift;
      shift += 8;
    }
    const auto mask = PcrMask::of_bits(bits);
    if (!mask) {
      return reader.malformed(mask.error().message());
    }
    selections.push_back({*bank, *mask, size});
  }
  return selections;
}

void write_pcr_selections(codec::Writer& writer, const std::vector<PcrSelection>& selections) {
  writer.u32be(static_cast<std::uint32_t>(selections.size()));
  for (const PcrSelection& selection : selections) {
    writer.u16be(static_cast<std::uint16_t>(selection.bank)).u8(selection.size_of_select);
    for (int i = 0; i < selection.size_of_select; ++i) {
      writer.u8(static_cast<std::uint8_t>(selection.pcrs.bits() >> (8 * i)));
    }
  }
}

std::string text(const std::vector<PcrSelection>& selections) {
  std::string text;
  for (const PcrSelection& selection : selections) {
    text +=
        (text.empty() ? "" : "+") + std::string(name(selection.bank)) + ":" + selection.pcrs.text();
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace seaworthy::tpm
