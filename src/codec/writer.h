// Builds byte strings of fixed-width integers; byte order is in the name.
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace seaworthy::codec {

class Writer {
 public:
  Writer& u8(std::uint8_t v) { return big_endian(v, 1); }
  Writer& u16be(std::uint16_t v) { return big_endian(v, 2); }
  Writer& u32be(std::uint32_t v) { return big_endian(v, 4); }
  Writer& u64be(std::uint64_t v) { return big_endian(v, 8); }
  Writer& u16le(std::uint16_t v) { return little_endian(v, 2); }
  Writer& u32le(std::uint32_t v) { return little_endian(v, 4); }
  Writer& u64le(std::uint64_t v) { return little_endian(v, 8); }
  Writer& raw(ByteSpan bytes) {
    append(out_, bytes);
    return *this;
  }
  // A big-endian 16-bit length and the bytes: TPM2B_*. The caller keeps them below 64 KiB.
  Writer& sized16be(ByteSpan bytes) {
    SEAWORTHY_CHECK(bytes.size() <= 0xFFFF);
    return u16be(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
  }
  Writer& sized32le(ByteSpan bytes) {
    SEAWORTHY_CHECK(bytes.size() <= 0xFFFFFFFF);
    return u32le(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
  }

  const Bytes& bytes() const& { return out_; }
  Bytes bytes() && { return std::move(out_); }

 private:
  Writer& big_endian(std::uint64_t v, int width) {
    for (int i = width - 1; i >= 0; --i) {
      out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    return *this;
  }
  Writer& little_endian(std::uint64_t v, int width) {
    for (int i = 0; i < width; ++i) {
      out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    return *this;
  }

  Bytes out_;
};

}  // namespace seaworthy::codec
