// PE images as linkers make them, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "codec/writer.h"

namespace seaworthy::testing {

enum class PeKind : std::uint8_t { k32, k32Plus };

// Headers of 512 bytes, then each section, padded to a multiple of 512. Of a signed one,
// `signature` stands at the end, and its entry and the checksum are set.
inline Bytes pe_image(const std::vector<std::pair<std::string, std::string>>& sections,
                      const std::string& signature = "", PeKind kind = PeKind::k32Plus) {
  constexpr std::size_t kAlign = 512;
  const bool plus = kind == PeKind::k32Plus;
  const auto padded = [](std::size_t n) { return (n + kAlign - 1) / kAlign * kAlign; };
  std::size_t end = kAlign;
  for (const auto& [name, content] : sections) {
    end += padded(content.size());
  }
  const auto u32 = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  codec::Writer out;
  out.raw(as_bytes("MZ")).raw(Bytes(58)).u32le(64);
  out.raw(as_bytes("PE")).u16le(0).u16le(plus ? 0x8664 : 0x14C);
  out.u16le(static_cast<std::uint16_t>(sections.size())).raw(Bytes(12));
  out.u16le(plus ? 240 : 224).u16le(0x0206);
  // The optional header: SizeOfHeaders at 60, CheckSum at 64, directories at 112 or 96.
  out.u16le(plus ? 0x20B : 0x10B).raw(Bytes(30)).u32le(4096).u32le(kAlign).raw(Bytes(16));
  out.u32le(u32(4096 * (sections.size() + 1))).u32le(kAlign);
  out.u32le(signature.empty() ? 0 : 0x12345678).u16le(10).u16le(0);
  out.raw(Bytes(plus ? 36 : 20)).u32le(16).raw(Bytes(32));
  out.u32le(signature.empty() ? 0 : u32(end)).u32le(u32(signature.size())).raw(Bytes(88));
  std::size_t offset = kAlign;
  for (const auto& [name, content] : sections) {
    out.raw(as_bytes(name)).raw(Bytes(8 - name.size())).u32le(u32(content.size()));
    out.u32le(u32(4096 * (offset / kAlign))).u32le(u32(padded(content.size()))).u32le(u32(offset));
    out.raw(Bytes(12)).u32le(0x40000040);
    offset += padded(content.size());
  }
  out.raw(Bytes(kAlign - out.bytes().size()));
  for (const auto& [name, content] : sections) {
    out.raw(as_bytes(content)).raw(Bytes(padded(content.size()) - content.size()));
  }
  return std::move(out.raw(as_bytes(signature))).bytes();
}

}  // namespace seaworthy::testing
